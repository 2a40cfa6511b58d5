namespace K8sNetfilter.Nftables.Expressions.Statements;

/// <summary>A target of iptables (net/netfilter/nft_compat.c), as iptables-nft makes it.</summary>
/// <param name="Name">Its name: <c>MASQUERADE</c>, <c>DNAT</c> …</param>
/// <param name="Revision">Its revision.</param>
/// <param name="Info">Its own structure.</param>
public sealed record TargetExpression(string Name, uint Revision, NftData Info) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "target";
}
