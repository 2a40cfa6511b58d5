using K8sNetfilter.Logic;
using K8sNetfilter.Simulation.Compiled;
using K8sNetfilter.Simulation.Steps;

namespace K8sNetfilter.Simulation.Branches;

/// <summary>
/// Says how a branch ended: by what was walked, by a connection that is tracked already, or open for chains that were not read.
/// </summary>
internal static class WalkBranchEnd
{
    /// <summary>The end, as others see it.</summary>
    /// <param name="state">The branch.</param>
    /// <param name="others">The chains that it may have met.</param>
    /// <param name="knowsRoutes">Whether the node's routes are known.</param>
    public static WalkBranch Of(BranchState state, OtherChains others, bool knowsRoutes)
    {
        var (works, reason) = ReplyCheck.Outcome(state);
        if (state.Entry is not null)
        {
            (works, reason) = FollowedEntry.Judge(state, works, reason, state.Options.ByRules);
        }

        var fate = state.End.Fate;
        var (open, assumed) = others.Limit(state.Others, fate, works, knowsRoutes);
        if (assumed is not null)
        {
            PacketSimulation.Grant(state, "other chains", assumed);
        }

        if (open is not null)
        {
            string end = works switch { MatchOutcome.Yes => "WORKS", MatchOutcome.No => "FAILS",
                _ => state.End.Fate.ToString().ToUpperInvariant() };
            (works, reason, fate) = (MatchOutcome.Unknown, BranchMessages.ByThoseAlone(open, end, reason), PacketFate.Unknown);
        }

        return new WalkBranch
        {
            Branch = state.Branch,
            Direction = state.Direction,
            Fate = fate,
            Reason = reason,
            End = state.ToPacket(),
            Arrived = state.Request?.ToPacket()
            ?? (state.Direction == PacketDirection.Original && ReplyCheck.Arrived(state) ? state.ToPacket() : null),
            Works = works,
            Probability = double.IsNaN(state.Probability) ? null : Math.Round(state.Probability, 12),
            Assumptions = Assumption.Texts(state.Assumptions),
        };
    }
}
