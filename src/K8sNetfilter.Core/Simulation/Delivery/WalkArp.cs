using K8sNetfilter.Addressing;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Steps;

namespace K8sNetfilter.Simulation.Delivery;

/// <summary>
/// Whether the node answers the ARP request that a sender makes before it can send a packet to the node (arp_process, arp_ignore and
/// arp_filter in net/ipv4/arp.c). IPv6 has no such settings: see <see cref="WalkDiscovery"/>.
/// </summary>
internal sealed class WalkArp(PacketSimulation run)
{
    /// <summary>Whether a packet can come in by an interface. False where the branch goes on elsewhere, or ends here.</summary>
    public bool Answers(BranchState state, NetworkInterface? device, string? port = "")
    {
        if (run.IsIPv6)
        {
            return run.Discovery.NodeIsFound(state, device, port);
        }

        if (device is null or { IsLoopback: true } || !state.Packet.SourceKnown || state.Round == 0
            || Asked(state, device) is not { } asked)
        {
            return true;
        }

        var parameters = run.Network.Parameters(device.Name);
        string? why = parameters.ArpIgnore switch
        {
            1 or 2 when !asked.IsOwn => DeliveryMessages.ArpIgnoreIsAndAddress(parameters.ArpIgnore),
            8 => DeliveryMessages.ArpIgnoreIs8,
            _ => null,
        };
        if (why is null && parameters.ArpFilter
            && run.Network.Route(FibQuery.To(IPFamily.IPv4, state.Packet.Source)) is { Kind: FibResultKind.Unicast, Device: { } back }
            && back != device.Name)
        {
            why = DeliveryMessages.ArpFilterIsOnAnd(back);
        }

        if (why is null)
        {
            return true;
        }

        string address = AddressBits.ToAddress(asked.Address, IPFamily.IPv4).ToString();
        return run.Reach.Settle(
            state, WalkStage.Ingress, $"arp {device.Name} {address}",
            DeliveryMessages.SenderKnowsLinkLayerAddress(address),
            DeliveryMessages.SenderAsksForOn(address, device.Name),
            DeliveryMessages.DoesNotAnswerFor(device.Name, address, why));
    }

    // The sender asks for what is in its own subnet, and for its gateway else. Of a gateway that is not on the interface nothing is known.
    private (Bits128 Address, bool IsOwn)? Asked(BranchState state, NetworkInterface device)
    {
        (Bits128, bool)? gateway = null;
        foreach (var own in device.Addresses)
        {
            if (own.Family == IPFamily.IPv6 || !own.Covers(state.Packet.Source))
            {
                continue;
            }

            if (own.Address == state.Packet.Destination)
            {
                return (own.Address, true);
            }

            if (own.Covers(state.Packet.Destination) && run.Network.IsLocal(IPFamily.IPv4, state.Packet.Destination) == true)
            {
                return (state.Packet.Destination, false);
            }

            gateway ??= (own.Address, true);
        }

        return gateway;
    }
}
