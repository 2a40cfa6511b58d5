namespace K8sNetfilter.Rulesets.Parts.Targets;

/// <summary>The packet is dropped and its sender told.</summary>
public sealed class RejectTarget : RuleTarget
{
    internal RejectTarget(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>What it is told, such as <c>icmp-port-unreachable</c> or <c>tcp-reset</c>.</summary>
    public required string With { get; init; }
}
