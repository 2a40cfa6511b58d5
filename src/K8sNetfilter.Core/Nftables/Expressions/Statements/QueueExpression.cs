namespace K8sNetfilter.Nftables.Expressions.Statements;

/// <summary>Gives a packet to a process, which decides (net/netfilter/nft_queue.c).</summary>
/// <param name="First">The first queue's number.</param>
/// <param name="Count">How many queues.</param>
/// <param name="Source">The register with the queue's number; none if it is constant.</param>
/// <param name="Flags">1 NFT_QUEUE_FLAG_BYPASS: accepted if no process listens; 2 NFT_QUEUE_FLAG_CPU_FANOUT.</param>
public sealed record QueueExpression(ushort First, ushort Count, NftRegister Source, ushort Flags) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "queue";

    /// <summary>Accepted if no process listens.</summary>
    public bool IsBypass => (Flags & 1) != 0;
}
