namespace K8sNetfilter.Nftables.Expressions.Loads;

/// <summary>Sets what the kernel knows of a packet beside its bytes: its mark, priority, trace … (net/netfilter/nft_meta.c).</summary>
/// <param name="Key">What.</param>
/// <param name="Source">The register that holds the value.</param>
public sealed record MetaWriteExpression(NftMetaKey Key, NftRegister Source) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "meta";
}
