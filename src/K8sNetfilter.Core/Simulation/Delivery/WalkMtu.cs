using K8sNetfilter.Addressing;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Logic;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Steps;

namespace K8sNetfilter.Simulation.Delivery;

/// <summary>
/// Whether a packet of a given length fits the links and routes on its way. A router breaks one that is too long into fragments where that
/// is allowed, and else drops it and tells the sender; a bridge drops it in silence; IPv6 is never fragmented on its way.
/// </summary>
internal sealed class WalkMtu(PacketSimulation run)
{
    // IPV6_MIN_MTU; a bridge or veth lets a VLAN tag more pass than its MTU (is_skb_forwardable, net/core/dev.c).
    private const int LeastOfIPv6 = 1280;
    private const int VlanTag = 4;
    private const string Routing = "ROUTING";

    // Kinds of links that wrap each packet in another (ip-link(8)).
    private static readonly string[] Tunnels =
    [
        "vxlan", "geneve", "gre", "gretap", "ip6gre", "ip6gretap", "erspan", "ip6erspan", "ipip", "sit", "ip6tnl", "vti", "vti6", "xfrm",
        "wireguard", "tun",
        "gtp", "bareudp", "l2tp",
    ];

    /// <summary>
    /// Of a packet that is longer than the link that it comes in by: the length of the fragments that it came in. Connection tracking puts
    /// them together (nf_defrag_ipv4, nf_defrag_ipv6), and it leaves in fragments again. 0 for one that fits.
    /// </summary>
    public int Arrives(BranchState state)
    {
        if (state.Packet.Length <= 0 || state.Packet.Protocol == IPProtocolName.Tcp || run.Packet.DontFragment == true || state.EntryLocal
            || run.Network.Find(state.Packet.In) is not { Mtu: > 0 and var limit })
        {
            return 0;
        }

        limit = run.Network.Layer2.PeerOf(state.Packet.In!) is { Mtu: > 0 and var own } ? Math.Min(own, limit) : limit;
        return state.Packet.Length > limit ? limit : 0;
    }

    /// <summary>
    /// A packet that is to be forwarded (ip_forward, ip6_forward). False where it ends here, or its sender is being told.
    /// </summary>
    public bool Forwards(BranchState state, string? device, FibRoute? route)
    {
        if (!Applies(state) || Limit(state, device, route) is not { } limit)
        {
            return true;
        }

        if (state.Packet.Length <= limit)
        {
            Wraps(state, device);
            return FitsLink(state, device, limit);
        }

        // ip6_pkt_too_big: what came in fragments that fit leaves in such fragments.
        bool inFragments = state.Packet.Fragments > 0 && (!run.IsIPv6 || state.Packet.Fragments <= limit);
        string reason = DeliveryMessages.BytesAreMoreThanTakes(state.Packet.Length, device, limit);
        if (ReceiverTakes(state, device, route) is { } own)
        {
            reason += DeliveryMessages.AndReceiversOwnLinkTakes(own);
            run.Log.Between(state, Routing, reason, null, MatchOutcome.Unknown);
            run.End(state, PacketFate.Unknown, reason, EndCause.TooLong);
            return false;
        }

        var (whole, pieces) = inFragments ? (null, state) : run.IsIPv6 ? (state, null) : InOnePiece(state);
        if (whole is not null)
        {
            TellSender(whole, reason);
        }

        if (pieces is null)
        {
            return false;
        }

        run.Log.Between(pieces, Routing, DeliveryMessages.ItGoesOnInFragments(reason));
        pieces.Packet.Fragments = pieces.Packet.Fragments > 0 ? Math.Min(pieces.Packet.Fragments, limit) : limit;
        return true;
    }

    // Of a TCP connection with a pod, the MTU of the pod's own link where that takes no such packet either.
    private int? ReceiverTakes(BranchState state, string? device, FibRoute? route) =>
        state.Packet.Protocol == IPProtocolName.Tcp && device is not null && route?.Gateway is null
        && run.Network.Layer2.PeerOf(device) is { Mtu: > 0 } peer && peer.Mtu < state.Packet.Length
        && peer.Has(run.Family, state.Packet.Destination) ? peer.Mtu : null;

    /// <summary>A packet that was made here. False where it ends here.</summary>
    public bool Leaves(BranchState state, string? device, FibRoute? route)
    {
        if (!Applies(state) || Limit(state, device, route) is not { } limit)
        {
            return true;
        }

        if (state.Packet.Length <= limit)
        {
            Wraps(state, device);
            return true;
        }

        string reason = DeliveryMessages.BytesAreMoreThanTakes(state.Packet.Length, device, limit);
        if (state.Packet.Protocol == IPProtocolName.Tcp || run.Packet.DontFragment == true)
        {
            run.Log.Between(state, Routing, DeliveryMessages.SendingProcessGetsErrorOr(reason), "DROP");
            run.End(state, PacketFate.Rejected, DeliveryMessages.NodeItselfSendsNoSuch(reason), EndCause.TooLong);
            return false;
        }

        run.Log.Between(state, Routing, DeliveryMessages.ItLeavesInFragments(reason));
        state.Packet.Fragments = limit;
        return true;
    }

