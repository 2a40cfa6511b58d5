namespace K8sNetfilter.Packets;

/// <summary>Connection tracking: which connection a packet belongs to, and what state that gives it.</summary>
internal sealed class WalkConntrack(WalkRun run)
{
    /// <summary>nf_conntrack_in (net/netfilter/nf_conntrack_core.c).</summary>
    public void Track(WalkState state, WalkHook entry)
    {
        if (state.State != ConnectionState.None)
        {
            // NOTRACK, or a packet that comes through lo and still has its connection.
            run.Pass(state);
            return;
        }

        state.Template = false;
        if (state.Tracked && Fits(state.Tuple, state.Reply) && state.Direction == PacketDirection.Reply)
        {
            Found(state, entry, ofReply: true, "an answer of the connection");
        }
        else if (state.Tracked && Fits(state.Tuple, state.Original))
        {
            Found(state, entry, ofReply: false, "a later packet of the connection");
        }
        else if (state.Direction == PacketDirection.Original && state.Round == 1
            && run.Packet.State is ConnectionState.Related or ConnectionState.Invalid or ConnectionState.Untracked)
        {
            Open(state, entry, run.Packet.State, "as given");
        }
        else if (state is { Protocol: IPProtocolName.IcmpV6, IcmpType: 151 or 152 })
        {
            // Kernels before 2024 take them for invalid ("fix ct-state for ICMPv6 Multicast Router Discovery").
            const string Question = "whether this kernel tracks multicast router discovery is not known; this branch takes it that it does";
            var (left, taken) = run.Ask(state, "multicast router discovery", "multicast router discovery is not tracked", "multicast router discovery is invalid");
            if (left is not null)
            {
                Open(left, entry, ConnectionState.Untracked, Question + " not", MatchOutcome.Unknown);
            }

            if (taken is not null)
            {
                Open(taken, entry, ConnectionState.Invalid, Question + ", in vain", MatchOutcome.Unknown);
            }
        }
        else
        {
            var first = FirstState(state);
            Open(state, entry, first, first switch
            {
                ConnectionState.New when state.Direction == PacketDirection.Reply => "no connection fits this answer, so it opens one",
                ConnectionState.New => "the first packet of a connection",
                ConnectionState.Untracked => "neighbour discovery and MLD are not tracked",
                _ => "no connection fits, and such a packet opens none",
            });
        }
    }

    private void Found(WalkState state, WalkHook entry, bool ofReply, string reason)
    {
        (state.State, state.OfReplyTuple) = (ConnectionState.Established, ofReply);
        Tell(state, entry, reason, MatchOutcome.Yes);
    }

    private void Open(WalkState state, WalkHook entry, ConnectionState first, string reason, MatchOutcome outcome = MatchOutcome.Yes)
    {
        (state.State, state.OfReplyTuple) = (first, false);
        state.DestinationNat = state.SourceNat = state.DestinationNatDone = state.SourceNatDone = false;
        state.Tracked = state.HasConnection;
        state.Original = state.Tuple;
        state.Reply = state.Tuple.Reversed;
        if (state.Direction == PacketDirection.Reply)
        {
            (state.ConnectionMark, state.ConnectionMarkKnown) = (0, uint.MaxValue);
        }

        Tell(state, entry, reason, outcome);
    }

    private void Tell(WalkState state, WalkHook entry, string reason, MatchOutcome outcome)
    {
        if (run.Told(state))
        {
            run.Tell(state, entry, outcome, reason, state.State.ToString().ToUpperInvariant());
        }

        run.Pass(state);
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

                return syn || run.Network.Number("net.netfilter.nf_conntrack_tcp_loose") is not 0 ? ConnectionState.New : ConnectionState.Invalid;
            case IPProtocolName.Icmp when state.IcmpType >= 0:
                // Errors belong to the connection that they tell of; only requests open one.
                return state.IcmpType is 8 or 13 or 15 or 17 ? ConnectionState.New : ConnectionState.Invalid;
            case IPProtocolName.IcmpV6 when state.IcmpType >= 0:
                // MLD and neighbour discovery, but for the redirect (137), are not tracked.
                return state.IcmpType is 128 or 139 ? ConnectionState.New
                    : state.IcmpType is >= 130 and <= 136 or 143 ? ConnectionState.Untracked : ConnectionState.Invalid;
            default:
                return ConnectionState.New;
        }
    }
}
