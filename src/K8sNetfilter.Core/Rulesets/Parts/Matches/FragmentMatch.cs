namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>The packet is a second or later fragment (<c>-f</c>, IPv4).</summary>
public sealed class FragmentMatch : RuleMatch
{
    internal FragmentMatch(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>True where the condition is inverted with <c>!</c>.</summary>
    public bool Negated { get; internal init; }
}
