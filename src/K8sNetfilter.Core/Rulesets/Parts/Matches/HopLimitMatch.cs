namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>The packet's TTL (<c>ttl</c>) or hop limit (<c>hl</c>).</summary>
public sealed class HopLimitMatch : RuleMatch
{
    internal HopLimitMatch(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>0 for equal, -1 for less, 1 for greater.</summary>
    public int Comparison { get; internal init; }

    /// <summary>The value.</summary>
    public byte Value { get; internal init; }

    /// <summary>True where the condition is inverted with <c>!</c>.</summary>
    public bool Negated { get; internal init; }
}
