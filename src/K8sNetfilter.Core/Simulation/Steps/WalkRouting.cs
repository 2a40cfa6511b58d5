using K8sNetfilter.Addressing;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Logic;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Delivery;

namespace K8sNetfilter.Simulation.Steps;

/// <summary>What the routing tables make of a packet: out, onward, or to this node.</summary>
internal sealed class WalkRouting(PacketSimulation run)
{
    public const string Routing = "ROUTING";

    private readonly WalkNextHops _nextHops = new(run);

    // False where it ends here: the lookup depends on what is not known, so that where the packet goes is anybody's guess.
    private bool Look(BranchState state, string? input, out FibResult route)
    {
        route = run.Network.Route(state.Packet.Query(input));
        if (route.Granted is { } granted)
        {
            PacketSimulation.Grant(state, granted, granted);
        }

        if (route.Kind != FibResultKind.Unknown || !run.Network.KnowsRoutes(run.Family) || OutOf(state) is not null)
        {
            return true;
        }

        run.TellRouting(state, Routing, route.Reason(run.Family), null, MatchOutcome.Unknown);
        run.End(state, PacketFate.Unknown, route.Reason(run.Family));
        return false;
    }

    public void Local(BranchState state)
    {
        if (!Look(state, "", out var route))
        {
            return;
        }

        state.Packet.In = "";
        switch (route.Kind)
        {
            case FibResultKind.Unknown:
                var (local, remote) = AskLocal(state, route);
                if (local is not null)
                {
                    Leave(local, "lo", local.Packet.Destination, null);
                }

                if (remote is not null)
                {
                    Leave(remote, OutOf(remote), remote.Packet.Destination, null);
                }

                break;
            case FibResultKind.Local:
                Leave(state, "lo", state.Packet.Destination, route.Source ?? state.Packet.Destination);
                break;
            case FibResultKind.Unicast or FibResultKind.Broadcast or FibResultKind.Multicast:
                if (!WalkNextHops.HasSeveral(route) || !_nextHops.Split(state, route, LeaveBy))
                {
                    LeaveBy(state, route);
                }

                break;
            default:
                run.TellRouting(state, Routing, $"{route.Reason(run.Family)}: the sending process gets an error", "UNREACHABLE");
                run.End(state, PacketFate.Rejected, "no route", EndCause.NoRoute);
                break;
        }

        void Leave(BranchState leaving, string? device, Bits128 nextHop, Bits128? preferred) =>
            SendOwn(leaving, device, nextHop, preferred, route.Kind == FibResultKind.Unknown || !run.Told(leaving) ? null : route.Reason(run.Family));
    }

    private void LeaveBy(BranchState state, FibResult route)
    {
        if (run.Mtu.Leaves(state, DeviceOf(state, route), route.Entry))
        {
            SendOwn(state, DeviceOf(state, route), route.Gateway ?? state.Packet.Destination, route.Source, run.Told(state) ? route.Reason(run.Family) : null);
        }
    }

    private void SendOwn(BranchState leaving, string? device, Bits128 nextHop, Bits128? preferred, string? reason)
    {
        (leaving.Packet.Out, leaving.Packet.RouteDevice, leaving.Packet.NextHop) = (device, device, nextHop);
        if (!leaving.Packet.SourceKnown && (preferred ?? run.Network.SelectSource(run.Family, device, nextHop, leaving.Packet.Destination)) is { } source)
        {
            (leaving.Packet.Source, leaving.Packet.SourceKnown) = (source, true);
            if (leaving.Direction == PacketDirection.Original)
            {
                leaving.Connection.Opened = leaving.Packet.Tuple;
            }
        }

        if (run.Told(leaving))
        {
            run.TellRouting(leaving, Routing, $"made on this node; {reason ?? "out through " + (device ?? "an interface that is not known")}");
        }

        run.GoTo(leaving, WalkStage.Output);
    }

    private (BranchState? Local, BranchState? Remote) AskLocal(BranchState state, FibResult route)
    {
        if (run.Network.IsLocal(run.Family, state.Packet.Destination) is { } known)
        {
            return known ? (state, null) : (null, state);
        }

        if (state.Direction == PacketDirection.Original && run.Options.OutInterface is { Length: > 0 })
        {
            return (null, state);
        }

        if (!state.EntryLocal && state.Packet.Destination == state.Connection.Opened.Source)
        {
            // It came in from outside, so its sender is outside.
            return (null, state);
        }

        string address = AddressBits.ToAddress(state.Packet.Destination, run.Family).ToString();
        var asked = run.Ask(state, "local " + address, $"{address} is an address of this node", $"{address} is not an address of this node");
        foreach (var branch in new[] { asked.Yes, asked.No })
        {
            if (branch is not null && (asked.Yes is null) == (asked.No is null))
            {
                run.TellRouting(
                    branch, Routing, $"{route.Reason(run.Family)}; this branch takes it that {address} is {(ReferenceEquals(branch, asked.Yes) ? "" : "not ")}an address of this node", null, MatchOutcome.Unknown);
            }
        }

        return asked;
    }

