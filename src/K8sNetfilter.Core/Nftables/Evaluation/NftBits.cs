using K8sNetfilter.Logic;

namespace K8sNetfilter.Nftables.Evaluation;

/// <summary>Comparisons of bytes of which not all bits are known.</summary>
internal static class NftBits
{
    /// <summary>Whether all bits are known.</summary>
    public static bool AreKnown(ReadOnlySpan<byte> known) => known.IndexOfAnyExcept((byte)0xff) < 0;

    /// <summary>Whether they are equal.</summary>
    public static MatchOutcome AreEqual(ReadOnlySpan<byte> value, ReadOnlySpan<byte> known, ReadOnlySpan<byte> other)
    {
        bool isKnown = true;
        for (int i = 0; i < other.Length; i++)
        {
            if (((value[i] ^ other[i]) & known[i]) != 0)
            {
                return MatchOutcome.No;
            }

            isKnown &= known[i] == 0xff;
        }

        return isKnown ? MatchOutcome.Yes : MatchOutcome.Unknown;
    }

    /// <summary>Whether the first is lower, byte by byte from the first as memcmp(3) compares.</summary>
    /// <param name="value">The first.</param>
    /// <param name="known">Which bits of it are known.</param>
    /// <param name="other">The second.</param>
    /// <param name="orEqual">Also if they are equal.</param>
    public static MatchOutcome IsBelow(ReadOnlySpan<byte> value, ReadOnlySpan<byte> known, ReadOnlySpan<byte> other, bool orEqual)
    {
        int lowest = Compare(value, known, other, highest: false), highest = Compare(value, known, other, highest: true);
        int limit = orEqual ? 1 : 0;
        return highest < limit ? MatchOutcome.Yes : lowest >= limit ? MatchOutcome.No : MatchOutcome.Unknown;
    }

    // Compares the lowest or the highest value that there may be.
    private static int Compare(ReadOnlySpan<byte> value, ReadOnlySpan<byte> known, ReadOnlySpan<byte> other, bool highest)
    {
        for (int i = 0; i < other.Length; i++)
        {
            int one = (value[i] & known[i]) | (highest ? ~known[i] & 0xff : 0);
            if (one != other[i])
            {
                return one < other[i] ? -1 : 1;
            }
        }

        return 0;
    }
}
