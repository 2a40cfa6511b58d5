namespace K8sNetfilter.Nftables.Expressions.Statements;

/// <summary>Counts (net/netfilter/nft_counter.c).</summary>
/// <param name="Packets">Packets so far.</param>
/// <param name="Bytes">Bytes so far.</param>
public sealed record CounterExpression(ulong Packets, ulong Bytes) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "counter";
}
