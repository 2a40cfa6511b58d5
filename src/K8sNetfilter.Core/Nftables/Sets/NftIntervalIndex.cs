using System.Buffers.Binary;

namespace K8sNetfilter.Nftables.Sets;

/// <summary>
/// Finds the interval of a key by binary search. The kernel compares keys byte by byte from the first (net/netfilter/nft_set_rbtree.c): the
/// highest boundary that is not above the key decides, and the key is in no interval if that one is an end.
/// </summary>
internal sealed class NftIntervalIndex : NftElementIndex
{
    private readonly NftElements _all;

    // Elements by key; at the same key the end of one interval is before the beginning of the next. Null if they are in this order already.
    private readonly int[]? _order;

    public NftIntervalIndex(NftElements all)
    {
        _all = all;
        bool isSorted = all.CatchAll < 0;
        for (int i = 1; isSorted && i < all.Count; i++)
        {
            isSorted = Compare(i - 1, i) < 0;
        }

        _order = isSorted ? null : Sort();
    }

    private int Boundaries => _order?.Length ?? _all.Count;

    /// <inheritdoc/>
    public override int Find(ReadOnlySpan<byte> key)
    {
        int low = 0, high = Boundaries - 1, found = -1;
        while (low <= high)
        {
            int middle = (int)((uint)(low + high) >> 1);
            int element = _order is null ? middle : _order[middle];
            if (_all.Key(element).SequenceCompareTo(key) <= 0)
            {
                found = element;
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return found >= 0 && (_all.Marks[found] & (int)NftElementFlags.IntervalEnd) == 0 ? found : -1;
    }

    private int[] Sort()
    {
        int[] order = new int[_all.Count - (_all.CatchAll >= 0 ? 1 : 0)];
        for (int i = 0, next = 0; i < _all.Count; i++)
        {
            if (i != _all.CatchAll)
            {
                order[next++] = i;
            }
        }

        if (_all.KeyLength <= 7)
        {
            // Short keys are sorted as numbers, with the kind of boundary in the lowest bit.
            ulong[] numbers = new ulong[order.Length];
            Span<byte> bytes = stackalloc byte[8];
            for (int i = 0; i < order.Length; i++)
            {
                bytes.Clear();
                _all.Key(order[i]).CopyTo(bytes[(7 - _all.KeyLength)..]);
                bytes[7] = (byte)(IsEnd(order[i]) ? 0 : 1);
                numbers[i] = BinaryPrimitives.ReadUInt64BigEndian(bytes);
            }

            Array.Sort(numbers, order);
        }
        else
        {
            Array.Sort(order, Compare);
        }

        return order;
    }

    private int Compare(int left, int right)
    {
        int byKey = _all.Key(left).SequenceCompareTo(_all.Key(right));
        return byKey != 0 ? byKey : IsEnd(right).CompareTo(IsEnd(left));
    }

    private bool IsEnd(int element) => (_all.Marks[element] & (int)NftElementFlags.IntervalEnd) != 0;
}
