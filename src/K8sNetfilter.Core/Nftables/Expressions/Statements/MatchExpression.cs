namespace K8sNetfilter.Nftables.Expressions.Statements;

/// <summary>A match of iptables (net/netfilter/nft_compat.c), as iptables-nft makes it.</summary>
/// <param name="Name">Its name: <c>comment</c>, <c>conntrack</c> …</param>
/// <param name="Revision">Its revision.</param>
/// <param name="Info">Its own structure.</param>
public sealed record MatchExpression(string Name, uint Revision, NftData Info) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "match";
}
