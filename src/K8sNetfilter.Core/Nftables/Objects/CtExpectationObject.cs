namespace K8sNetfilter.Nftables.Objects;

/// <summary>An expectation that conntrack makes for each connection (nft_ct_expect_obj in net/netfilter/nft_ct.c).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Family">The network family; Unspecified for that of the packet.</param>
/// <param name="Protocol">The transport protocol's number.</param>
/// <param name="DestinationPort">The expected destination port.</param>
/// <param name="Timeout">How long it is expected.</param>
/// <param name="Size">The most expectations of a connection.</param>
public sealed record CtExpectationObject(
    string Name, NftFamily Family, byte Protocol, ushort DestinationPort, TimeSpan Timeout, byte Size) : NftObject(Name)
{
    /// <inheritdoc/>
    public override NftObjectType Type => NftObjectType.CtExpectation;
}
