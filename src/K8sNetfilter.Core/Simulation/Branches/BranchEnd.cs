using K8sNetfilter.Rulesets;
using K8sNetfilter.Simulation.Compiled;
using K8sNetfilter.Simulation.Pods;

namespace K8sNetfilter.Simulation.Branches;

/// <summary>What became of a branch's packet, and which rules explain it.</summary>
internal struct BranchEnd
{
    public BranchEnd()
    {
    }

    public PacketFate Fate;
    public bool Ended;
    public string Reason = "";

    public EndCause Cause;

    /// <summary>Whether somebody takes the packet where it arrived.</summary>
    public WalkTaker Taker;

    /// <summary>What is known of that, where nobody takes it or it is not known.</summary>
    public string? TakerReason;

    /// <summary>The rule that decided its end, or the rule whose base chain's policy did.</summary>
    public NetfilterRule? Rule;

    /// <summary>The base chain at the end: <c>filter FORWARD</c>.</summary>
    public WalkHook? Hook;

    /// <summary>The rule of the nat table that let the request leave as it was.</summary>
    public NetfilterRule? LeftAsItWas;

    /// <summary>The rule that changed the request's source.</summary>
    public NetfilterRule? SourceNatBy;

    /// <summary>The rule that kept the request or its answer from connection tracking.</summary>
    public NetfilterRule? NotTrackedBy;

    /// <summary>The bridge that forwarded the frame past the IP hooks.</summary>
    public string? PassedBridge;

    /// <summary>
    /// True where both are explained by the same. <see cref="LeftAsItWas"/> and <see cref="SourceNatBy"/> say where to look further, and
    /// what they did to the packet is compared there.
    /// </summary>
    public readonly bool SameAs(in BranchEnd other) =>
        Fate == other.Fate && Ended == other.Ended && ReferenceEquals(NotTrackedBy, other.NotTrackedBy)
        && PassedBridge == other.PassedBridge
        && (!Ended || (Reason == other.Reason && Cause == other.Cause && Taker == other.Taker && TakerReason == other.TakerReason
            && ReferenceEquals(Rule, other.Rule) && ReferenceEquals(Hook, other.Hook)));
}
