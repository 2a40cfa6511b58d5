using System.Globalization;

namespace K8sNetfilter.Packets;

/// <summary>Connection tracking and address translation.</summary>
internal sealed partial class WalkRun
{
    // More addresses than this in one range are not followed one by one.
    private const int MaxPicks = 16;

    /// <summary>nf_conntrack_in (net/netfilter/nf_conntrack_core.c).</summary>
    private void Track(WalkState state, WalkHook entry)
    {
        if (state.State != ConnectionState.None)
        {
            // NOTRACK, or a packet that comes through lo and still has its connection.
            Pass(state);
            return;
        }

        string reason;
        if (state.Tracked && Fits(state.Tuple, state.Reply) && state.Direction == PacketDirection.Reply)
        {
            state.State = ConnectionState.Established;
            state.OfReplyTuple = true;
            reason = "an answer of the connection";
        }
        else if (state.Tracked && Fits(state.Tuple, state.Original))
        {
            state.State = ConnectionState.Established;
            state.OfReplyTuple = false;
            reason = "a later packet of the connection";
        }
        else
        {
            bool given = state.Direction == PacketDirection.Original && state.Round == 1
                && _packet.State is ConnectionState.Related or ConnectionState.Invalid or ConnectionState.Untracked;
            state.State = given ? _packet.State : FirstState(state);
            state.OfReplyTuple = false;
            state.DestinationNat = state.SourceNat = state.DestinationNatDone = state.SourceNatDone = false;
            state.Tracked = state.HasConnection;
            state.Original = state.Tuple;
            state.Reply = state.Tuple.Reversed;
            if (state.Direction == PacketDirection.Reply)
            {
                (state.ConnectionMark, state.ConnectionMarkKnown) = (0, uint.MaxValue);
            }

            reason = given ? "as given" : state.State switch
            {
                ConnectionState.New when state.Direction == PacketDirection.Reply => "no connection fits this answer, so it opens one",
                ConnectionState.New => "the first packet of a connection",
                ConnectionState.Untracked => "neighbour discovery is not tracked",
                _ => "no connection fits, and such a packet opens none",
            };
        }

        if (Told(state))
        {
            Tell(state, HookName(state), entry, null, MatchOutcome.Yes, reason, state.State.ToString().ToUpperInvariant());
        }

        Pass(state);
    }

    private static bool Fits(WalkTuple packet, WalkTuple connection) =>
        packet.Destination == connection.Destination && packet.Source == connection.Source && packet.SourceKnown == connection.SourceKnown
        && packet.SourcePort == connection.SourcePort && packet.DestinationPort == connection.DestinationPort;

    // What opens a connection: nf_conntrack_proto_tcp.c (tcp_conntracks, nf_conntrack_tcp_loose), nf_conntrack_proto_icmp.c, _icmpv6.c
    private ConnectionState FirstState(WalkState state)
    {
        switch (state.Protocol)
        {
            case IPProtocolName.Tcp when state.TcpFlags >= 0:
                int flags = state.TcpFlags & 0x3f & ~0x28;
                bool syn = (flags & 2) != 0;
                bool valid = flags is 0x02 or 0x12 or 0x04 or 0x14 or 0x11 or 0x10 || (state.TcpFlags & 0x37) is 0x22 or 0x30 or 0x31;
                if (!valid || (flags & 4) != 0 || (syn && (flags & 16) != 0) || (flags & 1) != 0)
                {
                    return ConnectionState.Invalid;
                }

                return syn || _network.Number("net.netfilter.nf_conntrack_tcp_loose") is not 0 ? ConnectionState.New : ConnectionState.Invalid;
            case IPProtocolName.Icmp when state.IcmpType >= 0:
                // Errors belong to the connection that they tell of; only requests open one.
                return state.IcmpType is 8 or 13 or 15 or 17 ? ConnectionState.New : ConnectionState.Invalid;
            case IPProtocolName.IcmpV6 when state.IcmpType >= 0:
                return state.IcmpType is 128 or 139 ? ConnectionState.New
                    : state.IcmpType is >= 130 and <= 137 or 143 ? ConnectionState.Untracked : ConnectionState.Invalid;
            default:
                return ConnectionState.New;
        }
    }

    private static bool IsDestinationHook(int hook) => hook is PacketWalk.PreroutingHook or PacketWalk.OutputHook;

    // nf_nat_inet_fn (net/netfilter/nf_nat_core.c): rules are only consulted until the connection has its mapping.
    private static bool MeetsNatChain(WalkState state, int hook) =>
        state.State is ConnectionState.New or ConnectionState.Related && !(IsDestinationHook(hook) ? state.DestinationNatDone : state.SourceNatDone);

