using K8sNetfilter.Addressing;

namespace K8sNetfilter.Rulesets.Parts.Targets;

/// <summary>The source becomes the address of the interface that the packet goes out by.</summary>
public sealed class MasqueradeTarget : RuleTarget
{
    internal MasqueradeTarget(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>The source ports; null where the port stays, if it can.</summary>
    public PortRange? Ports { get; internal init; }

    /// <summary>True for <c>--random</c>.</summary>
    public bool Random { get; internal init; }

    /// <summary>True for <c>--random-fully</c>.</summary>
    public bool FullyRandom { get; internal init; }
}
