using K8sNetfilter.Addressing;

namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>A test of a port.</summary>
/// <param name="Value">The ports.</param>
/// <param name="Negated">True where it is inverted.</param>
public readonly record struct PortCondition(PortRange Value, bool Negated)
{
    /// <summary>Whether a port meets it.</summary>
    public bool IsMetBy(int port) => Value.Contains(port) != Negated;
}
