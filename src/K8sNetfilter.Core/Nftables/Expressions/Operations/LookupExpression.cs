namespace K8sNetfilter.Nftables.Expressions.Operations;

/// <summary>
/// Looks a register up in a set or a map (net/netfilter/nft_lookup.c). If it is not there, the rule breaks; with <see cref="IsInverted"/>
/// if it is. A map gives the element's data into a register, or as the verdict.
/// </summary>
/// <param name="Set">The set's name, of the same table.</param>
/// <param name="Source">The register with the key.</param>
/// <param name="Target">The register that gets the element's data, <see cref="NftRegister.Verdict"/> for a verdict map; none for a
/// set.</param>
/// <param name="IsInverted">NFT_LOOKUP_F_INV.</param>
public sealed record LookupExpression(string Set, NftRegister Source, NftRegister Target, bool IsInverted) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "lookup";
}
