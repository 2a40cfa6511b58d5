using K8sNetfilter.Nftables.Expressions;

namespace K8sNetfilter.Nftables.Sets;

/// <summary>
/// One element of a set: a view of <see cref="NftElements"/>, valid as long as that is. A set of plain intervals has two elements for each:
/// where it begins, and the first key after it with the flag IntervalEnd. In a concatenation with ranges an element has both ends.
/// </summary>
public readonly struct NftElement
{
    private readonly NftElements _all;

    internal NftElement(NftElements all, int index)
    {
        _all = all;
        Index = index;
    }

    /// <summary>Its number in <see cref="NftElements"/>.</summary>
    public int Index { get; }

    /// <summary>What it is.</summary>
    public NftElementFlags Flags => (NftElementFlags)(_all.Marks[Index] & NftElements.KernelFlags);

    /// <summary>True for the first key after an interval.</summary>
    public bool IsIntervalEnd => (Flags & NftElementFlags.IntervalEnd) != 0;

    /// <summary>True for the catch-all element.</summary>
    public bool IsCatchAll => (Flags & NftElementFlags.CatchAll) != 0;

    /// <summary>The key, or the lowest of a range; zeros for the catch-all element.</summary>
    public ReadOnlySpan<byte> Key => _all.Key(Index);

    /// <summary>True if it has <see cref="KeyEnd"/>.</summary>
    public bool HasKeyEnd => (_all.Marks[Index] & NftElements.HasKeyEnd) != 0;

    /// <summary>The highest of a range in a concatenation, which is in it; the key itself if it is not a range.</summary>
    public ReadOnlySpan<byte> KeyEnd => HasKeyEnd ? _all.KeyEnd(Index) : Key;

    /// <summary>The data in a map of values; empty if it has none.</summary>
    public ReadOnlySpan<byte> Data => (_all.Marks[Index] & NftElements.HasData) != 0 ? _all.DataOf(Index) : default;

    /// <summary>True if it has <see cref="Verdict"/>.</summary>
    public bool HasVerdict => (_all.Marks[Index] & NftElements.HasVerdict) != 0;

    /// <summary>The verdict in a verdict map.</summary>
    public NftVerdict Verdict =>
        HasVerdict ? new NftVerdict(_all.Codes![Index], _all.Names?[Index]) : new NftVerdict(NftVerdictCode.Continue);

    /// <summary>The object's name in a map of objects; null if it has none.</summary>
    public string? ObjectName => HasVerdict ? null : _all.Names?[Index];

    /// <summary>How long it stays; zero for the set's own or for ever.</summary>
    public TimeSpan Timeout => _all.Timeouts is { } times ? TimeSpan.FromTicks(times[Index]) : TimeSpan.Zero;

    /// <summary>How long until it expires; zero if it does not.</summary>
    public TimeSpan Expiration => _all.Expirations is { } times ? TimeSpan.FromTicks(times[Index]) : TimeSpan.Zero;

    /// <summary>Its expressions with their state: counter, limit …</summary>
    public NftExpression[] Expressions => _all.Expressions?[Index] ?? [];

    /// <summary>Its comment; null if it has none.</summary>
    public string? Comment => _all.Comments?[Index];
}
