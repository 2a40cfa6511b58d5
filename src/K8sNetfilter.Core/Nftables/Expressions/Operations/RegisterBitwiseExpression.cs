namespace K8sNetfilter.Nftables.Expressions.Operations;

/// <summary>
/// Computes and, or, exclusive-or of two registers, or of a register and a constant (NFT_BITWISE_AND, _OR, _XOR; nft_bitwise.c since Linux
/// 6.13).
/// </summary>
/// <param name="Operator">What is computed.</param>
/// <param name="Source">The register.</param>
/// <param name="Second">The other register; none if there is a constant.</param>
/// <param name="Data">The constant; empty if there is another register.</param>
/// <param name="Target">The register that gets the result.</param>
/// <param name="Length">How many bytes.</param>
public sealed record RegisterBitwiseExpression(
    NftBitwiseOperator Operator, NftRegister Source, NftRegister Second, NftData Data, NftRegister Target, uint Length) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "bitwise";
}

/// <summary>What is computed of two registers (enum nft_bitwise_ops).</summary>
public enum NftBitwiseOperator
{
    /// <summary>The bits that both have.</summary>
    And = 3,

    /// <summary>The bits that either has.</summary>
    Or = 4,

    /// <summary>The bits that one of them has.</summary>
    Xor = 5,
}
