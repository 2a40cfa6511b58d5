namespace K8sNetfilter.Nftables.Objects;

/// <summary>A conntrack helper (nft_ct_helper_obj in net/netfilter/nft_ct.c).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Helper">The helper's name in the kernel: <c>ftp</c>, <c>sip</c>.</param>
/// <param name="Family">The network family.</param>
/// <param name="Protocol">The transport protocol's number.</param>
public sealed record CtHelperObject(string Name, string Helper, NftFamily Family, byte Protocol) : NftObject(Name)
{
    /// <inheritdoc/>
    public override NftObjectType Type => NftObjectType.CtHelper;
}
