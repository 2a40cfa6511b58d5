using K8sNetfilter.Logic;
using K8sNetfilter.Simulation.Steps;

namespace K8sNetfilter.Simulation.Branches;

/// <summary>What it means for a packet that it follows a connection that is tracked already, and not the rules.</summary>
internal static class FollowedEntry
{
    /// <summary>Whether the connection comes about, and why.</summary>
    /// <param name="state">A branch that follows an entry, at its end.</param>
    /// <param name="works">What the walk along the entry came to.</param>
    /// <param name="reason">Why.</param>
    /// <param name="byRules">Where the rules would lead the packet if there were no entry.</param>
    public static (MatchOutcome Works, string Reason) Judge(
        BranchState state, MatchOutcome works, string reason, IReadOnlyList<BranchState> byRules)
    {
        var entry = state.Entry!;
        var arrived = state.Request ?? state;
        if (entry.Original.Destination != state.Connection.Opened.Destination || entry.Original.Source != state.Connection.Opened.Source)
        {
            return (works, BranchMessages.ItBelongsToTrackedConnection(reason, entry.Text));
        }

        BranchState? other = null;
        foreach (var one in byRules)
        {
            if (one.Packet.Destination == arrived.Packet.Destination && one.Packet.DestinationPort == arrived.Packet.DestinationPort
                && one.Connection.SourceNat == arrived.Connection.SourceNat)
            {
                return (works, reason);
            }

            other ??= ReplyCheck.Arrived(one) ? one : null;
        }

        string instead = other is null ? "" : BranchMessages.WhichWouldLeadItTo(other.Packet.Endpoint(other.Packet.Destination, other.Packet.DestinationPort), other.Connection.SourceNat ? " masqueraded" : "");
        return entry.HasAnswer || works == MatchOutcome.No
            ? (works, BranchMessages.ItFollowsTrackedConnectionAnd(reason, entry.Text, instead, entry.Remedy))
            : (MatchOutcome.No, BranchMessages.ItFollowsTrackedConnectionWhich(entry.Text, instead, entry.Remedy));
    }
}
