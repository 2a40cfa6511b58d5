namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>Some of the packets: a share at random, or every n-th.</summary>
public sealed class StatisticMatch : RuleMatch
{
    internal StatisticMatch(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>The share, 0 to 1; null for every n-th.</summary>
    public double? Probability { get; internal init; }

    /// <summary>Every so manieth packet.</summary>
    public uint Every { get; internal init; }

    /// <summary>Which of them, from 0.</summary>
    public uint Packet { get; internal init; }

    /// <summary>True where the condition is inverted with <c>!</c>.</summary>
    public bool Negated { get; internal init; }
}
