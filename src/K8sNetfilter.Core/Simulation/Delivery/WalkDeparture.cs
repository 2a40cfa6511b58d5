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
            return run.Others.AtPort(state, HookPoint.Egress, state.Packet.PhysicalOut, state.Packet.Out ?? "");
        }

        run.Others.Resolves(state, state.Packet.Out, state.Packet.NextHop);
        if (!run.Others.AtDevice(state, HookPoint.Egress, state.Packet.Out))
        {
            return false;
        }

        return run.Network.Find(state.Packet.Out) is not { IsBridge: true } bridge
            || (run.Others.IntoBridge(state)
                && run.Others.AtPort(state, HookPoint.Egress, run.Network.PortOf(bridge.Name, state.Packet.NextHop), bridge.Name));
    }

    /// <summary>The packet leaves.</summary>
    public void Leave(BranchState state)
    {
        if (!run.Reach.Reaches(state) || !GoesOut(state))
        {
            return;
        }

        if (state.Packet.SourceKnown && state.Packet.Source == state.Packet.Destination)
        {
            string own = AddressBits.ToAddress(state.Packet.Source, run.Family).ToString();
            run.Log.Between(state, WalkRouting.Routing, DeliveryMessages.ReceiverFindsItsOwnAddress(own), "DROP");
            run.End(state, PacketFate.Dropped, DeliveryMessages.ReceiverFindsItsOwnAddress(own), EndCause.OwnAddress);
            return;
        }

        string where = state.Packet.Out switch { null => DeliveryMessages.InterfaceThatIsNotKnown, _ => state.Packet.Out };
        if (state.Layer2 == WalkLayer2.Port)
        {
            where = state.Packet.PhysicalOut is null ? DeliveryMessages.PortOfDevice(where) : DeliveryMessages.PortOfBridge(state.Packet.PhysicalOut, where);
        }

        if (run.Log.Keeps(state))
        {
            run.Log.Between(state, state.Layer2 == WalkLayer2.Port ? WalkBridging.Bridge : WalkRouting.Routing, DeliveryMessages.LeavesThrough(where));
        }

        run.End(state, PacketFate.Sent, DeliveryMessages.LeavesThroughDevice(where));
    }
}
