using K8sNetfilter.Addressing;

namespace K8sNetfilter.Rulesets.Parts.Targets;

/// <summary>One network becomes another, host by host.</summary>
public sealed class NetmapTarget : RuleTarget
{
    internal NetmapTarget(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>The new network: its bits under the mask replace the packet's.</summary>
    internal AddressMask To { get; init; }
}
