namespace K8sNetfilter.Nftables.Expressions.Operations;

/// <summary>
/// Compares a register with two constants, byte by byte from the first (net/netfilter/nft_range.c). If it does not hold, the rule breaks.
/// </summary>
/// <param name="Source">The register.</param>
/// <param name="IsInverted">True: below the first or above the second; false: from the first to the second.</param>
/// <param name="From">The first.</param>
/// <param name="To">The second.</param>
public sealed record RangeExpression(NftRegister Source, bool IsInverted, NftData From, NftData To) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "range";
}
