using K8sNetfilter.Addressing;

namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>One of up to 15 ports or ranges.</summary>
public sealed class MultiportMatch : RuleMatch
{
    internal MultiportMatch(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>True where the source port is looked at.</summary>
    public bool TestsSource { get; internal init; }

    /// <summary>True where the destination port is looked at; with <see cref="TestsSource"/> either may be among the ports.</summary>
    public bool TestsDestination { get; internal init; }

    /// <summary>The ports.</summary>
    public required IReadOnlyList<PortRange> Ports { get; init; }

    /// <summary>True where the condition is inverted with <c>!</c>.</summary>
    public bool Negated { get; internal init; }

    /// <summary>Whether ports meet the condition.</summary>
    public bool IsMetBy(int source, int destination)
    {
        bool found = false;
        foreach (var range in Ports)
        {
            found |= (TestsSource && range.Contains(source)) || (TestsDestination && range.Contains(destination));
        }

        return found != Negated;
    }
}
