using System.Net;

namespace K8sNetfilter.Rulesets.Parts.Targets;

/// <summary>A copy of the packet is sent to another host.</summary>
public sealed class TeeTarget : RuleTarget
{
    internal TeeTarget(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>Where to.</summary>
    internal IPAddress Gateway { get; init; } = IPAddress.None;

    /// <summary>The interface; null for the route's.</summary>
    public string? Output { get; internal init; }
}
