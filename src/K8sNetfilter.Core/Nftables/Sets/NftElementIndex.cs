namespace K8sNetfilter.Nftables.Sets;

/// <summary>Finds the element of a key.</summary>
internal abstract class NftElementIndex
{
    /// <summary>The index that suits a set.</summary>
    public static NftElementIndex Of(NftSet set)
    {
        var all = set.Elements;
        return all.KeyEnds is not null ? new NftRangeIndex(all, set.FieldLengths)
            : set.IsInterval && (set.Flags & NftSetFlags.Concatenation) == 0 ? new NftIntervalIndex(all)
            : new NftHashIndex(all);
    }

    /// <summary>The number of the element; -1 if there is none.</summary>
    public abstract int Find(ReadOnlySpan<byte> key);
}
