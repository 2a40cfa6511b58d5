namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>A bucket of tokens: so many packets in a time.</summary>
public sealed class LimitMatch : RuleMatch
{
    internal LimitMatch(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>The rate as written, such as <c>3/hour</c>.</summary>
    public required string Rate { get; init; }

    /// <summary>How many go by at once.</summary>
    public uint Burst { get; internal init; }
}
