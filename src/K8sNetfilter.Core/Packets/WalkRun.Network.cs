namespace K8sNetfilter.Packets;

/// <summary>What happens between the hooks: bridges, routes, and the answer.</summary>
internal sealed partial class WalkRun
{
    private const string Routing = "ROUTING";
    private const string Bridging = "BRIDGE";

    private void AfterHook(WalkState state)
    {
        switch (state.Stage)
        {
            case WalkStage.Output:
                state.Out = state.RouteDevice;
                GoTo(state, WalkStage.LocalPostrouting);
                break;
            case WalkStage.LocalPostrouting when state.Out == "lo":
                // It comes back in at once, with its connection, its mark and its route (drivers/net/loopback.c), but without its socket.
                (state.In, state.Out, state.Local, state.DestinationCached) = ("lo", "", false, true);
                GoTo(state, WalkStage.Prerouting);
                break;
            case WalkStage.Prerouting:
                GoTo(state, WalkStage.Decide);
                break;
            case WalkStage.Input:
                End(state, PacketFate.Delivered, "it reaches a process on this node");
                break;
            case WalkStage.Forward:
                if (state.Layer2 == WalkLayer2.Port)
                {
                    // br_nf_post_routing names no input interface.
                    state.In = "";
                }

                GoTo(state, WalkStage.Postrouting);
                break;
            default:
                GoTo(state, WalkStage.Egress);
                break;
        }
    }

    private void RouteLocal(WalkState state)
    {
        var route = _network.Route(_v6, state.Source, state.SourceKnown, state.Destination, state.Mark, state.MarkKnown, "");
        state.In = "";
        switch (route.Kind)
        {
            case RouteVerdict.Unknown:
                var (local, remote) = AskLocal(state, route);
                if (local is not null)
                {
                    Leave(local, "lo", local.Destination, null);
                }

                if (remote is not null)
                {
                    Leave(remote, OutOf(remote), remote.Destination, null);
                }

                break;
            case RouteVerdict.Local:
                Leave(state, "lo", state.Destination, route.Source ?? state.Destination);
                break;
            case RouteVerdict.Unicast or RouteVerdict.Broadcast or RouteVerdict.Multicast:
                Leave(state, DeviceOf(state, route), route.Gateway ?? state.Destination, route.Source);
                break;
            default:
                TellRouting(state, Routing, $"{route.Reason(_v6)}: the sending process gets an error", "UNREACHABLE");
                End(state, PacketFate.Rejected, "no route", WalkEnd.NoRoute);
                break;
        }

        void Leave(WalkState leaving, string? device, UInt128 nextHop, UInt128? preferred)
        {
            (leaving.Out, leaving.RouteDevice, leaving.NextHop) = (device, device, nextHop);
            if (!leaving.SourceKnown && (preferred ?? _network.SelectSource(_v6, device, nextHop)) is { } source)
            {
                (leaving.Source, leaving.SourceKnown) = (source, true);
                if (leaving.Direction == PacketDirection.Original)
                {
                    leaving.Opened = leaving.Tuple;
                }
            }

            TellRouting(leaving, Routing, $"made on this node; {(route.Kind == RouteVerdict.Unknown ? "out through " + (device ?? "an interface that is not known") : route.Reason(_v6))}");
            GoTo(leaving, WalkStage.Output);
        }
    }

    private (WalkState? Local, WalkState? Remote) AskLocal(WalkState state, RouteDecision route)
    {
        if (_network.IsLocal(_v6, state.Destination) is { } known)
        {
            return known ? (state, null) : (null, state);
        }

        if (state.Direction == PacketDirection.Original && _options.OutInterface is { Length: > 0 })
        {
            return (null, state);
        }

        if (!state.EntryLocal && state.Destination == state.Opened.Source)
        {
            // It came in from outside, so its sender is outside.
            return (null, state);
        }

        string address = AddressBits.ToAddress(state.Destination, _v6).ToString();
        var asked = Ask(state, "local " + address, $"{address} is an address of this node", $"{address} is not an address of this node");
        foreach (var branch in new[] { asked.Yes, asked.No })
        {
            if (branch is not null && (asked.Yes is null) == (asked.No is null))
            {
                TellRouting(
                    branch, Routing, $"{route.Reason(_v6)}; this branch takes it that {address} is {(ReferenceEquals(branch, asked.Yes) ? "" : "not ")}an address of this node", null, MatchOutcome.Unknown);
            }
        }

        return asked;
    }

    private string? OutOf(WalkState state) => state.Direction == PacketDirection.Original && _options.OutInterface is { Length: > 0 } name ? name : null;

