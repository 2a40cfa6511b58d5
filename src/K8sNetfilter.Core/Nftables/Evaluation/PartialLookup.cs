using K8sNetfilter.Nftables.Sets;

namespace K8sNetfilter.Nftables.Evaluation;

/// <summary>Which elements of a set a key may be of which not all bits are known.</summary>
internal static class PartialLookup
{
    private const int NotFound = -1;

    // More elements than these are not looked through, and no more than these few are followed.
    private const int MaxElements = 4096;
    private const int MaxCandidates = 16;

    /// <summary>Finds them.</summary>
    /// <param name="set">The set.</param>
    /// <param name="key">The key.</param>
    /// <param name="known">Which bits of it are known.</param>
    /// <param name="elements">The numbers of the elements, -1 for none of them last; for a set without data one that stands for
    /// all.</param>
    /// <returns>False if there are too many.</returns>
    public static bool Find(NftSet set, ReadOnlySpan<byte> key, ReadOnlySpan<byte> known, out int[] elements)
    {
        byte[] low = new byte[key.Length], high = new byte[key.Length];
        for (int i = 0; i < key.Length; i++)
        {
            low[i] = (byte)(key[i] & known[i]);
            high[i] = (byte)(key[i] | ~known[i]);
        }

        var all = set.Elements;
        int other = all.CatchAll >= 0 ? all.CatchAll : NotFound;
        int first = set.Find(low);
        elements = [first, other];
        if (low.AsSpan().SequenceEqual(high))
        {
            elements = [first];
            return true;
        }

        bool isInterval = set.IsInterval && (set.Flags & NftSetFlags.Concatenation) == 0 && all.KeyEnds is null;
        if (isInterval && first >= 0 && first != all.CatchAll && first == set.Find(high))
        {
            // Both ends are in one interval, and so is what is between them.
            elements = [first];
            return true;
        }

        if (all.Count > MaxElements)
        {
            elements = [first, other];
            return !set.IsMap;
        }

        return Collect(set, low, high, known, isInterval, other, out elements);
    }

    private static bool Collect(NftSet set, byte[] low, byte[] high, ReadOnlySpan<byte> known, bool isInterval, int other,
        out int[] elements)
    {
        var all = set.Elements;
        var found = new List<int>();
        for (int i = 0; i < all.Count && found.Count <= MaxCandidates; i++)
        {
            if (i != all.CatchAll && !all[i].IsIntervalEnd
                && (isInterval || all.KeyEnds is not null ? MayBeIn(set, i, low, high, isInterval) : MayBe(all[i].Key, low, known)))
            {
                found.Add(i);
                if (!set.IsMap)
                {
                    break;
                }
            }
        }

        found.Add(other);
        elements = [.. found];
        return found.Count <= MaxCandidates;
    }

    private static bool MayBe(ReadOnlySpan<byte> element, byte[] value, ReadOnlySpan<byte> known)
    {
        for (int i = 0; i < element.Length; i++)
        {
            if (((element[i] ^ value[i]) & known[i]) != 0)
            {
                return false;
            }
        }

        return true;
    }

    // Ranges that overlap. Those of an interval set end where another element begins.
    private static bool MayBeIn(NftSet set, int element, byte[] low, byte[] high, bool isInterval)
    {
        var one = set.Elements[element];
        if (isInterval)
        {
            return one.Key.SequenceCompareTo(high) <= 0 && (set.Find(low) == element || one.Key.SequenceCompareTo(low) >= 0);
        }

        ReadOnlySpan<byte> begin = one.Key, end = one.KeyEnd;
        int offset = 0;
        foreach (byte length in set.FieldLengths.Length > 0 ? set.FieldLengths : [(byte)set.KeyLength])
        {
            if (length == 0 || offset + length > begin.Length)
            {
                break;
            }

            if (begin.Slice(offset, length).SequenceCompareTo(high.AsSpan(offset, length)) > 0
                || end.Slice(offset, length).SequenceCompareTo(low.AsSpan(offset, length)) < 0)
            {
                return false;
            }

            offset += (length + 3) & ~3;
        }

        return true;
    }
}