    public string? OutOf(BranchState state) => state.Direction == PacketDirection.Original && run.Options.OutInterface is { Length: > 0 } name ? name : null;

    private string? DeviceOf(BranchState state, FibResult route)
    {
        // With several next hops a hash of the packet decides (fib_select_multipath).
        return route.Device ?? (OutOf(state) is { } name && route.Entry?.Devices.Contains(name) == true ? name : null);
    }

    // ip_route_me_harder (net/ipv4/netfilter.c). The hook goes on with the interface that it began with.
    public void Again(BranchState state)
    {
        if (!Look(state, "", out var route))
        {
            return;
        }

        switch (route.Kind)
        {
            case FibResultKind.Unknown:
                var (local, remote) = AskLocal(state, route);
                if (local is not null)
                {
                    (local.Packet.RouteDevice, local.Packet.NextHop) = ("lo", local.Packet.Destination);
                    run.Pass(local);
                }

                if (remote is not null)
                {
                    (remote.Packet.RouteDevice, remote.Packet.NextHop) = (OutOf(remote), remote.Packet.Destination);
                    run.Pass(remote);
                }

                return;
            case FibResultKind.Local:
                (state.Packet.RouteDevice, state.Packet.NextHop) = ("lo", state.Packet.Destination);
                break;
            case FibResultKind.Unicast or FibResultKind.Broadcast or FibResultKind.Multicast:
                if (WalkNextHops.HasSeveral(route) && _nextHops.Split(state, route, AgainBy))
                {
                    return;
                }

                (state.Packet.RouteDevice, state.Packet.NextHop) = (DeviceOf(state, route), route.Gateway ?? state.Packet.Destination);
                break;
            default:
                run.TellRouting(state, Routing, $"routed again: {route.Reason(run.Family)}", "DROP");
                run.End(state, PacketFate.Dropped, "no route after the packet was changed", EndCause.NoRoute);
                return;
        }

        run.TellRouting(state, Routing, $"routed again: {route.Reason(run.Family)}");
        run.Pass(state);
    }

    private void AgainBy(BranchState state, FibResult route)
    {
        (state.Packet.RouteDevice, state.Packet.NextHop) = (DeviceOf(state, route), route.Gateway ?? state.Packet.Destination);
        run.TellRouting(state, Routing, $"routed again: {route.Reason(run.Family)}");
        run.Pass(state);
    }

    public void Decide(BranchState state)
    {
        if (state.Packet.RouteKept)
        {
            run.GoTo(state, WalkStage.Input);
            return;
        }

        if (state is { Packet.HasBridgeInfo: true, Packet.In: { } bridged } && state.Layer2 == WalkLayer2.Port && state.Packet.Destination == state.IngressDestination)
        {
            run.Bridging.Send(state, bridged, withHooks: true);
            return;
        }

        if (!Look(state, state.Packet.In, out var route))
        {
            return;
        }

        if (route.Kind == FibResultKind.Unknown)
        {
            var (local, remote) = AskLocal(state, route);
            if (local is not null)
            {
                Deliver(local, "to this node");
            }

            if (remote is not null)
            {
                Forward(remote, OutOf(remote), remote.Packet.Destination, null);
            }

            return;
        }

        if (route.Kind is FibResultKind.Local or FibResultKind.Broadcast or FibResultKind.Unicast && run.Network.Martian(state.Packet.Query(state.Packet.In)) is { } martian)
        {
            run.TellRouting(state, Routing, $"martian: {martian}", "DROP");
            run.End(state, PacketFate.Dropped, $"the kernel drops it on {state.Packet.In} as martian: {martian}", EndCause.Martian);
            return;
        }

        switch (route.Kind)
        {
            case FibResultKind.Local or FibResultKind.Broadcast:
                Deliver(state, route.Reason(run.Family));
                break;
            case FibResultKind.Multicast:
                run.TellRouting(state, Routing, "who takes multicast packets is not modelled", null, MatchOutcome.Unknown);
                run.End(state, PacketFate.Unknown, "multicast");
                break;
            case FibResultKind.Blackhole:
                run.TellRouting(state, Routing, route.Reason(run.Family), "DROP");
                run.End(state, PacketFate.Dropped, "a blackhole route", EndCause.NoRoute);
                break;
            case FibResultKind.Unicast:
                if (run.IsIPv6 && StaysOnBridge(state, route))
                {
                    // br_nf_pre_routing_finish_ipv6 does not ask whether the node forwards; its IPv4 counterpart does.
                    ForwardBy(state, route);
                    break;
                }

                switch (run.Network.Forwards(run.Family, state.Packet.In))
                {
                    case false:
                        NotForwarded(state);
                        break;
                    case null:
                        var (yes, no) = run.Ask(state, "forwarding", "this node forwards packets", "this node does not forward packets");
                        if (yes is not null)
                        {
                            ForwardBy(yes, route);
                        }

                        if (no is not null)
                        {
                            NotForwarded(no);
                        }

                        break;
                    default:
                        ForwardBy(state, route);
                        break;
                }

                break;
            default:
                // br_nf_pre_routing_finish_ipv6 drops what it finds no route for; its IPv4 counterpart lets the node tell the sender.
                bool silent = run.Network.Forwards(run.Family, state.Packet.In) == false || (run.IsIPv6 && IsRewrittenOnBridge(state));
                run.TellRouting(state, Routing, route.Reason(run.Family) + (silent ? "" : ": the sender is told"), silent ? "DROP" : "UNREACHABLE");
                run.End(state, silent ? PacketFate.Dropped : PacketFate.Rejected, "no route", EndCause.NoRoute);
                break;
        }

        void NotForwarded(BranchState dropped)
        {
            string name = run.Network.ForwardingParameter(run.Family, dropped.Packet.In);
            run.TellRouting(dropped, Routing, $"not for this node, and {name} is 0", "DROP");
            run.End(dropped, PacketFate.Dropped, $"the node does not forward: {name} is 0", EndCause.NotForwarded);
        }
    }

