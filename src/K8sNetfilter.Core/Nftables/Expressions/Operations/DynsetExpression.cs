namespace K8sNetfilter.Nftables.Expressions.Operations;

/// <summary>
/// Adds an element to a set as packets come, renews or deletes it (net/netfilter/nft_dynset.c). If the set is full, the rule breaks.
/// </summary>
/// <param name="Set">The set's name, of the same table.</param>
/// <param name="Operation">What is done.</param>
/// <param name="Key">The register with the key.</param>
/// <param name="Data">The register with the data, for a map; none for a set.</param>
/// <param name="Timeout">The element's life; zero for the set's own.</param>
/// <param name="Flags">1 NFT_DYNSET_F_INV, 2 NFT_DYNSET_F_EXPR.</param>
/// <param name="Expressions">What the element gets and what is evaluated: counter, limit, ct count …</param>
public sealed record DynsetExpression(
    string Set, NftDynsetOperation Operation, NftRegister Key, NftRegister Data, TimeSpan Timeout, uint Flags,
    NftExpression[] Expressions) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "dynset";

    /// <inheritdoc/>
    public bool Equals(DynsetExpression? other) =>
        other is not null && Set == other.Set && Operation == other.Operation && Key == other.Key && Data == other.Data
        && Timeout == other.Timeout && Flags == other.Flags && Same(Expressions, other.Expressions);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Set, (int)Operation, Key.Number, Data.Number, Timeout, Flags, Expressions.Length);
}

/// <summary>What a dynset expression does (enum nft_dynset_ops).</summary>
public enum NftDynsetOperation
{
    /// <summary>Adds; an element that is there keeps its time.</summary>
    Add = 0,

    /// <summary>Adds, or gives an element that is there its whole time again.</summary>
    Update = 1,

    /// <summary>Deletes.</summary>
    Delete = 2,
}
