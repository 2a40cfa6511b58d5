namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>A list of addresses seen lately, which the rule looks up or changes.</summary>
public sealed class RecentMatch : RuleMatch
{
    internal RecentMatch(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>What it does.</summary>
    public RecentAction Action { get; internal init; }

    /// <summary>The list's name.</summary>
    public required string List { get; init; }

    /// <summary>Only addresses seen in so many seconds.</summary>
    public uint? Seconds { get; internal init; }

    /// <summary>Only addresses seen so often.</summary>
    public uint? HitCount { get; internal init; }

    /// <summary>True where older addresses are dropped.</summary>
    public bool Reaps { get; internal init; }

    /// <summary>True where the packet's TTL must be the same.</summary>
    public bool TestsTtl { get; internal init; }

    /// <summary>True where the destination is looked up rather than the source.</summary>
    public bool UsesDestination { get; internal init; }

    /// <summary>The mask under which addresses are the same.</summary>
    public string? Mask { get; internal init; }

    /// <summary>True where the condition is inverted with <c>!</c>.</summary>
    public bool Negated { get; internal init; }
}
