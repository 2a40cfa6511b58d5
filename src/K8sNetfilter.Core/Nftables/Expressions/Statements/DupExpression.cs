namespace K8sNetfilter.Nftables.Expressions.Statements;

/// <summary>Sends a copy of a packet (net/ipv4/netfilter/nft_dup_ipv4.c, nft_dup_ipv6.c, net/netfilter/nft_dup_netdev.c).</summary>
/// <param name="Address">The register with the gateway's address; none in the netdev family.</param>
/// <param name="Device">The register with the device's index; none if the route decides.</param>
public sealed record DupExpression(NftRegister Address, NftRegister Device) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "dup";
}
