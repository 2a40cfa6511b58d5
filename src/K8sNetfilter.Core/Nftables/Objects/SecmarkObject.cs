namespace K8sNetfilter.Nftables.Objects;

/// <summary>A security mark (nft_secmark_obj in net/netfilter/nft_meta.c).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Context">The security context.</param>
public sealed record SecmarkObject(string Name, string Context) : NftObject(Name)
{
    /// <inheritdoc/>
    public override NftObjectType Type => NftObjectType.Secmark;
}
