using K8sNetfilter.Addressing;
using K8sNetfilter.Hooks;
using K8sNetfilter.Logic;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Compiled;

namespace K8sNetfilter.Simulation.Steps;

/// <summary>Address translation: the targets of the nat table give a connection its mapping, and each packet gets it at the hooks that are for it.</summary>
internal sealed class WalkNat(PacketSimulation run)
{
    // More addresses than this in one range are not followed one by one.
    private const int MaxPicks = 16;

    // With fewer source ports than this, those that are in use matter.
    private const int FewPorts = 1024;

    private static bool IsDestinationHook(int hook) => hook is HookOrder.Prerouting or HookOrder.Output;

    // nf_nat_inet_fn (net/netfilter/nf_nat_core.c): rules are only consulted until the connection has its mapping.
    public static bool MeetsChain(BranchState state) =>
        state.Connection.State is ConnectionState.New or ConnectionState.Related && !(IsDestinationHook(state.Hook) ? state.Connection.DestinationNatDone : state.Connection.SourceNatDone);

    /// <summary>Does to a packet what its connection has for this hook.</summary>
    public void Translate(BranchState state, WalkHook entry)
    {
        if (!state.Connection.Exists)
        {
            run.Pass(state);
            return;
        }

        bool destination = IsDestinationHook(state.Hook);
        if (destination)
        {
            state.Connection.DestinationNatDone = true;
        }
        else
        {
            state.Connection.SourceNatDone = true;
        }

        var before = state.Packet.Tuple;
        bool ports = state.Packet.HasPorts;
        if (!state.Connection.OfReplyTuple && destination && state.Connection.DestinationNat)
        {
            state.Packet.Destination = state.Connection.Reply.Source;
            state.Packet.DestinationPort = state.Connection.Reply.SourcePort;
        }
        else if (!state.Connection.OfReplyTuple && !destination && state.Connection.SourceNat)
        {
            (state.Packet.Source, state.Packet.SourceKnown) = (state.Connection.Reply.Destination, state.Connection.Reply.DestinationKnown);
            state.Packet.SourcePort = state.Connection.Reply.DestinationPort;
            state.Packet.DestinationPort = ports ? state.Packet.DestinationPort : state.Packet.SourcePort;
        }
        else if (state.Connection.OfReplyTuple && destination && state.Connection.SourceNat)
        {
            state.Packet.Destination = state.Connection.Original.Source;
            state.Packet.DestinationPort = state.Connection.Original.SourcePort;
            state.Packet.SourcePort = ports ? state.Packet.SourcePort : state.Packet.DestinationPort;
        }
        else if (state.Connection.OfReplyTuple && !destination && state.Connection.DestinationNat)
        {
            (state.Packet.Source, state.Packet.SourceKnown) = (state.Connection.Original.Destination, true);
            state.Packet.SourcePort = state.Connection.Original.DestinationPort;
        }

        bool changed = state.Packet.Tuple != before;
        if (changed && run.Told(state))
        {
            string reason = (destination, state.Connection.OfReplyTuple) switch
            {
                (true, false) => $"destination becomes {state.Packet.Endpoint(state.Packet.Destination, state.Packet.DestinationPort)}",
                (false, false) => $"source becomes {(state.Packet.SourceKnown ? state.Packet.Endpoint(state.Packet.Source, state.Packet.SourcePort) : "an address that is not known")}",
                (true, true) => $"destination goes back to {state.Packet.Endpoint(state.Packet.Destination, state.Packet.DestinationPort)}",
                _ => $"source goes back to {state.Packet.Endpoint(state.Packet.Source, state.Packet.SourcePort)}",
            };
            run.Tell(state, new WalkHook { Kind = WalkHookKind.NatApply, Priority = entry.Priority, Table = "nat" }, MatchOutcome.Yes, reason, "NAT");
        }

        // What is rewritten on its way in needs another route (nf_nat_ipv4_pre_routing, nf_nat_ipv6_in).
        state.Packet.RouteKept &= state.Stage != WalkStage.Prerouting || state.Packet.Destination == before.Destination;
        if (changed && state.Stage == WalkStage.Output && state.Packet.Destination != before.Destination)
        {
            run.Routing.Again(state);
            return;
        }

        run.Pass(state);
    }

