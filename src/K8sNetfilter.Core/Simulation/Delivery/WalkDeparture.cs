using K8sNetfilter.Addressing;
using K8sNetfilter.Hooks;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Steps;

namespace K8sNetfilter.Simulation.Delivery;

/// <summary>The end of a packet's way through the node: it leaves through a device or a bridge's port.</summary>
internal sealed class WalkDeparture(PacketSimulation run)
{
    // A bridge of the node's own has hooks and ports below it.
    private bool GoesOut(BranchState state)
    {
        if (state.Layer2 == WalkLayer2.Port)
        {
            return run.Others.AtPort(state, HookPoint.Egress, state.PhysicalOut, state.Out ?? "");
        }

        run.Others.Resolves(state, state.Out, state.NextHop);
        if (!run.Others.AtDevice(state, HookPoint.Egress, state.Out))
        {
            return false;
        }

        return run.Network.Find(state.Out) is not { IsBridge: true } bridge
            || (run.Others.IntoBridge(state) && run.Others.AtPort(state, HookPoint.Egress, run.Network.PortOf(bridge.Name, state.NextHop), bridge.Name));
    }

    /// <summary>The packet leaves.</summary>
    public void Leave(BranchState state)
    {
        if (!run.Reach.Reaches(state) || !GoesOut(state))
        {
            return;
        }

        if (state.SourceKnown && state.Source == state.Destination)
        {
            string own = AddressBits.ToAddress(state.Source, run.V6).ToString();
            run.TellRouting(state, WalkRouting.Routing, $"the receiver finds its own address {own} as the source and drops it", "DROP");
            run.End(state, PacketFate.Dropped, $"the receiver finds its own address {own} as the source and drops it", EndCause.OwnAddress);
            return;
        }

        string where = state.Out switch { null => "an interface that is not known", _ => state.Out };
        if (state.Layer2 == WalkLayer2.Port)
        {
            where = state.PhysicalOut is null ? $"a port of {where}" : $"port {state.PhysicalOut} of {where}";
        }

        if (run.Told(state))
        {
            run.TellRouting(state, state.Layer2 == WalkLayer2.Port ? WalkBridging.Bridge : WalkRouting.Routing, $"leaves through {where}");
        }

        run.End(state, PacketFate.Sent, $"it leaves through {where}");
    }
}
