using K8sNetfilter.Addressing;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Links;
using K8sNetfilter.Links.Iproute2;
using K8sNetfilter.Logic;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Steps;

namespace K8sNetfilter.Simulation.Delivery;

/// <summary>
/// Whether the link layer brings a packet to its next hop: the link has carrier, somebody has the next hop's address, and a bridge sends
/// the frame out of the port where that one is.
/// </summary>
internal sealed class WalkReach(PacketSimulation run)
{
    private const NeighborState Silent = NeighborState.Failed | NeighborState.Incomplete;
    private const NeighborState Fixed = NeighborState.Permanent | NeighborState.NoArp;

    // What is granted of a packet that leaves by the device that it came in by.
    private const string Segment = "segment ";

    private NodeLayer2 Layer2 => run.Network.Layer2;

    /// <summary>Whether a packet that leaves gets to its next hop. False where it ends here.</summary>
    public bool Reaches(BranchState state)
    {
        if (state.Round == 0 || state.Packet.Out is not { Length: > 0 } device
            || run.Network.Find(device) is not { IsLoopback: false } link)
        {
            return true;
        }

        if (state.Layer2 == WalkLayer2.Port)
        {
            // What the node itself rewrote gets its link layer address from the node's neighbours (br_nf_pre_routing_finish_bridge).
            bool rewritten = state.Packet.HasBridgeInfo && state.Packet.Destination != state.IngressDestination;
            return (rewritten ? !link.NeedsNeighbors || Finds(state, link, state.Port) : run.Discovery.FindsStation(state, link))
                && FindsPort(state, link, state.Port, bridged: true);
        }

        if (link.Down is { } down)
        {
            return Lose(state, $"{device} {down}");
        }

        if (IsToAll(state, link))
        {
            return true;
        }

        if (Layer2.DeviceOf(run.Family, state.Packet.Destination) is { } own && own != device)
        {
            return Lose(state, DeliveryMessages.IsAtOtherEndOf(AddressBits.ToAddress(state.Packet.Destination, run.Family), own, device));
        }

        string? port = link.IsBridge ? run.Network.PortOf(device, state.Packet.NextHop) : null;
        return (!link.NeedsNeighbors || Finds(state, link, port)) && (!link.IsBridge || FindsPort(state, link, port, bridged: false))
            && (link.IsBridge || run.Mtu.FitsPeer(state, device));
    }

    /// <summary>Whether a port takes a frame in, and hands it on (br_handle_frame_finish).</summary>
    public bool Enters(BranchState state, string? port)
    {
        var link = run.Network.Find(port);
        if (link is { PortState: { } wrong and not BridgePortState.Forwarding })
        {
            return Lose(state, DeliveryMessages.PortOfIsItTakes(port, link.Bridge, Name(wrong)));
        }

        return true;
    }

    /// <summary>Both ends on the segment that the packet came in by find each other, unless the sender's routes say otherwise.</summary>
    public void NoteSegment(BranchState state, string? device)
    {
        if (device is null || device != state.Packet.In || state.Direction == PacketDirection.Reply || state.Connection.DestinationNat
            || !state.Packet.SourceKnown || run.Network.Find(device) is not { IsBridge: false } link)
        {
            return;
        }

        foreach (var own in link.Addresses)
        {
            if (own.Family == run.Family && own.Covers(state.Packet.Source) && own.Covers(state.Packet.Destination))
            {
                string text = DeliveryMessages.SendsWhatIsForBy(AddressBits.ToAddress(state.Packet.Source, run.Family), AddressBits.ToAddress(state.Packet.Destination, run.Family), device);
                PacketSimulation.Grant(state, Segment + device, text);
                return;
            }
        }
    }

    private bool IsToAll(BranchState state, NetworkInterface link)
    {
        if (run.IsIPv6 ? state.Packet.NextHop >> 120 == 0xff : state.Packet.NextHop >> 28 == 0xe || state.Packet.NextHop == uint.MaxValue)
        {
            return true;
        }

        foreach (var own in link.Addresses)
        {
            if (!run.IsIPv6 && own.Family == IPFamily.IPv4 && own.PrefixLength < 31 && own.Covers(state.Packet.NextHop)
                && (state.Packet.NextHop | AddressBits.Mask(own.PrefixLength, IPFamily.IPv4)) == uint.MaxValue)
            {
                return true;
            }
        }

        return false;
    }

