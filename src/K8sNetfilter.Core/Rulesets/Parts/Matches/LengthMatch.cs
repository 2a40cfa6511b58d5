using K8sNetfilter.Addressing;

namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>The packet's length, in bytes, with its IP header.</summary>
public sealed class LengthMatch : RuleMatch
{
    internal LengthMatch(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>The range.</summary>
    public PortRange Length { get; internal init; }

    /// <summary>True where the condition is inverted with <c>!</c>.</summary>
    public bool Negated { get; internal init; }
}
