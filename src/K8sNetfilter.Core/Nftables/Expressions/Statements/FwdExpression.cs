namespace K8sNetfilter.Nftables.Expressions.Statements;

/// <summary>Sends a packet out through a device instead (net/netfilter/nft_fwd_netdev.c).</summary>
/// <param name="Device">The register with the device's index.</param>
/// <param name="Address">The register with the neighbour's address; none if the frame goes out as it is.</param>
/// <param name="Family">The family of that address.</param>
public sealed record FwdExpression(NftRegister Device, NftRegister Address, NftFamily Family) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "fwd";
}