    private bool Finds(BranchState state, NetworkInterface link, string? port) =>
        run.Discovery.FindsNeighbor(state, link, port) && HasNeighbor(state, link, port);

    // neigh_resolve_output. What was read of the pod itself goes before what the node has seen of it.
    private bool HasNeighbor(BranchState state, NetworkInterface link, string? port)
    {
        var entry = Layer2.NeighborOf(link.Name, run.Family, state.Packet.NextHop);
        var pod = Pod(link, port, state.Packet.NextHop);
        if (entry is null || entry.State == NeighborState.None)
        {
            if (pod is null && !(run.Network.IsLocal(run.Family, state.Packet.NextHop) == true))
            {
                string text = DeliveryMessages.SomebodyOnHas(link.Name, Address(state), Layer2.KnowsNeighbors ? "" : DeliveryMessages.NeighboursWereNotReadIp);
                PacketSimulation.Grant(state, text, text);
            }

            return true;
        }

        if ((entry.State & Silent) != 0)
        {
            return Answers(state, link, entry, pod);
        }

        if (pod?.Mac is { } own && entry.MacAddress is { } known && !own.Equals(known, StringComparison.OrdinalIgnoreCase))
        {
            string what = DeliveryMessages.NeighbourOnIsAndIts(Address(state), link.Name, known, own);
            return (entry.State & Fixed) != 0 ? Lose(state, DeliveryMessages.WithEntryState(what, Name(entry.State)))
                : Settle(state, WalkStage.Egress, "mac " + known, DeliveryMessages.AnswersAs(Address(state), known),
                    DeliveryMessages.NeighborIsNow(Address(state), own), what);
        }

        return true;
    }

    private bool Answers(BranchState state, NetworkInterface link, Neighbor entry, LinkPeer? pod)
    {
        string address = Address(state);
        bool isOver = (entry.State & NeighborState.Failed) != 0;
        string what = isOver ? DeliveryMessages.NobodyOnAnsweredForIts(link.Name, address)
            : DeliveryMessages.NobodyOnHasAnsweredFor(link.Name, address);
        if (pod is null && Assumption.Find(state.Assumptions, Segment + link.Name) is not null)
        {
            run.End(state, PacketFate.Unknown, DeliveryMessages.BothEndsAreOnOne(what),
                EndCause.NoLink);
            return false;
        }

        if (pod is null && (isOver || (link.IsBridge && KnowsAllPods(link.Name))))
        {
            return Lose(state, what);
        }

        return Settle(state, WalkStage.Egress, $"answers {link.Name} {address}", DeliveryMessages.AnswersOn(address, link.Name),
            DeliveryMessages.DoesNotAnswerOn(address, link.Name), what);
    }

    // br_dev_xmit and br_handle_frame_finish, br_forward (should_deliver).
    private bool FindsPort(BranchState state, NetworkInterface bridge, string? port, bool bridged)
    {
        var pod = port is null ? null : Layer2.PeerOf(port);
        string? mac = Mac(state, bridge, pod);
        var entry = mac is null ? null : Layer2.EntryOf(bridge.Name, mac);
        string to = port ?? "";
        if (entry is not null)
        {
            string at = Layer2.PortOf(entry);
            if (entry.IsLocal && (bridged || at == bridge.Name))
            {
                return Lose(state, DeliveryMessages.HasLinkLayerAddressOf(bridge.Name, mac, Address(state), at));
            }

            // What a port hears moves an entry there, a static one too, unless it is sticky (br_fdb_update).
            bool moves = !entry.IsLocal && !entry.IsSticky && run.Network.Find(port)?.Learns != false;
            if (port is not null && at != port && !(state.Direction == PacketDirection.Reply && moves))
            {
                string what = DeliveryMessages.SendsFramesForLinkLayer(bridge.Name, mac, Address(state), at, Marks(entry), port);
                if (!moves)
                {
                    return Lose(state, what);
                }

                if (!Settle(state, WalkStage.Egress, $"fdb {bridge.Name} {mac}",
                    DeliveryMessages.LearnsThatIsBehindBefore(bridge.Name, mac, port),
                    DeliveryMessages.SendsFramesForOutOf(bridge.Name, mac, at), what))
                {
                    return false;
                }
            }

            to = at;
        }

        if (to.Length == 0 || run.Network.Find(to) is not { } link)
        {
            return true;
        }

        if (entry is null && mac is not null && Layer2.KnowsForwarding && !link.UnicastFlood)
        {
            return Lose(state, DeliveryMessages.DoesNotKnowBehindWhich(bridge.Name, mac, to));
        }

        return IsAsked(state, bridge, link)
            && (link.PortState is { } wrong and not BridgePortState.Forwarding
            ? Lose(state, DeliveryMessages.PortOfIsNothingLeaves(to, bridge.Name, Name(wrong)))
            : link.Down is { } down ? Lose(state, DeliveryMessages.PortIsDown(to, bridge.Name, down))
            : run.Mtu.FitsPort(state, to, bridged && state.Packet.HasBridgeInfo));
    }

