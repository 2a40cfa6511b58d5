namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>The type-of-service or traffic-class byte.</summary>
public sealed class TosMatch : RuleMatch
{
    internal TosMatch(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>The value under the mask.</summary>
    public byte Value { get; internal init; }

    /// <summary>The bits that are looked at.</summary>
    public byte Mask { get; internal init; }

    /// <summary>True where the condition is inverted with <c>!</c>.</summary>
    public bool Negated { get; internal init; }
}
