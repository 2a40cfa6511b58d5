namespace K8sNetfilter.Nftables.Expressions.Statements;

/// <summary>
/// Gives a connection this node as its destination (net/netfilter/nft_redir.c): the device's address, or loopback in the output hook.
/// </summary>
/// <param name="PortMin">The register with the lowest port; none if the port stays.</param>
/// <param name="PortMax">The register with the highest port.</param>
/// <param name="Flags">NF_NAT_RANGE_….</param>
public sealed record RedirectExpression(NftRegister PortMin, NftRegister PortMax, NftNatFlags Flags) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "redir";
}