    // A caller that asks for an address by a frame to many: it has to get out of the port behind which the address is.
    private bool IsAsked(BranchState state, NetworkInterface bridge, NetworkInterface port)
    {
        if (state.Direction == PacketDirection.Reply || (run.IsIPv6 ? port.MulticastFlood : port.BroadcastFlood)
            || (state.Layer2 != WalkLayer2.Port && Layer2.NeighborOf(bridge.Name, run.Family, state.Packet.NextHop) is { } entry
                && (entry.State & Fixed) != 0))
        {
            return true;
        }

        string what = DeliveryMessages.GetsNoOff(port.Name, run.IsIPv6 ? DeliveryMessages.MulticastThatNobodyIsKnown : "broadcasts (bcast_flood");
        return Settle(state, WalkStage.Egress, "asked " + port.Name,
            DeliveryMessages.LinkLayerAddressOfIs(Address(state), port.Name),
            DeliveryMessages.NobodyKnowsLinkLayerAddress(Address(state)), DeliveryMessages.NobodyFinds(Address(state), what));
    }

    // How an entry of a forwarding database is marked, in words.
    private static string Marks(ForwardingEntry entry) => IpNames.OfForwardingState(entry.State) is { Length: > 0 } state
        ? $" ({state}{(entry.IsSticky ? " sticky" : "")})" : entry.IsSticky ? " (sticky)" : "";

    // The frame's address: what the node's neighbours say where the node makes the frame, else what the pod has.
    private string? Mac(BranchState state, NetworkInterface bridge, LinkPeer? pod)
    {
        var entry = Layer2.NeighborOf(bridge.Name, run.Family, state.Packet.NextHop);
        string? known = entry is not null && (entry.State & Silent) == 0 ? entry.MacAddress : null;
        bool isOwn = state.Layer2 != WalkLayer2.Port
            || (state.Packet.HasBridgeInfo && state.Packet.Destination != state.IngressDestination);
        string? peer = pod?.Has(run.Family, state.Packet.NextHop) == true ? pod.Mac : null;
        return isOwn ? known ?? peer : peer ?? known;
    }

    private LinkPeer? Pod(NetworkInterface link, string? port, Bits128 address)
    {
        var peer = link.IsBridge ? port is null ? null : Layer2.PeerOf(port) : Layer2.PeerOf(link.Name);
        return peer?.Has(run.Family, address) == true ? peer : null;
    }

    private bool KnowsAllPods(string bridge)
    {
        foreach (var item in run.Network.Interfaces)
        {
            if (item.Bridge == bridge && Layer2.PeerOf(item.Name)?.Addresses is null)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The packet is lost on the link.</summary>
    public bool Lose(BranchState state, string reason)
    {
        run.Log.Between(state, WalkBridging.Bridge, reason, "DROP");
        run.End(state, PacketFate.Dropped, reason, EndCause.NoLink);
        return false;
    }

    /// <summary>Both answers are plausible: the one ends here, the other goes on.</summary>
    public bool Settle(BranchState state, WalkStage stage, string key, string yes, string no, string reason)
    {
        var (goesOn, ends) = run.Ask(state, key, yes, no);
        if (ends is not null)
        {
            run.Log.Between(ends, WalkBridging.Bridge, reason, "DROP", MatchOutcome.Unknown);
            run.End(ends, PacketFate.Dropped, reason, EndCause.NoLink);
        }

        if (goesOn is null)
        {
            return false;
        }

        if (ReferenceEquals(goesOn, state))
        {
            return true;
        }

        // The branch that was forked off comes here again, with the answer that it has now.
        run.GoTo(goesOn, stage);
        return false;
    }

    private string Address(BranchState state) => AddressBits.ToAddress(state.Packet.NextHop, run.Family).ToString();

    private static string Name(BridgePortState state) => IpNames.OfPortState(state);

    private static string Name(NeighborState state) => (state & NeighborState.Permanent) != 0 ? "permanent" : "static";
}
