using System.Runtime.InteropServices;

namespace K8sNetfilter.Nftables.Sets;

/// <summary>
/// Finds elements by the hash of the key. The hash is seeded per process: keys from outside can't be chosen to fall on one slot.
/// </summary>
internal sealed class NftHashIndex : NftElementIndex
{
    private const int FewElements = 8;
    private const ulong Factor = 0x9e3779b97f4a7c15;

    private static readonly ulong Seed = (ulong)Random.Shared.NextInt64() | 1;

    private readonly NftElements _all;

    // An element's number plus one at the slot of its hash or the next free one after it; empty for a few elements, which are compared one
    // by one.
    private readonly int[] _slots = [];

    /// <summary>Makes the index.</summary>
    /// <param name="all">The elements.</param>
    /// <param name="isIn">Which elements are in it; null for all.</param>
    public NftHashIndex(NftElements all, Func<int, bool>? isIn = null)
    {
        _all = all;
        if (all.Count <= FewElements && isIn is null)
        {
            return;
        }

        _slots = new int[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)all.Count * 2)];
        for (int i = 0; i < all.Count; i++)
        {
            if (i != all.CatchAll && (isIn is null || isIn(i)))
            {
                Place(i);
            }
        }
    }

    /// <inheritdoc/>
    public override int Find(ReadOnlySpan<byte> key)
    {
        if (_slots.Length == 0)
        {
            for (int i = 0; i < _all.Count; i++)
            {
                if (i != _all.CatchAll && _all.Key(i).SequenceEqual(key))
                {
                    return i;
                }
            }

            return -1;
        }

        for (int slot = Slot(key); _slots[slot] is > 0 and int number; slot = (slot + 1) & (_slots.Length - 1))
        {
            if (_all.Key(number - 1).SequenceEqual(key))
            {
                return number - 1;
            }
        }

        return -1;
    }

    private void Place(int number)
    {
        int slot = Slot(_all.Key(number));
        while (_slots[slot] != 0)
        {
            slot = (slot + 1) & (_slots.Length - 1);
        }

        _slots[slot] = number + 1;
    }

    private int Slot(ReadOnlySpan<byte> key)
    {
        ulong hash = Seed;
        for (; key.Length >= 8; key = key[8..])
        {
            hash = Mix(hash, MemoryMarshal.Read<ulong>(key));
        }

        ulong rest = 0;
        for (int i = 0; i < key.Length; i++)
        {
            rest |= (ulong)key[i] << (8 * i);
        }

        hash = Mix(hash, rest);
        return (int)(hash >> 32) & (_slots.Length - 1);
    }

    private static ulong Mix(ulong hash, ulong part)
    {
        ulong high = Math.BigMul(hash ^ part ^ Factor, Seed * Factor, out ulong low);
        return high ^ low;
    }
}