    private string? DeviceOf(WalkState state, RouteDecision route)
    {
        // With several next hops a hash of the packet decides (fib_select_multipath).
        return route.Device ?? (OutOf(state) is { } name && route.Entry?.Devices.Contains(name) == true ? name : null);
    }

    // ip_route_me_harder (net/ipv4/netfilter.c). The hook goes on with the interface that it began with.
    private void Reroute(WalkState state)
    {
        var route = _network.Route(_v6, state.Source, state.SourceKnown, state.Destination, state.Mark, state.MarkKnown, "");
        switch (route.Kind)
        {
            case RouteVerdict.Unknown:
                var (local, remote) = AskLocal(state, route);
                if (local is not null)
                {
                    (local.RouteDevice, local.NextHop) = ("lo", local.Destination);
                    Pass(local);
                }

                if (remote is not null)
                {
                    (remote.RouteDevice, remote.NextHop) = (OutOf(remote), remote.Destination);
                    Pass(remote);
                }

                return;
            case RouteVerdict.Local:
                (state.RouteDevice, state.NextHop) = ("lo", state.Destination);
                break;
            case RouteVerdict.Unicast or RouteVerdict.Broadcast or RouteVerdict.Multicast:
                (state.RouteDevice, state.NextHop) = (DeviceOf(state, route), route.Gateway ?? state.Destination);
                break;
            default:
                TellRouting(state, Routing, $"routed again: {route.Reason(_v6)}", "DROP");
                End(state, PacketFate.Dropped, "no route after the packet was changed", WalkEnd.NoRoute);
                return;
        }

        TellRouting(state, Routing, $"routed again: {route.Reason(_v6)}");
        Pass(state);
    }

    private void Ingress(WalkState state)
    {
        var device = _network.Find(state.In);
        string? bridge = device?.Bridge ?? (device?.IsBridge == true ? device.Name : null);
        (state.Out, state.PhysicalIn, state.PhysicalOut, state.HasBridgeInfo) = ("", "", "", false);
        state.IngressDestination = state.Destination;
        if (bridge is null)
        {
            if (_packet.PhysicalIn is { Length: > 0 } port && state.Direction == PacketDirection.Original)
            {
                (state.PhysicalIn, state.HasBridgeInfo) = (port, true);
                if (_packet.PhysicalOut is { Length: > 0 } other)
                {
                    (state.Layer2, state.Port) = (WalkLayer2.Port, other);
                }
            }

            GoTo(state, WalkStage.Prerouting);
            return;
        }

        string? input = device!.Bridge is null ? state.SourceKnown ? _network.PortOf(bridge, state.Source) : null : device.Name;
        AddressFrame(state, bridge, input);
        switch (_network.CallsIpHooks(bridge, _v6))
        {
            case true:
                EnterHooks(state);
                break;
            case false:
                PassHooks(state);
                break;
            default:
                var (yes, no) = Ask(state, "bridge netfilter " + bridge, $"bridge netfilter is on for {bridge}", $"bridge netfilter is off for {bridge}");
                if (yes is not null)
                {
                    EnterHooks(yes);
                }

                if (no is not null)
                {
                    PassHooks(no);
                }

                break;
        }

        void EnterHooks(WalkState entering)
        {
            (entering.In, entering.PhysicalIn, entering.HasBridgeInfo) = (bridge, input, true);
            TellRouting(entering, Bridging, $"{bridge} hands the frame from {input ?? "one of its ports"} to the IP hooks: bridge netfilter is on");
            GoTo(entering, WalkStage.Prerouting);
        }

        void PassHooks(WalkState passing)
        {
            (passing.In, passing.PhysicalIn) = (bridge, input);
            if (passing.Layer2 != WalkLayer2.Port)
            {
                passing.PhysicalIn = "";
                GoTo(passing, WalkStage.Prerouting);
                return;
            }

            TellRouting(passing, Bridging, $"{bridge} forwards the frame at layer 2, past all hooks: bridge netfilter is off");
            passing.PassedBridge = bridge;
            SendThroughBridge(passing, bridge, withHooks: false);
        }
    }

