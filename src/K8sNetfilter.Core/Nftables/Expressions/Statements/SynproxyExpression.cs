namespace K8sNetfilter.Nftables.Expressions.Statements;

/// <summary>Answers TCP SYNs in the server's place (net/netfilter/nft_synproxy.c).</summary>
/// <param name="Mss">The largest segment that is offered.</param>
/// <param name="WindowScale">The window scale that is offered.</param>
/// <param name="Flags">NF_SYNPROXY_OPT_…: 1 MSS, 2 window scale, 4 SACK, 8 timestamps, 16 ECN.</param>
public sealed record SynproxyExpression(ushort Mss, byte WindowScale, uint Flags) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "synproxy";
}
