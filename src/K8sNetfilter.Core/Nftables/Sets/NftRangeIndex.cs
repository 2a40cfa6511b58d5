namespace K8sNetfilter.Nftables.Sets;

/// <summary>
/// Finds an element of a concatenation with ranges (net/netfilter/nft_set_pipapo.c): each field of the key is in the field's range.
/// Elements without a range are found by hash; of the others a tree of the ranges of one field, the one with the most different beginnings,
/// gives the candidates. Of several elements the first is found, as the kernel has it.
/// </summary>
internal sealed class NftRangeIndex : NftElementIndex
{
    private readonly NftElements _all;
    private readonly (int Offset, int Length)[] _fields;
    private readonly NftHashIndex _exact;
    private readonly int[] _order;

    // The highest end in the subtree of each element of the order; the subtree's root is in its middle.
    private readonly int[] _highest;
    private readonly (int Offset, int Length) _field;

    public NftRangeIndex(NftElements all, byte[] lengths)
    {
        _all = all;
        _fields = Fields(lengths, all.KeyLength);
        _exact = new NftHashIndex(all, i => !IsRange(i));
        var ranges = new List<int>();
        for (int i = 0; i < all.Count; i++)
        {
            if (i != all.CatchAll && IsRange(i))
            {
                ranges.Add(i);
            }
        }

        _order = [];
        int best = 0;
        foreach (var field in _fields)
        {
            int[] order = [.. ranges];
            Array.Sort(order, (a, b) => Part(all.Key(a), field).SequenceCompareTo(Part(all.Key(b), field)));
            int different = Different(order, field);
            if (different > best)
            {
                best = different;
                _order = order;
                _field = field;
            }
        }

        _highest = new int[_order.Length];
        Build(0, _order.Length);
    }

    /// <inheritdoc/>
    public override int Find(ReadOnlySpan<byte> key)
    {
        int exact = _exact.Find(key);
        int range = Search(key, 0, _order.Length, int.MaxValue);
        return range == int.MaxValue ? exact : exact < 0 ? range : Math.Min(exact, range);
    }

    private static (int Offset, int Length)[] Fields(byte[] lengths, int keyLength)
    {
        var fields = new List<(int Offset, int Length)>();
        int offset = 0;
        foreach (byte length in lengths)
        {
            if (length == 0 || offset + length > keyLength)
            {
                break;
            }

            fields.Add((offset, length));
            offset += (length + 3) & ~3;
        }

        return fields.Count == 0 ? [(0, keyLength)] : [.. fields];
    }

    private static ReadOnlySpan<byte> Part(ReadOnlySpan<byte> key, (int Offset, int Length) field) => key.Slice(field.Offset, field.Length);

    private bool IsRange(int element) =>
        (_all.Marks[element] & NftElements.HasKeyEnd) != 0 && !_all.Key(element).SequenceEqual(_all.KeyEnd(element));

    private int Different(int[] order, (int Offset, int Length) field)
    {
        int different = order.Length == 0 ? 0 : 1;
        for (int i = 1; i < order.Length; i++)
        {
            different += Part(_all.Key(order[i - 1]), field).SequenceEqual(Part(_all.Key(order[i]), field)) ? 0 : 1;
        }

        return different;
    }

    // Gives the element with the highest end between two places of the order; as deep as the logarithm of their number.
    private int Build(int from, int to)
    {
        if (from >= to)
        {
            return -1;
        }

        int middle = (from + to) >> 1;
        int highest = Higher(_order[middle], Higher(Build(from, middle), Build(middle + 1, to)));
        _highest[middle] = highest;
        return highest;
    }

    private int Higher(int left, int right) =>
        left < 0 ? right
        : right < 0 || Part(_all.KeyEnd(left), _field).SequenceCompareTo(Part(_all.KeyEnd(right), _field)) >= 0 ? left : right;

    private int Search(ReadOnlySpan<byte> key, int from, int to, int found)
    {
        while (from < to)
        {
            int middle = (from + to) >> 1;
            var part = Part(key, _field);
            if (Part(_all.KeyEnd(_highest[middle]), _field).SequenceCompareTo(part) < 0)
            {
                return found;
            }

            found = Search(key, from, middle, found);
            int element = _order[middle];
            if (Part(_all.Key(element), _field).SequenceCompareTo(part) > 0)
            {
                return found;
            }

            found = element < found && IsIn(key, element) ? element : found;
            from = middle + 1;
        }

        return found;
    }

    private bool IsIn(ReadOnlySpan<byte> key, int element)
    {
        ReadOnlySpan<byte> low = _all.Key(element), high = _all.KeyEnd(element);
        foreach (var field in _fields)
        {
            var part = Part(key, field);
            if (Part(low, field).SequenceCompareTo(part) > 0 || Part(high, field).SequenceCompareTo(part) < 0)
            {
                return false;
            }
        }

        return true;
    }
}