    /// <summary>
    /// Whom the sender addresses its frame to. It reaches what is in its own subnet directly and the rest through its gateway, which is the
    /// bridge where the bridge has an address.
    /// </summary>
    private void AddressFrame(WalkState state, string bridge, string? input)
    {
        (state.Layer2, state.Port) = (WalkLayer2.Bridge, null);
        if (OutOf(state) is { } wanted && _network.Find(wanted)?.Bridge == bridge)
        {
            (state.Layer2, state.Port) = (WalkLayer2.Port, wanted);
            return;
        }

        if (_network.IsLocal(_v6, state.Destination) == true)
        {
            return;
        }

        bool routes = false;
        foreach (var address in _network.Find(bridge)?.Addresses ?? [])
        {
            if (address.V6 != _v6 || address.Scope != 0)
            {
                continue;
            }

            routes = true;
            if (address.Covers(state.Destination))
            {
                routes = false;
                break;
            }
        }

        if (!routes)
        {
            (state.Layer2, state.Port) = (WalkLayer2.Port, PortTo(state, bridge, state.Destination, input));
        }
    }

    private string? PortTo(WalkState state, string bridge, UInt128 address, string? input) =>
        _network.PortOf(bridge, address) ?? (state.SourceKnown && address == state.Source ? input : null);

    /// <summary>Forwards a frame at layer 2: br_forward (net/bridge/br_forward.c), with the FORWARD and POSTROUTING hooks where it met PREROUTING.</summary>
    private void SendThroughBridge(WalkState state, string bridge, bool withHooks)
    {
        (state.Layer2, state.In, state.Out, state.PhysicalOut, state.NextHop) = (WalkLayer2.Port, bridge, bridge, state.Port, state.Destination);
        bool back = (state.SourceKnown && state.Destination == state.Source) || (state.Port is not null && state.Port == state.PhysicalIn);
        if (!back)
        {
            if (_network.Find(state.Port)?.Isolated == true && _network.Find(state.PhysicalIn)?.Isolated == true)
            {
                TellRouting(state, Bridging, $"{state.PhysicalIn} and {state.Port} are isolated ports", "DROP");
                End(state, PacketFate.Dropped, "both bridge ports are isolated", WalkEnd.Isolated);
                return;
            }

            Send(state);
            return;
        }

        string port = state.Port ?? state.PhysicalIn ?? "the port that it came in through";
        switch (_network.Find(state.Port ?? state.PhysicalIn)?.Hairpin)
        {
            case true:
                TellRouting(state, Bridging, $"the frame goes back out of {port}: hairpin_mode is on");
                Send(state);
                break;
            case false:
                DropBack(state);
                break;
            default:
                var (yes, no) = Ask(state, "hairpin " + port, $"hairpin_mode is on for {port}", $"hairpin_mode is off for {port}");
                if (yes is not null)
                {
                    Send(yes);
                }

                if (no is not null)
                {
                    DropBack(no);
                }

                break;
        }

        void Send(WalkState sending) => GoTo(sending, withHooks ? WalkStage.Forward : WalkStage.Egress);

        void DropBack(WalkState dropped)
        {
            TellRouting(dropped, Bridging, $"a bridge does not send a frame back out of {port}, where it came in: hairpin_mode is off", "DROP");
            End(dropped, PacketFate.Dropped, $"the frame would have to go back out of {port}, and hairpin_mode is off there", WalkEnd.HairpinOff);
        }
    }

