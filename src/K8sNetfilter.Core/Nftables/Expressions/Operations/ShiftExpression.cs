namespace K8sNetfilter.Nftables.Expressions.Operations;

/// <summary>
/// Shifts a register, in words of 4 bytes in host order of which the first is the highest (NFT_BITWISE_LSHIFT, _RSHIFT; nft_bitwise.c).
/// </summary>
/// <param name="Source">The register.</param>
/// <param name="Target">The register that gets the result.</param>
/// <param name="Length">How many bytes.</param>
/// <param name="IsRight">True to lower bits, false to higher ones.</param>
/// <param name="Bits">How far, below 32; 4 bytes in host order in the kernel's message.</param>
public sealed record ShiftExpression(NftRegister Source, NftRegister Target, uint Length, bool IsRight, uint Bits) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "bitwise";
}
