using K8sNetfilter.Addressing;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Delivery;

namespace K8sNetfilter.Simulation.Steps;

/// <summary>The routes of packets that this node makes.</summary>
internal sealed class OwnRouting(PacketSimulation run)
{
    private readonly WalkNextHops _nextHops = new(run);

    /// <summary>A packet that was made here asks for its route.</summary>
    public void Local(BranchState state)
    {
        if (!run.Routing.Look(state, "", out var route))
        {
            return;
        }

        state.Packet.In = "";
        switch (route.Kind)
        {
            case FibResultKind.Unknown:
                var (local, remote) = run.Routing.AskLocal(state, route);
                if (local is not null)
                {
                    SendOwn(local, "lo", local.Packet.Destination, null, null);
                }

                if (remote is not null)
                {
                    SendOwn(remote, run.Routing.OutOf(remote), remote.Packet.Destination, null, null);
                }

                break;
            case FibResultKind.Local:
                SendOwn(
                    state, "lo", state.Packet.Destination, route.Source ?? state.Packet.Destination, run.Log.Keeps(state)
                    ? route.Reason(run.Family) : null);
                break;
            case FibResultKind.Unicast or FibResultKind.Broadcast or FibResultKind.Multicast:
                if (!WalkNextHops.HasSeveral(route) || !_nextHops.Split(state, route, LeaveBy))
                {
                    LeaveBy(state, route);
                }

                break;
            default:
                run.Log.Between(state, WalkRouting.Routing, StepMessages.SendingProcessGetsError(route.Reason(run.Family)),
                    "UNREACHABLE");
                run.End(state, PacketFate.Rejected, StepMessages.NoRoute, EndCause.NoRoute);
                break;
        }
    }

    private void LeaveBy(BranchState state, FibResult route)
    {
        if (run.Mtu.Leaves(state, run.Routing.DeviceOf(state, route), route.Entry))
        {
            SendOwn(state, run.Routing.DeviceOf(state, route), route.Gateway ?? state.Packet.Destination, route.Source,
                run.Log.Keeps(state) ? route.Reason(run.Family) : null);
        }
    }

    private void SendOwn(BranchState leaving, string? device, Bits128 nextHop, Bits128? preferred, string? reason)
    {
        (leaving.Packet.Out, leaving.Packet.RouteDevice, leaving.Packet.NextHop) = (device, device, nextHop);
        if (!leaving.Packet.SourceKnown
            && (preferred ?? run.Network.SelectSource(run.Family, device, nextHop, leaving.Packet.Destination)) is { } source)
        {
            (leaving.Packet.Source, leaving.Packet.SourceKnown) = (source, true);
            if (leaving.Direction == PacketDirection.Original)
            {
                leaving.Connection.Opened = leaving.Packet.Tuple;
            }
        }

        if (run.Log.Keeps(leaving))
        {
            run.Log.Between(leaving, WalkRouting.Routing,
                StepMessages.MadeHere(reason ?? StepMessages.OutThrough(device ?? StepMessages.InterfaceThatIsNotKnown)));
        }

        run.GoTo(leaving, WalkStage.Output);
    }

    /// <summary>
    /// Looks the route up again after a change on OUTPUT: ip_route_me_harder (net/ipv4/netfilter.c). The hook goes on with the interface
    /// that it began with.
    /// </summary>
    public void Again(BranchState state)
    {
        if (!run.Routing.Look(state, "", out var route))
        {
            return;
        }

        switch (route.Kind)
        {
            case FibResultKind.Unknown:
                var (local, remote) = run.Routing.AskLocal(state, route);
                if (local is not null)
                {
                    (local.Packet.RouteDevice, local.Packet.NextHop) = ("lo", local.Packet.Destination);
                    run.Pass(local);
                }

                if (remote is not null)
                {
                    (remote.Packet.RouteDevice, remote.Packet.NextHop) = (run.Routing.OutOf(remote), remote.Packet.Destination);
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

                (state.Packet.RouteDevice, state.Packet.NextHop) = (
                    run.Routing.DeviceOf(state, route), route.Gateway ?? state.Packet.Destination);
                break;
            default:
                run.Log.Between(state, WalkRouting.Routing, StepMessages.RoutedAgain(route.Reason(run.Family)), "DROP");
                run.End(state, PacketFate.Dropped, StepMessages.NoRouteAfterPacketWas, EndCause.NoRoute);
                return;
        }

        run.Log.Between(state, WalkRouting.Routing, StepMessages.RoutedAgain(route.Reason(run.Family)));
        run.Pass(state);
    }

    private void AgainBy(BranchState state, FibResult route)
    {
        (state.Packet.RouteDevice, state.Packet.NextHop) = (run.Routing.DeviceOf(state, route), route.Gateway ?? state.Packet.Destination);
        run.Log.Between(state, WalkRouting.Routing, StepMessages.RoutedAgain(route.Reason(run.Family)));
        run.Pass(state);
    }
}