    private void ApplyNat(WalkState state, WalkHook entry, int hook)
    {
        if (!state.HasConnection)
        {
            Pass(state);
            return;
        }

        bool destination = IsDestinationHook(hook);
        if (destination)
        {
            state.DestinationNatDone = true;
        }
        else
        {
            state.SourceNatDone = true;
        }

        var before = state.Tuple;
        bool ports = state.HasPorts;
        if (!state.OfReplyTuple && destination && state.DestinationNat)
        {
            state.Destination = state.Reply.Source;
            state.DestinationPort = state.Reply.SourcePort;
        }
        else if (!state.OfReplyTuple && !destination && state.SourceNat)
        {
            (state.Source, state.SourceKnown) = (state.Reply.Destination, state.Reply.DestinationKnown);
            state.SourcePort = state.Reply.DestinationPort;
            state.DestinationPort = ports ? state.DestinationPort : state.SourcePort;
        }
        else if (state.OfReplyTuple && destination && state.SourceNat)
        {
            state.Destination = state.Original.Source;
            state.DestinationPort = state.Original.SourcePort;
            state.SourcePort = ports ? state.SourcePort : state.DestinationPort;
        }
        else if (state.OfReplyTuple && !destination && state.DestinationNat)
        {
            (state.Source, state.SourceKnown) = (state.Original.Destination, true);
            state.SourcePort = state.Original.DestinationPort;
        }

        bool changed = state.Tuple != before;
        if (changed && Told(state))
        {
            string reason = (destination, state.OfReplyTuple) switch
            {
                (true, false) => $"destination becomes {Show(state, state.Destination, state.DestinationPort)}",
                (false, false) => $"source becomes {(state.SourceKnown ? Show(state, state.Source, state.SourcePort) : "an address that is not known")}",
                (true, true) => $"destination goes back to {Show(state, state.Destination, state.DestinationPort)}",
                _ => $"source goes back to {Show(state, state.Source, state.SourcePort)}",
            };
            Tell(state, HookName(state), new WalkHook { Kind = WalkHookKind.NatApply, Priority = entry.Priority, Table = "nat" }, null, MatchOutcome.Yes, reason, "NAT");
        }

        if (changed && state.Stage == WalkStage.Output && state.Destination != before.Destination)
        {
            Reroute(state);
            return;
        }

        Pass(state);
    }

