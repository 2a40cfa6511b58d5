using K8sNetfilter.Addressing;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Links;
using K8sNetfilter.Logic;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Steps;

namespace K8sNetfilter.Simulation.Delivery;

/// <summary>
/// Whether two neighbours of an IPv6 link find each other, where the node's rules may keep their questions and answers from each other:
/// the node and a neighbour (INPUT and OUTPUT), or two stations of a bridge that hands its frames to the IP hooks (FORWARD). Who asks
/// says its own link layer address with it (ndisc_recv_ns), so that a question that arrives is enough for its receiver.
/// </summary>
internal sealed class WalkDiscovery(PacketSimulation run, NeighborDiscovery discovery)
{
    private const NeighborState Fixed = NeighborState.Permanent | NeighborState.NoArp;
    private const NeighborState Heard = NeighborState.Reachable | NeighborState.Stale | NeighborState.Delay | NeighborState.Probe;

    /// <summary>
    /// A packet that comes in: whether its sender finds the node. False where the branch goes on elsewhere, or ends here.
    /// </summary>
    /// <param name="state">The packet.</param>
    /// <param name="device">The device that it comes in by.</param>
    /// <param name="port">The bridge's port.</param>
    public bool NodeIsFound(BranchState state, NetworkInterface? device, string? port)
    {
        if (Skips(state, device) || !state.Packet.SourceKnown || Neighbor(state, device!) is not { } neighbor
            || OwnOf(device!, neighbor, state.Packet.Destination) is not { } own)
        {
            return true;
        }

        var (asked, answered) = (Arrives(device!, port, false, neighbor, own), Leaves(device!, true, own, neighbor));
        if (Worse(asked, answered) is not { } stop)
        {
            return true;
        }

        state.Packet.NextHop = neighbor;
        string who = Text(neighbor), node = Text(own);
        string reason = DeliveryMessages.DoesNotFindItsNeighbour(who, node, device!.Name, stop.Reason);
        bool isKept = run.Network.Layer2.NeighborOf(device.Name, IPFamily.IPv6, neighbor) is { } entry && (entry.State & Fixed) != 0;
        bool toldBefore = state is { Direction: PacketDirection.Reply, EntryLocal: true }
            && Leaves(device, false, own, neighbor).Passes == MatchOutcome.Yes;
        return Decide(state, WalkStage.Ingress, stop.Passes, isKept || toldBefore, IsHeard(device.Name, neighbor, NeighborState.Reachable),
            DeliveryMessages.StillKnowsLinkLayerAddress(who, node), reason);
    }

    /// <summary>A packet that leaves: whether the node finds its next hop. False as for <see cref="NodeIsFound"/>.</summary>
    public bool FindsNeighbor(BranchState state, NetworkInterface link, string? port)
    {
        if (Skips(state, link) || OwnOf(
            link, state.Packet.NextHop, state.Packet.SourceKnown ? state.Packet.Source : Bits128.Zero) is not { } own
            || (run.Network.Layer2.NeighborOf(link.Name, IPFamily.IPv6, state.Packet.NextHop) is { } entry && (entry.State & Fixed) != 0)
            || Worse(Leaves(link, false, own, state.Packet.NextHop), Arrives(link, port, true, state.Packet.NextHop, own)) is not { } stop)
        {
            return true;
        }

        string who = Text(state.Packet.NextHop);
        bool asks = Arrives(link, port, false, state.Packet.NextHop, own).Passes == MatchOutcome.Yes;
        if (asks && state.Direction == PacketDirection.Reply)
        {
            // It asked for the node itself before it called.
            return true;
        }

        string reason = DeliveryMessages.ThisNodeDoesNotFind(who, link.Name, stop.Reason);
        return Decide(state, WalkStage.Egress, stop.Passes, false, asks || IsHeard(link.Name, state.Packet.NextHop, Heard),
            DeliveryMessages.ThisNodeStillKnowsLink(who), reason);
    }

