using System.Runtime.InteropServices;

namespace K8sNetfilter.Nftables;

/// <summary>A hash of bytes, seeded: what comes from outside can't be chosen to fall on one slot of a table.</summary>
internal static class NftHash
{
    private const ulong Factor = 0x9e3779b97f4a7c15;

    /// <summary>The hash; its upper half is the better one.</summary>
    public static ulong Of(ReadOnlySpan<byte> bytes, ulong seed)
    {
        ulong hash = seed ^ (ulong)bytes.Length;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            hash = Mix(hash ^ MemoryMarshal.Read<ulong>(bytes), seed);
        }

        ulong rest = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            rest |= (ulong)bytes[i] << (8 * i);
        }

        return Mix(hash ^ rest, seed);
    }

    private static ulong Mix(ulong value, ulong seed)
    {
        ulong high = Math.BigMul(value ^ Factor, seed * Factor, out ulong low);
        return high ^ low;
    }
}