    private static string Show(WalkState state, UInt128 address, int port)
    {
        string text = AddressBits.ToAddress(address, state.V6).ToString();
        return !state.HasPorts ? text
            : (state.V6 ? $"[{text}]:" : text + ":") + (port < 0 ? "?" : port.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Applies a target of the nat table.</summary>
    private Flow Nat(WalkState state, WalkHook entry, WalkChain chain, int index, WalkRule rule, MatchOutcome outcome, string? why)
    {
        var target = rule.Target;
        bool destination = target.Action is WalkAction.DestinationNat or WalkAction.Redirect
            || (target.Action == WalkAction.Netmap && IsDestinationHook(HookOf(state)));
        UInt128 low = destination ? state.Reply.Source : state.Reply.Destination;
        bool known = destination || state.Reply.DestinationKnown;
        UInt128 high = low;
        string? missing = null;
        switch (target.Action)
        {
            case WalkAction.DestinationNat or WalkAction.SourceNat:
                if (target.HasAddress)
                {
                    (low, high, known) = (target.Low, target.High, true);
                }

                break;
            case WalkAction.Netmap:
                low = high = target.Low | (low & ~target.High & AddressBits.Mask(128, state.V6));
                break;
            case WalkAction.Masquerade:
                if (!_network.KnowsRoutes || state.Out is null)
                {
                    known = false;
                }
                else if (_network.SelectSource(state.V6, state.Out, state.NextHop) is { } address)
                {
                    (low, high, known) = (address, address, true);
                }
                else
                {
                    missing = $"{state.Out} has no address to masquerade with";
                }

                break;
            case WalkAction.Redirect:
                // Packets made here go to the loopback address, others to the first address of where they came in (nf_nat_redirect.c).
                if (state.Stage == WalkStage.Output)
                {
                    low = high = state.V6 ? UInt128.One : 0x7f000001;
                }
                else if (!_network.KnowsRoutes || state.In is null)
                {
                    string reason = "the first address of the interface that the packet came in through is not known";
                    if (Told(state))
                    {
                        Tell(state, HookName(state), entry, (chain, index), MatchOutcome.Unknown, reason, "REDIRECT");
                    }

                    // It is this node's, whichever it is: the walk goes on to a local process.
                    state.Layer2 = WalkLayer2.Bridge;
                    End(state, PacketFate.Delivered, "redirected to a process on this node; its address is not known");
                    return Flow.Gone;
                }
                else if (FirstAddress(state) is { } own)
                {
                    low = high = own;
                }
                else
                {
                    missing = $"{state.In} has no address to redirect to";
                }

                break;
        }

        if (missing is not null)
        {
            if (Told(state))
            {
                Tell(state, HookName(state), entry, (chain, index), outcome, missing, "DROP");
            }

            End(state, PacketFate.Dropped, $"{missing} (rule {index + 1} of {entry.Table} {chain.Name})");
            return Flow.Gone;
        }

        if (Told(state))
        {
            Tell(state, HookName(state), entry, (chain, index), outcome, why ?? rule.Why(state, outcome), NatVerdict(state, target, low, high, known));
        }

        if (!destination && state.Direction == PacketDirection.Original)
        {
            state.SourceNatBy = rule.Rule;
        }

        UInt128 current = destination ? state.Reply.Source : state.Reply.Destination;
        if (high > low && !(!destination && known && !target.Random && current >= low && current <= high))
        {
            UInt128 count = high - low + 1;
            if (count > MaxPicks)
            {
                if (destination)
                {
                    End(state, PacketFate.Unknown, $"rule {index + 1} of {entry.Table} {chain.Name} picks one of {count} addresses");
                    return Flow.Gone;
                }

                Map(state, destination, 0, false, target);
                return Flow.Passed;
            }

            // Which address of a range it is is a hash of the packet's source (find_best_ips_proto), with a secret of this boot.
            double share = 1.0 / (double)count;
            for (UInt128 address = low + 1; address <= high; address++)
            {
                if (Fork(state) is not { } other)
                {
                    TooMany(state);
                    return Flow.Gone;
                }

                other.Probability *= share;
                Map(other, destination, address, true, target);
                if (Told(other))
                {
                    Tell(other, HookName(other), entry, (chain, index), MatchOutcome.Yes, $"by a hash of the source, {NatVerdict(other, target, address, address, true)}", null);
                }

                Leave(other, entry);
            }

            state.Probability *= share;
            high = low;
        }

        Map(state, destination, high > low ? current : low, known, target);
        return Flow.Passed;
    }

    private static string NatVerdict(WalkState state, WalkTarget target, UInt128 low, UInt128 high, bool known)
    {
        string address = !known ? "?" : low == high ? AddressBits.ToAddress(low, state.V6).ToString()
            : $"{AddressBits.ToAddress(low, state.V6)}-{AddressBits.ToAddress(high, state.V6)}";
        string ports = !target.HasPorts ? "" : target.LowPort == target.HighPort ? $":{target.LowPort}" : $":{target.LowPort}-{target.HighPort}";
        return $"{target.Name} {(state.V6 && ports.Length > 0 ? $"[{address}]" : address)}{ports}";
    }

    private UInt128? FirstAddress(WalkState state)
    {
        // On a bridge the packet's device is the bridge itself by then.
        foreach (var address in _network.Find(state.In)?.Addresses ?? [])
        {
            if (address.V6 == state.V6 && (!state.V6 || address.Scope != 253 || state.Destination >> 118 == 0x3fa))
            {
                return address.Address;
            }
        }

        return null;
    }

    // nf_nat_setup_info: the mapping goes into the reply tuple; a mapping that changes nothing is none.
    private static void Map(WalkState state, bool destination, UInt128 address, bool known, WalkTarget target)
    {
        bool ports = state.HasPorts;
        int port = destination ? state.Reply.SourcePort : state.Reply.DestinationPort;
        int mapped = port;
        if (ports && target.HasPorts)
        {
            mapped = target.LowPort == target.HighPort ? target.LowPort
                : !target.Random && port >= target.LowPort && port <= target.HighPort ? port : -1;
        }
        else if (!destination && target.Random)
        {
            mapped = -1;
        }

        var before = state.Reply;
        if (destination)
        {
            state.Reply = state.Reply with { Source = address, SourceKnown = known, SourcePort = ports ? mapped : port };
            state.DestinationNatDone = true;
            state.DestinationNat |= state.Reply != before || (target.HasPorts && mapped < 0);
        }
        else
        {
            state.Reply = state.Reply with
            {
                Destination = known ? address : 0,
                DestinationKnown = known,
                DestinationPort = mapped,
                SourcePort = ports ? state.Reply.SourcePort : mapped,
            };
            state.SourceNatDone = true;
            state.SourceNat |= state.Reply != before || mapped < 0 || !known;
        }
    }
}
