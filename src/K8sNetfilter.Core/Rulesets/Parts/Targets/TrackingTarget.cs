namespace K8sNetfilter.Rulesets.Parts.Targets;

/// <summary>CT or NOTRACK: what connection tracking shall do with the packet.</summary>
public sealed class TrackingTarget : RuleTarget
{
    internal TrackingTarget(RulePartSource words)
        : base(words)
    {
    }

    /// <summary>True where it is not tracked at all.</summary>
    public bool NoTrack { get; internal init; }

    /// <summary>The zone; null for none, or one taken from the mark.</summary>
    public uint? Zone { get; internal init; }
}
