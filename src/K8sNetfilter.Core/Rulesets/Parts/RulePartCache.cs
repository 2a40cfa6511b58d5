namespace K8sNetfilter.Rulesets.Parts;

/// <summary>
/// Parts that stand in rule after rule (<c>-p tcp</c>, <c>-m tcp --dport 80</c>, <c>-j KUBE-MARK-MASQ</c>) are made once. An entry is
/// immutable and its slot is overwritten by the next that falls on it, so that outside text can't make it grow.
/// </summary>
internal static class RulePartCache
{
    private const int Slots = 2048;
    private const int LongestKey = 200;

    private static readonly Entry?[] Entries = new Entry?[Slots];

    /// <summary>The part that was made of the same text; null where it is not here any more.</summary>
    public static RulePart? Find(ReadOnlySpan<byte> slice)
    {
        if (slice.Length > LongestKey)
        {
            return null;
        }

        var entry = Entries[Slot(slice)];
        return entry is not null && slice.SequenceEqual(entry.Key) ? entry.Part : null;
    }

    /// <summary>Keeps a part, and gives it back.</summary>
    public static RulePart Add(ReadOnlySpan<byte> slice, RulePart part)
    {
        if (slice.Length <= LongestKey)
        {
            Entries[Slot(slice)] = new Entry(slice.ToArray(), part);
        }

        return part;
    }

    private static int Slot(ReadOnlySpan<byte> slice)
    {
        var hash = new HashCode();
        hash.AddBytes(slice);
        return hash.ToHashCode() & (Slots - 1);
    }

    private sealed record Entry(byte[] Key, RulePart Part);
}