    private static bool IsRewrittenOnBridge(BranchState packet) => packet.Packet.HasBridgeInfo && packet.Packet.Destination != packet.IngressDestination;

    private static bool StaysOnBridge(BranchState packet, FibResult by) => IsRewrittenOnBridge(packet) && by.Device == packet.Packet.In;

    private void ForwardBy(BranchState state, FibResult route)
    {
        if (!WalkNextHops.HasSeveral(route) || !_nextHops.Split(state, route, ForwardByHop))
        {
            ForwardByHop(state, route);
        }
    }

    private void ForwardByHop(BranchState forwarded, FibResult by)
    {
        if (StaysOnBridge(forwarded, by))
        {
            string bridge = forwarded.Packet.In!;
            // br_nf_pre_routing_finish: rewritten towards another station on the same bridge, it stays on the bridge.
            Bits128 station = by.Gateway ?? forwarded.Packet.Destination;
            forwarded.Port = run.Bridging.PortTo(forwarded, bridge, station, forwarded.Packet.PhysicalIn);
            run.Others.Resolves(forwarded, bridge, station);
            if (run.Told(forwarded))
            {
                run.TellRouting(forwarded, WalkBridging.Bridge, $"rewritten to {AddressBits.ToAddress(forwarded.Packet.Destination, run.Family)}, which is on {bridge} too: it stays on the bridge");
            }

            run.Bridging.Send(forwarded, bridge, withHooks: true, station);
            return;
        }

        Forward(forwarded, DeviceOf(forwarded, by), by.Gateway ?? forwarded.Packet.Destination, run.Told(forwarded) ? by.Reason(run.Family) : null, by.Entry);
    }

    private void Deliver(BranchState state, string reason)
    {
        if (!Rises(state))
        {
            return;
        }

        (state.Packet.Out, state.Packet.PhysicalOut) = ("", "");
        if (run.Told(state))
        {
            run.TellRouting(state, Routing, $"for this node: {reason}");
        }

        run.GoTo(state, WalkStage.Input);
    }

    // A frame that bridge netfilter showed to the hooks on the bridge still has to come up from there.
    private bool Rises(BranchState state) => state is not { Packet.HasBridgeInfo: true, Packet.In: { Length: > 0 } bridge } || run.Bridging.Up(state, bridge);

    private void Forward(BranchState state, string? device, Bits128 nextHop, string? reason, FibRoute? route = null)
    {
        if (!Rises(state))
        {
            return;
        }

        if (state.Packet.Ttl is 0 or 1)
        {
            run.TellRouting(state, Routing, "its time to live ends here: the sender is told", "TTL");
            run.End(state, PacketFate.Rejected, "its time to live ends here");
            return;
        }

        if (run.IsIPv6 && device is not null && device != state.Packet.In && state.Packet.NotOnward is { } bound)
        {
            run.TellRouting(state, Routing, bound.Reason, bound.IsTold ? "UNREACHABLE" : "DROP");
            run.End(state, bound.IsTold ? PacketFate.Rejected : PacketFate.Dropped, bound.Reason, EndCause.Martian);
            return;
        }

        if (!run.Mtu.Forwards(state, device, route))
        {
            return;
        }

        run.Reach.NoteSegment(state, device);
        state.Packet.Ttl -= state.Packet.Ttl > 0 ? 1 : 0;
        (state.Packet.Out, state.Packet.NextHop, state.Layer2, state.Packet.PhysicalOut) = (device, nextHop, WalkLayer2.None, "");
        if (run.Told(state))
        {
            run.TellRouting(state, Routing, $"forwarded: {reason ?? "out through " + (device ?? "an interface that is not known")}");
        }

        run.GoTo(state, WalkStage.Forward);
    }
}