    /// <summary>A frame that a bridge sends out of a port, or a veth to its other end. False where it ends here.</summary>
    public bool FitsPort(BranchState state, string? port, bool withHooks)
    {
        if (!Applies(state) || run.Network.Find(port) is not { Mtu: > 0 } link)
        {
            return true;
        }

        if (state.Packet.Length > link.Mtu && withHooks && !run.IsIPv6 && state.Packet.Fragments == 0)
        {
            string tooLong = DeliveryMessages.BytesAreMoreThanTakes(state.Packet.Length, port, link.Mtu);
            var (whole, pieces) = InOnePiece(state);
            if (whole is not null)
            {
                Drop(whole, WalkBridging.Bridge, tooLong, link.Kind == "veth");
            }

            if (pieces is null)
            {
                return false;
            }

            run.Log.Between(pieces, WalkBridging.Bridge, DeliveryMessages.BridgeNetfilterSendsFragmentsBr(tooLong));
            pieces.Packet.Fragments = link.Mtu;
        }

        int other = run.Network.Layer2.PeerOf(port!)?.Mtu is > 0 and var at ? at : int.MaxValue;
        int most = Math.Min(link.Mtu + (withHooks ? 0 : VlanTag), other == int.MaxValue ? other : other + VlanTag);
        if (OnLink(state) <= most)
        {
            return true;
        }

        return Drop(state, WalkBridging.Bridge, DeliveryMessages.BytesAreMoreThanTakesMTU(state.Packet.Fragments > 0 ? DeliveryMessages.FragmentsOf : "", OnLink(state), other < link.Mtu ? DeliveryMessages.OtherEndOf : "", port, Math.Min(link.Mtu, other)), link.Kind == "veth");
    }

    /// <summary>A packet that is sent through a veth pair to a pod. False where it ends here.</summary>
    public bool FitsPeer(BranchState state, string device)
    {
        if (!Applies(state) || run.Network.Layer2.PeerOf(device) is not { Mtu: > 0 } peer || OnLink(state) <= peer.Mtu + VlanTag)
        {
            return true;
        }

        return Drop(state, Routing, DeliveryMessages.BytesAreMoreThanOther(state.Packet.Fragments > 0 ? DeliveryMessages.FragmentsOf : "", OnLink(state), device, peer.Mtu), isVirtual: true);
    }

    private bool Drop(BranchState state, string where, string reason, bool isVirtual)
    {
        if (isVirtual && state.Packet.Protocol == IPProtocolName.Tcp)
        {
            reason += DeliveryMessages.PacketAloneIsDroppedAnd;
            run.Log.Between(state, where, reason, null, MatchOutcome.Unknown);
            run.End(state, PacketFate.Unknown, reason, EndCause.TooLong);
            return false;
        }

        reason += DeliveryMessages.ItIsDroppedAndNobody;
        run.Log.Between(state, where, reason, "DROP");
        run.End(state, PacketFate.Dropped, reason, EndCause.TooLong);
        return false;
    }

    /// <summary>The message to the sender of a packet that is too long has come to its end.</summary>
    public void FinishTelling(BranchState state, PacketFate fate, string reason)
    {
        string what = state.TooLong!;
        state.TooLong = null;
        state.End.Cause = EndCause.TooLong;
        (state.End.Fate, state.End.Reason) = fate switch
        {
            PacketFate.Sent or PacketFate.Delivered when StaysWhole(state) => (
                PacketFate.Dropped, DeliveryMessages.SenderIsToldAndDatagram(what)),
            PacketFate.Sent or PacketFate.Delivered => (PacketFate.Rejected, DeliveryMessages.SenderIsToldAndHas(what)),
            PacketFate.Dropped or PacketFate.Rejected => (PacketFate.Dropped, BlackHole(state, what, reason)),
            _ => (PacketFate.Unknown, DeliveryMessages.WhetherSenderGetsToKnow(what, reason)),
        };
        run.Finish(state);
    }

    // tcp_current_mss, tcp_mtu_probing: what a TCP sender knows of its way can keep it from packets of this length.
    private string BlackHole(BranchState state, string what, string reason)
    {
        if (IPProtocolName.TryParse(run.Packet.Protocol, out byte protocol) && protocol == IPProtocolName.Tcp)
        {
            PacketSimulation.Grant(state, "sends whole", DeliveryMessages.SenderSendsPacketsOfBytes(run.Packet.Length));
        }

        return DeliveryMessages.AndMessageToSenderIs(what, reason);
    }

    // A stream is cut into shorter packets; a datagram that forbids fragments stays as it is.
    private bool StaysWhole(BranchState told) => told.Connection.OfReplyTuple && run.Packet.DontFragment == true
        && IPProtocolName.TryParse(run.Packet.Protocol, out byte protocol) && protocol != IPProtocolName.Tcp;

