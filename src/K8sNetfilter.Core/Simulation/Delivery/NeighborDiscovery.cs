using K8sNetfilter.Addressing;
using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Parts.Matches;
using K8sNetfilter.Simulation.Compiled;
using K8sNetfilter.Simulation.Steps;

namespace K8sNetfilter.Simulation.Delivery;

/// <summary>
/// Whether the node's rules let IPv6 neighbour discovery through. Without it nobody finds a link layer address, whatever the rules say of
/// the packets themselves. Rules that can't stop it are known as such at first sight; each message is walked once.
/// </summary>
internal sealed class NeighborDiscovery(PacketWalk walk)
{
    private readonly Dictionary<NeighborMessage, (MatchOutcome Passes, string Reason)> _known = [];
    private readonly object _turn = new();
    private PacketSimulation? _run;
    private bool? _mayBeStopped;

    /// <summary>Some rule, policy or other chain may stop it.</summary>
    public bool MayBeStopped => _mayBeStopped ??= LaterPackets.MayStop(walk.Hooks(IPFamily.IPv6), IsForOthers);

    /// <summary>Whether a message passes the hooks, and what stops it.</summary>
    public (MatchOutcome Passes, string Reason) Ask(
        in NeighborMessage message, IReadOnlyCollection<NetfilterRule> without, CancellationToken cancellation)
    {
        lock (_turn)
        {
            if (without.Count == 0 && _known.TryGetValue(message, out var known))
            {
                return known;
            }

            var answer = Walk(message, without, cancellation);
            if (without.Count == 0)
            {
                _known[message] = answer;
            }

            return answer;
        }
    }

    private (MatchOutcome, string) Walk(
        in NeighborMessage message, IReadOnlyCollection<NetfilterRule> without, CancellationToken cancellation)
    {
        var options = WalkOptions.Default with { Without = without };
        bool passes = false;
        string? stopped = null, open = null;
        foreach (var end in (_run ??= new PacketSimulation(walk)).FollowHooks(message.ToState(options), options, cancellation))
        {
            string? met = walk.Others.Limit(end.Others, end.End.Fate, MatchOutcome.Yes, knowsRoutes: false).Open;
            passes |= end.End.Fate is PacketFate.Sent or PacketFate.Delivered && met is null;
            open ??= end.End.Fate == PacketFate.Unknown ? end.End.Reason
                : end.End.Fate is PacketFate.Sent or PacketFate.Delivered ? met : null;
            stopped ??= end.End.Fate is PacketFate.Dropped or PacketFate.Rejected ? end.End.Reason : null;
        }

        return stopped is null && open is null ? (MatchOutcome.Yes, "")
            : passes || open is not null ? (MatchOutcome.Unknown, open ?? stopped!) : (MatchOutcome.No, stopped!);
    }

    // A rule that no message of neighbour discovery meets: they are of ICMPv6 and not tracked.
    private static bool IsForOthers(NetfilterRule rule)
    {
        foreach (var match in rule.Conditions)
        {
            if ((match is ProtocolMatch protocol && !protocol.IsMetBy(IPProtocolName.IcmpV6))
                || (match is ConntrackMatch { States: { } states } tracked
                    && ((states & ConntrackStates.Untracked) == 0) != tracked.StatesNegated))
            {
                return true;
            }
        }

        return false;
    }
}
