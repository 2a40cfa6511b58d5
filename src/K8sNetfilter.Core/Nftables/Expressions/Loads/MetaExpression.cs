namespace K8sNetfilter.Nftables.Expressions.Loads;

/// <summary>Loads what the kernel knows of a packet beside its bytes (net/netfilter/nft_meta.c).</summary>
/// <param name="Key">What.</param>
/// <param name="Target">The register that gets it.</param>
public sealed record MetaExpression(NftMetaKey Key, NftRegister Target) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "meta";
}
