namespace K8sNetfilter.Nftables.Expressions.Operations;

/// <summary>Computes <c>(register &amp; mask) ^ xor</c>, NFT_BITWISE_MASK_XOR (net/netfilter/nft_bitwise.c).</summary>
/// <param name="Source">The register.</param>
/// <param name="Target">The register that gets the result.</param>
/// <param name="Length">How many bytes.</param>
/// <param name="Mask">The mask.</param>
/// <param name="Xor">What is taken exclusive-or with.</param>
public sealed record BitwiseExpression(NftRegister Source, NftRegister Target, uint Length, NftData Mask, NftData Xor) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "bitwise";
}