    private static int OnLink(BranchState state) => state.Packet.Fragments > 0 ? state.Packet.Fragments : state.Packet.Length;

    // The packets that go ahead of an established connection, or complete a handshake, are short.
    private static bool Applies(BranchState state) => state.Packet.Length > 0 && state.Round == 1 && state.TooLong is null;

    // ip_dst_mtu_maybe_forward, ip6_dst_mtu_maybe_forward: a route's own MTU goes before its interface's.
    private int? Limit(BranchState state, string? device, FibRoute? route)
    {
        int limit = route?.Mtu ?? run.Network.Find(device)?.Mtu ?? 0;
        if (limit > 0)
        {
            return run.IsIPv6 ? Math.Max(limit, LeastOfIPv6) : limit;
        }

        PacketSimulation.Grant(state, "mtu " + device,
            DeliveryMessages.TakesBytesItsMTUIs(device ?? DeliveryMessages.InterfaceThatItLeavesBy, state.Packet.Length));
        return null;
    }

    // What a tunnel sends is longer than what it took. Whether the network below it takes that is not among the node's own data.
    private void Wraps(BranchState state, string? device)
    {
        if (run.Network.Find(device)?.Kind is { } kind && Tunnels.Contains(kind))
        {
            PacketSimulation.Grant(state, "tunnel " + device,
                DeliveryMessages.NetworkBelowTakesWhatIt(device, kind, state.Packet.Length));
        }
    }

    private bool FitsLink(BranchState state, string? device, int limit)
    {
        if (run.Network.Find(device) is not { Mtu: > 0 } link || link.Mtu >= limit || state.Packet.Length <= link.Mtu)
        {
            return true;
        }

        string reason = DeliveryMessages.RouteTakesBytesAndWhat(limit, device, link.Mtu, state.Packet.Length);
        run.Log.Between(state, Routing, reason, null, MatchOutcome.Unknown);
        run.End(state, PacketFate.Unknown, reason, EndCause.TooLong);
        return false;
    }

    // Those that may not be broken into fragments, and those that may; the second is the branch itself.
    private (BranchState? Whole, BranchState? Pieces) InOnePiece(BranchState state)
    {
        if (run.Packet.DontFragment is { } said)
        {
            return said ? (state, null) : (null, state);
        }

        if (state.Packet.Protocol != IPProtocolName.Tcp)
        {
            return run.Ask(state, "df", DeliveryMessages.SenderForbidsFragmentsDF, DeliveryMessages.SenderAllowsFragmentsNoDF);
        }

        // net.ipv4.ip_no_pmtu_disc of the sender is 0 by default.
        PacketSimulation.Grant(state, "df", DeliveryMessages.SenderForbidsFragmentsDFAs);
        return (state, null);
    }

    // icmp_send, icmpv6_send: a packet of the node's own to the sender, which meets the node's rules as such.
    private void TellSender(BranchState state, string reason)
    {
        string message = run.IsIPv6 ? DeliveryMessages.PacketTooBig : DeliveryMessages.FragmentationNeeded;
        run.Log.Between(state, Routing, DeliveryMessages.DroppedAndTold(reason, message), "DROP");
        if (!state.Packet.SourceKnown)
        {
            run.End(state, PacketFate.Unknown, DeliveryMessages.WhereSenderIsToldIs(reason), EndCause.TooLong);
            return;
        }

        // Of a connection that no packet has gone through yet there is no entry to find (nf_conntrack_inet_error).
        state.Connection.State = state.Connection.State == ConnectionState.Established ? ConnectionState.Related : ConnectionState.Invalid;
        (state.Connection.SourceNatDone, state.Connection.DestinationNatDone, state.Connection.OfReplyTuple) = (
            true, true, state.Direction == PacketDirection.Original);
        state.TooLong = DeliveryMessages.Dropped(reason);
        (state.Packet.Destination, state.Packet.Source, state.Packet.SourceKnown) = (state.Packet.Source, 0, false);
        (state.Packet.Protocol, state.Packet.IcmpType, state.Packet.IcmpCode) = run.IsIPv6 ? (IPProtocolName.IcmpV6, 2, 0)
            : (IPProtocolName.Icmp, 3, 4);
        (state.Packet.SourcePort, state.Packet.DestinationPort, state.Packet.TcpFlags, state.Packet.Length, state.Packet.Fragments,
            state.Packet.Ttl, state.Packet.Tos) = (-1, -1, -1, -1, 0, 64, run.IsIPv6 ? 0 : 0xc0);
        (state.Packet.Mark, state.Packet.MarkKnown) = (0, uint.MaxValue);
        (state.Direction, state.Packet.Local, state.Packet.Looped, state.Packet.RouteKept, state.Packet.HasBridgeInfo) = (
            PacketDirection.Reply, true, false, false, false);
        (state.Packet.In, state.Packet.Out, state.Packet.PhysicalIn, state.Packet.PhysicalOut, state.Layer2, state.Port) = (
            "", "", "", "", WalkLayer2.None, null);
        run.GoTo(state, WalkStage.LocalRoute);
    }
}