    /// <summary>A frame that a bridge forwards: whether its sender finds whom it is for. False as for <see cref="NodeIsFound"/>.</summary>
    public bool FindsStation(BranchState state, NetworkInterface bridge)
    {
        if (Skips(state, bridge) || !state.Packet.HasBridgeInfo || !state.Packet.SourceKnown
            || state.Packet.Source == state.Packet.Destination
            || (state.Request is { Layer2: WalkLayer2.Port } request && request.Packet.Source == state.Packet.Destination
                && request.Packet.Destination == request.IngressDestination))
        {
            return true;
        }

        // An answer has the Service's address by now; its sender asks with its own.
        var sender = state.Request is { } called ? called.Packet.Destination : state.Packet.Source;
        var (asked, answered) = (Bridged(sender, state.Packet.Destination, state.Packet.PhysicalIn, state.Port, false),
            Bridged(state.Packet.Destination, sender, state.Port, state.Packet.PhysicalIn, true));
        if (Worse(asked, answered) is not { } stop)
        {
            return true;
        }

        string from = Text(sender), to = Text(state.Packet.Destination);
        string reason = DeliveryMessages.DoesNotFindTheirNeighbour(from, to, bridge.Name, stop.Reason);
        return Decide(state, WalkStage.Egress, stop.Passes, false, false, DeliveryMessages.StillKnowsLinkLayerAddress(from, to), reason);

        (MatchOutcome, string) Bridged(Bits128 source, Bits128 target, string? input, string? output, bool isAnswer) =>
            Ask(new(isAnswer, source, target, bridge.Name, bridge.Name, input, output, HasBridgeInfo: true));
    }

    private bool Skips(BranchState state, NetworkInterface? device) =>
        !run.IsIPv6 || state.Round == 0 || device is null or { IsLoopback: true } or { NeedsNeighbors: false } || !discovery.MayBeStopped;

    private bool Decide(BranchState state, WalkStage stage, MatchOutcome passes, bool isKnown, bool mayBeKnown, string known, string reason)
    {
        if (isKnown || passes == MatchOutcome.Unknown)
        {
            PacketSimulation.Grant(state, known, known);
            return true;
        }

        return mayBeKnown ? run.Reach.Settle(state, stage, known, known, reason, reason) : run.Reach.Lose(state, reason);
    }

    private bool IsHeard(string device, Bits128 neighbor, NeighborState states) =>
        run.Network.Layer2.NeighborOf(device, IPFamily.IPv6, neighbor) is { } entry && (entry.State & states) != 0;

    // Whom the node would send an answer to: the sender itself, or the router that it is behind.
    private Bits128? Neighbor(BranchState state, NetworkInterface device) =>
        run.Network.Route(FibQuery.To(IPFamily.IPv6, state.Packet.Source)) is { Kind: FibResultKind.Unicast, Device: { } back } way
        && back == device.Name ? way.Gateway ?? state.Packet.Source : null;

    // The address that is meant where the neighbour's link is all that is known: one of its subnet, else one of the link alone.
    private static Bits128? OwnOf(NetworkInterface device, Bits128 neighbor, Bits128 wanted)
    {
        Bits128? inSubnet = null, ofLink = null;
        foreach (var own in device.Addresses)
        {
            if (own.Family == IPFamily.IPv6 && own.Address == wanted)
            {
                return wanted;
            }

            inSubnet ??= own.Family == IPFamily.IPv6 && own.Covers(neighbor) ? own.Address : null;
            ofLink ??= own.Family == IPFamily.IPv6 && own.Scope != 0 ? own.Address : null;
        }

        return inSubnet ?? ofLink;
    }

    private (MatchOutcome Passes, string Reason) Arrives(NetworkInterface device, string? port, bool isAnswer, Bits128 from, Bits128 to)
    {
        bool hasBridgeInfo = device.IsBridge && run.Network.CallsIpHooks(device.Name, IPFamily.IPv6) == true;
        return Ask(new(isAnswer, from, to, device.Name, "", hasBridgeInfo ? port : "", "", hasBridgeInfo));
    }

    private (MatchOutcome Passes, string Reason) Leaves(NetworkInterface device, bool isAnswer, Bits128 from, Bits128 to) =>
        Ask(new(isAnswer, from, to, "", device.Name));

    private (MatchOutcome Passes, string Reason) Ask(in NeighborMessage message) =>
        discovery.Ask(message, run.Options.Without, run.Cancellation);

    private static (MatchOutcome Passes, string Reason)? Worse(
        (MatchOutcome Passes, string Reason) first, (MatchOutcome Passes, string Reason) second) =>
        first.Passes == MatchOutcome.No ? first : second.Passes == MatchOutcome.No ? second
        : first.Passes == MatchOutcome.Unknown ? first : second.Passes == MatchOutcome.Unknown ? second : null;

    private static string Text(Bits128 address) => AddressBits.ToAddress(address, IPFamily.IPv6).ToString();
}