    /// <summary>Applies a target of the nat table.</summary>
    public AfterRule Apply(BranchState state, in RulePosition place, MatchOutcome outcome, string? why)
    {
        var target = place.Target;
        bool destination = target.Action is WalkAction.DestinationNat or WalkAction.Redirect
            || (target.Action == WalkAction.Netmap && IsDestinationHook(state.Hook));
        Bits128 low = destination ? state.Connection.Reply.Source : state.Connection.Reply.Destination;
        bool known = destination || state.Connection.Reply.DestinationKnown;
        Bits128 high = low;
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
                low = high = target.Low | (low & ~target.High & AddressBits.Mask(128, state.Packet.Family));
                break;
            case WalkAction.Masquerade:
                if (!run.Network.KnowsRoutes(state.Packet.Family) || state.Packet.Out is null)
                {
                    known = false;
                }
                else if (run.Network.SelectSource(state.Packet.Family, state.Packet.Out, state.Packet.NextHop, state.Packet.Destination) is { } address)
                {
                    (low, high, known) = (address, address, true);
                }
                else
                {
                    missing = $"{state.Packet.Out} has no address to masquerade with";
                }

                break;
            case WalkAction.Redirect:
                // Packets made here go to the loopback address, others to the first address of where they came in (nf_nat_redirect.c).
                if (state.Stage == WalkStage.Output)
                {
                    low = high = state.Packet.Family == IPFamily.IPv6 ? Bits128.One : 0x7f000001;
                }
                else if (!run.Network.KnowsRoutes(state.Packet.Family) || state.Packet.In is null)
                {
                    string reason = "the first address of the interface that the packet came in through is not known";
                    if (run.Told(state))
                    {
                        run.Tell(state, place, MatchOutcome.Unknown, reason, "REDIRECT");
                    }

                    // It is this node's, whichever it is: the walk goes on to a local process.
                    state.Layer2 = WalkLayer2.Bridge;
                    run.End(state, PacketFate.Delivered, "redirected to a process on this node; its address is not known");
                    return AfterRule.Gone;
                }
                else if (FirstAddress(state) is { } own)
                {
                    low = high = own;
                }
                else
                {
                    missing = $"{state.Packet.In} has no address to redirect to";
                }

                break;
        }

        if (missing is not null)
        {
            if (run.Told(state))
            {
                run.Tell(state, place, outcome, missing, "DROP");
            }

            run.End(state, PacketFate.Dropped, $"{missing} ({place})");
            return AfterRule.Gone;
        }

        if (run.Told(state))
        {
            run.Tell(state, place, outcome, why ?? place.Why(state, outcome), NatVerdict(state, target, low, high, known));
        }

        if (!destination && state.Direction == PacketDirection.Original)
        {
            state.End.SourceNatBy = place.Source;
        }

        Bits128 current = destination ? state.Connection.Reply.Source : state.Connection.Reply.Destination;
        if (high > low && !(!destination && known && !target.Random && current >= low && current <= high && KeepsPort(state, target)))
        {
            if (high - low >= MaxPicks)
            {
                if (destination)
                {
                    run.End(state, PacketFate.Unknown, $"{place} picks one of more than {MaxPicks} addresses");
                    return AfterRule.Gone;
                }

                Map(state, destination, 0, false, target);
                return AfterRule.Passed;
            }

            // Which address of a range it is is a hash of the packet's source (find_best_ips_proto), with a secret of this boot.
            double share = 1.0 / (double)(high - low + 1);
            for (Bits128 address = low; address < high;)
            {
                // The highest address of all has none after it.
                address++;
                if (run.Fork(state) is not { } other)
                {
                    run.TooMany(state);
                    return AfterRule.Gone;
                }

                other.Probability *= share;
                Map(other, destination, address, true, target);
                if (run.Told(other))
                {
                    run.Tell(other, place, MatchOutcome.Yes, $"by a hash of the source, {NatVerdict(other, target, address, address, true)}", null);
                }

                run.Rules.Leave(other, place.Hook);
            }

            state.Probability *= share;
            high = low;
        }

