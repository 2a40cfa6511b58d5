using K8sNetfilter.Addressing;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Logic;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Delivery;

namespace K8sNetfilter.Simulation.Steps;

/// <summary>
/// What the routing tables make of a packet that came in: onward, or to this node. <see cref="OwnRouting"/> has those of this node.
/// </summary>
internal sealed class WalkRouting(PacketSimulation run)
{
    public const string Routing = "ROUTING";

    private readonly WalkNextHops _nextHops = new(run);

    // False where it ends here: the lookup depends on what is not known, so that where the packet goes is anybody's guess.
    public bool Look(BranchState state, string? input, out FibResult route)
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

        run.Log.Between(state, Routing, route.Reason(run.Family), null, MatchOutcome.Unknown);
        run.End(state, PacketFate.Unknown, route.Reason(run.Family));
        return false;
    }

    public (BranchState? Local, BranchState? Remote) AskLocal(BranchState state, FibResult route)
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
        var asked = run.Ask(state, "local " + address, StepMessages.IsAddressOfThisNode(address),
            StepMessages.IsNotAddressOfThis(address));
        foreach (var branch in new[] { asked.Yes, asked.No })
        {
            if (branch is not null && (asked.Yes is null) == (asked.No is null))
            {
                run.Log.Between(
                    branch, Routing, ReferenceEquals(branch, asked.Yes)
                        ? StepMessages.TakenForLocal(route.Reason(run.Family), address)
                        : StepMessages.TakenForNotLocal(route.Reason(run.Family), address), null, MatchOutcome.Unknown);
            }
        }

        return asked;
    }

    public string? OutOf(BranchState state) => state.Direction == PacketDirection.Original
        && run.Options.OutInterface is { Length: > 0 } name ? name : null;

    public string? DeviceOf(BranchState state, FibResult route)
    {
        // With several next hops a hash of the packet decides (fib_select_multipath).
        return route.Device ?? (OutOf(state) is { } name && route.Entry?.Devices.Contains(name) == true ? name : null);
    }

    /// <summary>Decides whether a packet that came in is for this node, and else where it is sent.</summary>
    public void Decide(BranchState state)
    {
        if (state.Packet.RouteKept)
        {
            run.GoTo(state, WalkStage.Input);
            return;
        }

        if (state is { Packet.HasBridgeInfo: true, Packet.In: { } bridged } && state.Layer2 == WalkLayer2.Port
            && state.Packet.Destination == state.IngressDestination)
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
            DecideUnknown(state, route);
            return;
        }

        if (route.Kind is FibResultKind.Local or FibResultKind.Broadcast or FibResultKind.Unicast
            && run.Network.Martian(state.Packet.Query(state.Packet.In)) is { } martian)
        {
            run.Log.Between(state, Routing, $"martian: {martian}", "DROP");
            run.End(state, PacketFate.Dropped, StepMessages.DroppedAsMartian(state.Packet.In, martian), EndCause.Martian);
            return;
        }

        switch (route.Kind)
        {
            case FibResultKind.Local or FibResultKind.Broadcast:
                Deliver(state, route.Reason(run.Family));
                break;
            case FibResultKind.Multicast:
                run.Log.Between(state, Routing, StepMessages.WhoTakesMulticastPacketsIs, null, MatchOutcome.Unknown);
                run.End(state, PacketFate.Unknown, "multicast");
                break;
            case FibResultKind.Blackhole:
                run.Log.Between(state, Routing, route.Reason(run.Family), "DROP");
                run.End(state, PacketFate.Dropped, StepMessages.BlackholeRoute, EndCause.NoRoute);
                break;
            case FibResultKind.Unicast:
                Onward(state, route);
                break;
            default:
                Refuse(state, route);
                break;
        }
    }

    private void DecideUnknown(BranchState state, FibResult route)
    {
        var (local, remote) = AskLocal(state, route);
        if (local is not null)
        {
            Deliver(local, StepMessages.ToThisNode);
        }

        if (remote is not null)
        {
            Forward(remote, OutOf(remote), remote.Packet.Destination, null);
        }
    }

    // Not for this node.
    private void Onward(BranchState state, FibResult route)
    {
        if (run.IsIPv6 && StaysOnBridge(state, route))
        {
            // br_nf_pre_routing_finish_ipv6 does not ask whether the node forwards; its IPv4 counterpart does.
            ForwardBy(state, route);
            return;
        }

        switch (run.Network.Forwards(run.Family, state.Packet.In))
        {
            case false:
                NotForwarded(state);
                break;
            case null:
                var (yes, no) = run.Ask(state, "forwarding", StepMessages.ThisNodeForwardsPackets, StepMessages.ThisNodeDoesNotForward);
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
    }

    private void NotForwarded(BranchState state)
    {
        string name = run.Network.ForwardingParameter(run.Family, state.Packet.In);
        run.Log.Between(state, Routing, StepMessages.NotForwardedHere(name), "DROP");
        run.End(state, PacketFate.Dropped, StepMessages.NodeDoesNotForward(name), EndCause.NotForwarded);
    }

    // br_nf_pre_routing_finish_ipv6 drops what it finds no route for; its IPv4 counterpart lets the node tell the sender.
    private void Refuse(BranchState state, FibResult route)
    {
        bool silent = run.Network.Forwards(run.Family, state.Packet.In) == false || (run.IsIPv6 && IsRewrittenOnBridge(state));
        run.Log.Between(
            state, Routing, silent ? route.Reason(run.Family) : StepMessages.SenderIsTold(route.Reason(run.Family)),
                silent ? "DROP" : "UNREACHABLE");
        run.End(state, silent ? PacketFate.Dropped : PacketFate.Rejected, StepMessages.NoRoute, EndCause.NoRoute);
    }

    private static bool IsRewrittenOnBridge(BranchState packet) => packet.Packet.HasBridgeInfo
        && packet.Packet.Destination != packet.IngressDestination;

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
            if (run.Log.Keeps(forwarded))
            {
                run.Log.Between(forwarded, WalkBridging.Bridge,
                StepMessages.StaysOnBridge(AddressBits.ToAddress(forwarded.Packet.Destination, run.Family), bridge));
            }

            run.Bridging.Send(forwarded, bridge, withHooks: true, station);
            return;
        }

        Forward(forwarded, DeviceOf(forwarded, by), by.Gateway ?? forwarded.Packet.Destination,
            run.Log.Keeps(forwarded) ? by.Reason(run.Family) : null, by.Entry);
    }

    private void Deliver(BranchState state, string reason)
    {
        if (!Rises(state))
        {
            return;
        }

        (state.Packet.Out, state.Packet.PhysicalOut) = ("", "");
        if (run.Log.Keeps(state))
        {
            run.Log.Between(state, Routing, StepMessages.ForThisNode(reason));
        }

        run.GoTo(state, WalkStage.Input);
    }

    // A frame that bridge netfilter showed to the hooks on the bridge still has to come up from there.
    private bool Rises(BranchState state) => state is not { Packet.HasBridgeInfo: true, Packet.In: { Length: > 0 } bridge }
        || run.Bridging.Up(state, bridge);

    private void Forward(BranchState state, string? device, Bits128 nextHop, string? reason, FibRoute? route = null)
    {
        if (!Rises(state))
        {
            return;
        }

        if (state.Packet.Ttl is 0 or 1)
        {
            run.Log.Between(state, Routing, StepMessages.TimeToLiveEndsTold, "TTL");
            run.End(state, PacketFate.Rejected, StepMessages.TimeToLiveEnds);
            return;
        }

        if (run.IsIPv6 && device is not null && device != state.Packet.In && state.Packet.NotOnward is { } bound)
        {
            run.Log.Between(state, Routing, bound.Reason, bound.IsTold ? "UNREACHABLE" : "DROP");
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
        if (run.Log.Keeps(state))
        {
            run.Log.Between(state, Routing, $"forwarded: {reason ?? StepMessages.OutThrough(device ?? StepMessages.InterfaceThatIsNotKnown)}");
        }

        run.GoTo(state, WalkStage.Forward);
    }
}
