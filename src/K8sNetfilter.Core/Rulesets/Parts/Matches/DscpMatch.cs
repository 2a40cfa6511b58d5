namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>The DSCP field.</summary>
public sealed class DscpMatch : RuleMatch
{
    internal DscpMatch(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>The value, 0 to 63.</summary>
    public byte Value { get; internal init; }

    /// <summary>True where the condition is inverted with <c>!</c>.</summary>
    public bool Negated { get; internal init; }
}
