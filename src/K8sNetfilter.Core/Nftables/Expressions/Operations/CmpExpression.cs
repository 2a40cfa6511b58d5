namespace K8sNetfilter.Nftables.Expressions.Operations;

/// <summary>
/// Compares a register with a constant, byte by byte from the first (net/netfilter/nft_cmp.c). If it does not hold, the rule breaks.
/// </summary>
/// <param name="Source">The register.</param>
/// <param name="Operator">How.</param>
/// <param name="Data">The constant; as many bytes of the register are compared.</param>
public sealed record CmpExpression(NftRegister Source, NftCmpOperator Operator, NftData Data) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "cmp";
}

/// <summary>How a cmp expression compares (enum nft_cmp_ops).</summary>
public enum NftCmpOperator
{
    /// <summary>The same.</summary>
    Equal = 0,

    /// <summary>Not the same.</summary>
    NotEqual = 1,

    /// <summary>Lower.</summary>
    Less = 2,

    /// <summary>Lower or the same.</summary>
    LessOrEqual = 3,

    /// <summary>Higher.</summary>
    Greater = 4,

    /// <summary>Higher or the same.</summary>
    GreaterOrEqual = 5,
}
