using System.Buffers.Binary;

namespace K8sNetfilter.Collections;

/// <summary>
/// What was made of parts of rules' lines. Rule after rule asks the same, so it is made once. A slot is overwritten by the next part that
/// falls on it, so that outside text cannot make it grow.
/// </summary>
internal sealed class PartCache<T>
    where T : class
{
    private const int Slots = 512;
    private const int LongestKey = 200;
    private const ulong Factor = 0x9E3779B97F4A7C15;

    private readonly (byte[] Key, T Value)[] _slots = new (byte[], T)[Slots];

    /// <summary>What was made of a part; null where it was not, or was overwritten.</summary>
    /// <param name="first">The part's beginning.</param>
    /// <param name="second">What follows; the pair must not be ambiguous.</param>
    public T? Find(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        ref var slot = ref _slots[Slot(first, second)];
        return slot.Key is { } key && key.Length == first.Length + 1 + second.Length
            && first.SequenceEqual(key.AsSpan(0, first.Length)) && key[first.Length] == 0 && second.SequenceEqual(key.AsSpan(first.Length + 1))
            ? slot.Value : null;
    }

    public void Keep(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, T value)
    {
        int length = first.Length + 1 + second.Length;
        if (length <= LongestKey)
        {
            byte[] key = new byte[length];
            first.CopyTo(key);
            second.CopyTo(key.AsSpan(first.Length + 1));
            _slots[Slot(first, second)] = (key, value);
        }
    }

    // Parts differ in length or at their ends. Whoever makes two fall on one slot makes them anew each time, and nothing else.
    private static int Slot(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        ulong hash = ((ulong)first.Length << 32) + (ulong)second.Length;
        hash = (hash * Factor) ^ Ends(first);
        hash = (hash * Factor) ^ Ends(second);
        return (int)((hash * Factor) >> 55);
    }

    private static ulong Ends(ReadOnlySpan<byte> part)
    {
        if (part.Length >= sizeof(ulong))
        {
            return (BinaryPrimitives.ReadUInt64LittleEndian(part) * Factor) ^ BinaryPrimitives.ReadUInt64LittleEndian(part[^sizeof(ulong)..]);
        }

        ulong bytes = 0;
        foreach (byte b in part)
        {
            bytes = (bytes << 8) | b;
        }

        return bytes;
    }
}
