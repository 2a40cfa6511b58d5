using K8sNetfilter.Addressing;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Logic;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Steps;

namespace K8sNetfilter.Simulation.Delivery;

/// <summary>
/// Which of a route's several next hops a packet takes: a hash of it decides (fib_select_multipath), so that each is followed.
/// </summary>
internal sealed class WalkNextHops(PacketSimulation run)
{
    // A route has at most so many here; of those after them nothing is said.
    private const int MaxHops = 16;

    public static bool HasSeveral(in FibResult route) => route.Entry is { Hops.Count: > 1 };

    /// <summary>Follows each way out of a route that has several; false where it has one, which is left to the caller.</summary>
    public bool Split(BranchState state, in FibResult route, Action<BranchState, FibResult> follow)
    {
        if (route is not { Kind: FibResultKind.Unicast, Entry: { Hops: { Count: > 1 } hops } entry }
            || (run.Options.OutInterface is { Length: > 0 } && state.Direction == PacketDirection.Original))
        {
            return false;
        }

        string name = entry.Describe(run.Family);
        BranchState? rest = state;
        for (int i = 0; i < hops.Count && i < MaxHops && rest is not null; i++)
        {
            var taken = route with { Device = hops[i].Device, Gateway = hops[i].Gateway };
            if (i == hops.Count - 1)
            {
                follow(rest, taken);
                return true;
            }

            string hop = (hops[i].Gateway is { } gateway ? "via " + AddressBits.ToAddress(gateway, run.Family) + " " : "") + "dev "
                + (hops[i].Device ?? "?");
            (var yes, rest) = run.Ask(rest, $"next hop {hop}|{name}|{state.Packet.Source:x}|{state.Packet.Destination:x}",
                DeliveryMessages.HashOfPacketChoosesNext(hop), DeliveryMessages.HashOfPacketDoesNot(hop));
            if (yes is not null)
            {
                follow(yes, taken);
            }
        }

        if (rest is not null)
        {
            run.Log.Between(rest, "ROUTING", DeliveryMessages.HasMoreNextHopsThan(name), null, MatchOutcome.Unknown);
            run.End(rest, PacketFate.Unknown, DeliveryMessages.RouteHasMoreNextHops(name));
        }

        return true;
    }
}
