using K8sNetfilter.Addressing;

namespace K8sNetfilter.Rulesets.Parts.Targets;

/// <summary>DNAT or SNAT to an address, a port, or both.</summary>
public sealed class NatTarget : RuleTarget
{
    internal NatTarget(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>True for DNAT.</summary>
    public bool IsDestination { get; internal init; }

    /// <summary>The addresses; null where only the port changes.</summary>
    internal AddressRange? Addresses { get; init; }

    /// <summary>The ports; null where the port stays, if it can.</summary>
    public PortRange? Ports { get; internal init; }

    /// <summary>With a range of ports, the port that becomes the first of them (a shifted map); null if there is none.</summary>
    public ushort? PortBase { get; internal init; }

    /// <summary>True for <c>--random</c>.</summary>
    public bool Random { get; internal init; }

    /// <summary>True for <c>--random-fully</c>.</summary>
    public bool FullyRandom { get; internal init; }

    /// <summary>True where one client always gets the same address.</summary>
    public bool Persistent { get; internal init; }
}
