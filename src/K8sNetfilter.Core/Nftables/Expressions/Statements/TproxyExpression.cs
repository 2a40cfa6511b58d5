namespace K8sNetfilter.Nftables.Expressions.Statements;

/// <summary>Gives a packet to a local socket without changing it (net/netfilter/nft_tproxy.c).</summary>
/// <param name="Family">IPv4, IPv6, or Unspecified for that of the packet.</param>
/// <param name="Address">The register with the address; none for that of the device.</param>
/// <param name="Port">The register with the port, in network order; none for that of the packet.</param>
public sealed record TproxyExpression(NftFamily Family, NftRegister Address, NftRegister Port) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "tproxy";
}
