namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>The packet's mark (<c>mark</c>) or its connection's (<c>connmark</c>).</summary>
public sealed class MarkMatch : RuleMatch
{
    internal MarkMatch(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>True for the connection's mark.</summary>
    public bool IsConnection { get; internal init; }

    /// <summary>The value under the mask.</summary>
    public uint Value { get; internal init; }

    /// <summary>The bits that are looked at.</summary>
    public uint Mask { get; internal init; }

    /// <summary>True where the condition is inverted with <c>!</c>.</summary>
    public bool Negated { get; internal init; }

    /// <summary>Whether a mark meets the condition.</summary>
    public bool IsMetBy(uint mark) => ((mark & Mask) == Value) != Negated;
}
