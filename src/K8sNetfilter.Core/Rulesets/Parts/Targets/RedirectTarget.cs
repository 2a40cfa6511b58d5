using K8sNetfilter.Addressing;

namespace K8sNetfilter.Rulesets.Parts.Targets;

/// <summary>
/// The destination becomes this host: the address of the interface that the packet came in by, or the loopback address for its own.
/// </summary>
public sealed class RedirectTarget : RuleTarget
{
    internal RedirectTarget(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>The destination ports; null where the port stays.</summary>
    public PortRange? Ports { get; internal init; }

    /// <summary>True for <c>--random</c>.</summary>
    public bool Random { get; internal init; }
}