    private void Decide(WalkState state)
    {
        if (state.DestinationCached)
        {
            GoTo(state, WalkStage.Input);
            return;
        }

        if (state is { HasBridgeInfo: true, In: { } bridged } && state.Layer2 == WalkLayer2.Port && state.Destination == state.IngressDestination)
        {
            SendThroughBridge(state, bridged, withHooks: true);
            return;
        }

        var route = _network.Route(_v6, state.Source, state.SourceKnown, state.Destination, state.Mark, state.MarkKnown, state.In);
        if (route.Kind == RouteVerdict.Unknown)
        {
            var (local, remote) = AskLocal(state, route);
            if (local is not null)
            {
                Deliver(local, "to this node");
            }

            if (remote is not null)
            {
                Forward(remote, OutOf(remote), remote.Destination, null);
            }

            return;
        }

        if (route.Kind is RouteVerdict.Local or RouteVerdict.Broadcast or RouteVerdict.Unicast && _network.Martian(state, state.In) is { } martian)
        {
            TellRouting(state, Routing, $"martian: {martian}", "DROP");
            End(state, PacketFate.Dropped, $"the kernel drops it on {state.In} as martian: {martian}", WalkEnd.Martian);
            return;
        }

        switch (route.Kind)
        {
            case RouteVerdict.Local or RouteVerdict.Broadcast:
                Deliver(state, route.Reason(_v6));
                break;
            case RouteVerdict.Multicast:
                TellRouting(state, Routing, "who takes multicast packets is not modelled", null, MatchOutcome.Unknown);
                End(state, PacketFate.Unknown, "multicast");
                break;
            case RouteVerdict.Blackhole:
                TellRouting(state, Routing, route.Reason(_v6), "DROP");
                End(state, PacketFate.Dropped, "a blackhole route", WalkEnd.NoRoute);
                break;
            case RouteVerdict.Unicast:
                if (_v6 && StaysOnBridge(state, route))
                {
                    // br_nf_pre_routing_finish_ipv6 does not ask whether the node forwards; its IPv4 counterpart does.
                    ForwardBy(state, route);
                    break;
                }

                switch (_network.Forwards(_v6, state.In))
                {
                    case false:
                        NotForwarded(state);
                        break;
                    case null:
                        var (yes, no) = Ask(state, "forwarding", "this node forwards packets", "this node does not forward packets");
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
                bool silent = _network.Forwards(_v6, state.In) == false;
                TellRouting(state, Routing, route.Reason(_v6) + (silent ? "" : ": the sender is told"), "UNREACHABLE");
                End(state, silent ? PacketFate.Dropped : PacketFate.Rejected, "no route", WalkEnd.NoRoute);
                break;
        }

        static bool StaysOnBridge(WalkState packet, RouteDecision by) =>
            packet.HasBridgeInfo && packet.Destination != packet.IngressDestination && by.Device == packet.In;

        void NotForwarded(WalkState dropped)
        {
            string name = _v6 ? "net.ipv6.conf.all.forwarding" : "net.ipv4.ip_forward";
            TellRouting(dropped, Routing, $"not for this node, and {name} is 0", "DROP");
            End(dropped, PacketFate.Dropped, $"the node does not forward: {name} is 0", WalkEnd.NotForwarded);
        }

        void ForwardBy(WalkState forwarded, RouteDecision by)
        {
            if (StaysOnBridge(forwarded, by))
            {
                string bridge = forwarded.In!;
                // br_nf_pre_routing_finish: rewritten towards another station on the same bridge, it stays on the bridge.
                UInt128 station = by.Gateway ?? forwarded.Destination;
                forwarded.Port = PortTo(forwarded, bridge, station, forwarded.PhysicalIn);
                TellRouting(forwarded, Bridging, $"rewritten to {AddressBits.ToAddress(forwarded.Destination, _v6)}, which is on {bridge} too: it stays on the bridge");
                SendThroughBridge(forwarded, bridge, withHooks: true);
                return;
            }

            Forward(forwarded, DeviceOf(forwarded, by), by.Gateway ?? forwarded.Destination, by.Reason(_v6));
        }
    }

    private void Deliver(WalkState state, string reason)
    {
        (state.Out, state.PhysicalOut) = ("", "");
        TellRouting(state, Routing, $"for this node: {reason}");
        GoTo(state, WalkStage.Input);
    }

    private void Forward(WalkState state, string? device, UInt128 nextHop, string? reason)
    {
        if (state.Ttl is 0 or 1)
        {
            TellRouting(state, Routing, "its time to live ends here: the sender is told", "TTL");
            End(state, PacketFate.Rejected, "its time to live ends here");
            return;
        }

        state.Ttl -= state.Ttl > 0 ? 1 : 0;
        (state.Out, state.NextHop, state.Layer2, state.PhysicalOut) = (device, nextHop, WalkLayer2.None, "");
        TellRouting(state, Routing, $"forwarded: {reason ?? "out through " + (device ?? "an interface that is not known")}");
        GoTo(state, WalkStage.Forward);
    }

    private void Egress(WalkState state)
    {
        if (state.SourceKnown && state.Source == state.Destination)
        {
            string own = AddressBits.ToAddress(state.Source, _v6).ToString();
            TellRouting(state, Routing, $"the receiver finds its own address {own} as the source and drops it", "DROP");
            End(state, PacketFate.Dropped, $"the receiver finds its own address {own} as the source and drops it", WalkEnd.OwnAddress);
            return;
        }

        string where = state.Out switch { null => "an interface that is not known", _ => state.Out };
        if (state.Layer2 == WalkLayer2.Port)
        {
            where = state.PhysicalOut is null ? $"a port of {where}" : $"port {state.PhysicalOut} of {where}";
        }

        TellRouting(state, state.Layer2 == WalkLayer2.Port ? Bridging : Routing, $"leaves through {where}");
        End(state, PacketFate.Sent, $"it leaves through {where}");
    }

    /// <summary>Turns a request that arrived into the answer to it.</summary>
    private void Answer(WalkState state)
    {
        bool echo = state.Protocol is IPProtocolName.Icmp or IPProtocolName.IcmpV6;
        if ((echo && state.IcmpType is not (8 or 128)) || !state.SourceKnown)
        {
            state.Ended = true;
            state.EndReason += state.SourceKnown ? "; such a packet is not answered" : "; where an answer would go is not known";
            _done.Add(state);
            return;
        }

        bool delivered = state.Fate == PacketFate.Delivered;
        state.Request = state.Fork();
        state.Direction = PacketDirection.Reply;
        (state.Source, state.Destination) = (state.Destination, state.Source);
        (state.SourcePort, state.DestinationPort) = (state.DestinationPort, state.SourcePort);
        if (echo)
        {
            state.IcmpType = _v6 ? 129 : 0;
        }
        else if (state.TcpFlags >= 0)
        {
            state.TcpFlags = (state.TcpFlags & 0x02) != 0 ? 0x12 : 0x10;
        }

        // Another packet: it has neither the mark nor the measures of the first.
        (state.Mark, state.MarkKnown) = (0, uint.MaxValue);
        (state.Length, state.Ttl, state.Tos) = (_options.AnswerFields?.Length ?? -1, _options.AnswerFields?.Ttl ?? -1, _options.AnswerFields?.Tos ?? -1);
        state.State = ConnectionState.None;
        (state.Fate, state.EndReason) = (PacketFate.Unknown, "");
        state.DestinationCached = false;
        state.HasBridgeInfo = false;
        state.PassedBridge = null;
        state.Local = delivered;
        string? input = state.Layer2 == WalkLayer2.Port ? state.PhysicalOut ?? state.Out : state.Out;
        if (_network.Find(input)?.IsBridge == true)
        {
            input = _network.PortOf(input!, state.Source) ?? input;
        }

        (state.Layer2, state.Port) = (WalkLayer2.None, null);
        state.In = delivered ? "" : input;
        (state.Out, state.PhysicalIn, state.PhysicalOut, state.RouteDevice) = ("", "", "", null);
        GoTo(state, delivered ? WalkStage.LocalRoute : WalkStage.Ingress);
    }

    private static (MatchOutcome Works, string Reason) Answers(WalkState state)
    {
        var opened = state.Opened;
        string from = state.SourceKnown ? Show(state, state.Source, state.SourcePort) : "an address that is not known";
        if (!state.SourceKnown)
        {
            return (MatchOutcome.Unknown, "whom the answer comes from is not known");
        }

        bool addresses = state.Source == opened.Destination && state.Destination == opened.Source;
        bool portsDiffer = (state.SourcePort >= 0 && opened.DestinationPort >= 0 && state.SourcePort != opened.DestinationPort)
            || (state.DestinationPort >= 0 && opened.SourcePort >= 0 && state.DestinationPort != opened.SourcePort);
        if (!addresses || portsDiffer)
        {
            return (
                MatchOutcome.No,
                $"the answer arrives as one from {from} to {Show(state, state.Destination, state.DestinationPort)}, but {Show(state, opened.Destination, opened.DestinationPort)} was called: no connection comes about");
        }

        bool portsOpen = (state.SourcePort < 0) != (opened.DestinationPort < 0) || (state.DestinationPort < 0) != (opened.SourcePort < 0);
        return portsOpen
            ? (MatchOutcome.Unknown, "whether the answer's ports are those that were called is not known")
            : (MatchOutcome.Yes, $"the answer arrives as one from {from}, which was called");
    }

    /// <summary>After the packet that goes ahead of an established connection: the packet itself, with the connection that is there now.</summary>
    private void Restart(WalkState state)
    {
        var fresh = Start();
        fresh.Round = 1;
        fresh.Branch = state.Branch;
        fresh.Parent = state.Parent;
        fresh.Probability = state.Probability;
        fresh.Assumptions = state.Assumptions;
        fresh.Tracked = true;
        bool known = state.Tracked && state.Original == fresh.Opened;
        fresh.Original = known ? state.Original : fresh.Opened;
        fresh.Reply = known ? state.Reply : fresh.Opened.Reversed;
        fresh.DestinationNat = known && state.DestinationNat;
        fresh.SourceNat = known && state.SourceNat;
        (fresh.ConnectionMark, fresh.ConnectionMarkKnown) = known
            ? (state.ConnectionMark, state.ConnectionMarkKnown) : (fresh.ConnectionMark, fresh.ConnectionMarkKnown);
        _live.Add(fresh);
    }
}
