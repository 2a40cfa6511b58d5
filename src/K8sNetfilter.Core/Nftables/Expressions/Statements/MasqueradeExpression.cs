namespace K8sNetfilter.Nftables.Expressions.Statements;

/// <summary>Gives a connection the address of the device that it leaves by as its source (net/netfilter/nft_masq.c).</summary>
/// <param name="PortMin">The register with the lowest port; none if there is no such choice.</param>
/// <param name="PortMax">The register with the highest port.</param>
/// <param name="Flags">NF_NAT_RANGE_….</param>
public sealed record MasqueradeExpression(NftRegister PortMin, NftRegister PortMax, NftNatFlags Flags) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "masq";
}
