namespace K8sNetfilter.Nftables.Expressions.Statements;

/// <summary>Logs a packet (net/netfilter/nft_log.c).</summary>
/// <param name="Prefix">What the line begins with; null if there is none.</param>
/// <param name="Group">The nfnetlink_log group; null if it goes to the kernel's log.</param>
/// <param name="Snaplen">Bytes of the packet for the group; null if not said.</param>
/// <param name="QueueThreshold">Packets that are gathered for the group; null if not said.</param>
/// <param name="Level">The kernel log's level from 0 (emerg) to 7 (debug), 8 audit; null if not said.</param>
/// <param name="Flags">NF_LOG_…: 1 TCP sequence numbers, 2 TCP options, 4 IP options, 8 the socket's user, 16 nflog, 32 MAC addresses; null
/// if not said.</param>
public sealed record LogExpression(
    string? Prefix, ushort? Group, uint? Snaplen, ushort? QueueThreshold, uint? Level, uint? Flags) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "log";
}