        Map(state, destination, high > low ? current : low, known, target);
        return AfterRule.Passed;
    }

    // A connection that has ended keeps its port for minutes (TIME_WAIT): of a few ports each may be in use.
    private static void GrantPort(BranchState state, CompiledTarget target)
    {
        if (state is { Direction: PacketDirection.Original, Packet.HasPorts: true } && target.HasPorts && target.HighPort - target.LowPort + 1 < FewPorts)
        {
            string ports = target.LowPort == target.HighPort ? $"port {target.LowPort} of its new source is free for it" : $"a port of {target.LowPort}-{target.HighPort} of its new source is free for it";
            PacketSimulation.Grant(state, ports, ports);
        }
    }

    // A source that is in the range already stays, if its port may too (nf_in_range).
    private static bool KeepsPort(BranchState state, CompiledTarget target) =>
        !target.HasPorts || !state.Packet.HasPorts || (state.Connection.Reply.DestinationPort >= target.LowPort && state.Connection.Reply.DestinationPort <= target.HighPort);

    private static string NatVerdict(BranchState state, CompiledTarget target, Bits128 low, Bits128 high, bool known)
    {
        string address = !known ? "?" : low == high ? AddressBits.ToAddress(low, state.Packet.Family).ToString()
            : $"{AddressBits.ToAddress(low, state.Packet.Family)}-{AddressBits.ToAddress(high, state.Packet.Family)}";
        string ports = !target.HasPorts ? "" : target.LowPort == target.HighPort ? $":{target.LowPort}" : $":{target.LowPort}-{target.HighPort}";
        return $"{target.Name} {(state.Packet.Family == IPFamily.IPv6 && ports.Length > 0 ? $"[{address}]" : address)}{ports}";
    }

    private Bits128? FirstAddress(BranchState state)
    {
        // On a bridge the packet's device is the bridge itself by then. What is sent to a link-local address goes to one of those
        // (nf_nat_redirect_ipv6_usable); the others come first in the kernel's list.
        bool wantsLink = state.Packet.Family == IPFamily.IPv6 && state.Packet.Destination >> 118 == 0x3fa;
        foreach (var address in run.Network.Find(state.Packet.In)?.Addresses ?? [])
        {
            if (address.Family == state.Packet.Family && (!wantsLink || address.Scope == 253))
            {
                return address.Address;
            }
        }

        return null;
    }

    // nf_nat_setup_info: the mapping goes into the reply tuple; a mapping that changes nothing is none.
    private static void Map(BranchState state, bool destination, Bits128 address, bool known, CompiledTarget target)
    {
        bool ports = state.Packet.HasPorts;
        int port = destination ? state.Connection.Reply.SourcePort : state.Connection.Reply.DestinationPort;
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

        var before = state.Connection.Reply;
        if (destination)
        {
            state.Connection.Reply = state.Connection.Reply with { Source = address, SourceKnown = known, SourcePort = ports ? mapped : port };
            state.Connection.DestinationNatDone = true;
            state.Connection.DestinationNat |= state.Connection.Reply != before || (target.HasPorts && mapped < 0);
        }
        else
        {
            state.Connection.Reply = state.Connection.Reply with
            {
                Destination = known ? address : 0,
                DestinationKnown = known,
                DestinationPort = mapped,
                SourcePort = ports ? state.Connection.Reply.SourcePort : mapped,
            };
            state.Connection.SourceNatDone = true;
            state.Connection.SourceNat |= state.Connection.Reply != before || mapped < 0 || !known;
            GrantPort(state, target);
        }
    }
}
