using K8sNetfilter.Nftables.Expressions;

namespace K8sNetfilter.Nftables.Objects;

/// <summary>An object whose fields this version does not read: a tunnel, or a kind that a newer kernel adds.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Its kind, by the kernel's number.</param>
/// <param name="Attributes">Its attributes, as netlink carries them (NFTA_OBJ_DATA).</param>
public sealed record RawObject(string Name, NftObjectType Kind, NftData Attributes) : NftObject(Name)
{
    /// <inheritdoc/>
    public override NftObjectType Type => Kind;
}
