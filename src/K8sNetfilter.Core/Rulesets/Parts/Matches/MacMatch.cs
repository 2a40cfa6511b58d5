namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>The source address of the Ethernet frame.</summary>
public sealed class MacMatch : RuleMatch
{
    internal MacMatch(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>The address.</summary>
    public required string Address { get; init; }

    /// <summary>True where the condition is inverted with <c>!</c>.</summary>
    public bool Negated { get; internal init; }
}
