using K8sNetfilter.Addressing;
using K8sNetfilter.Logic;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Compiled;

namespace K8sNetfilter.Simulation.Steps;

/// <summary>Connection tracking: which connection a packet belongs to, and what state that gives it.</summary>
internal sealed class WalkConntrack(PacketSimulation run)
{
    /// <summary>nf_conntrack_in (net/netfilter/nf_conntrack_core.c).</summary>
    public void Track(BranchState state, WalkHook entry)
    {
        if (state.TooLong is not null)
        {
            Tell(state, entry, state.Connection.State == ConnectionState.Related ? StepMessages.MessageAboutPacketOfConnection
                : StepMessages.MessageAboutPacketOfNo, MatchOutcome.Yes);
            return;
        }

        if (state.Connection.State != ConnectionState.None)
        {
            // NOTRACK, or a packet that comes through lo and still has its connection.
            run.Pass(state);
            return;
        }

        if (!entry.IsNeeded && run.IsTracking != true)
        {
            WithoutNeed(state, entry);
            return;
        }

        TrackIn(state, entry);
    }

    // Rules that need no tracking stand in the nat table, and are for tracked packets only.
    private void WithoutNeed(BranchState state, WalkHook entry)
    {
        string none = StepMessages.NothingTracks;
        if (run.IsTracking == false)
        {
            run.Log.Between(state, state.HookName, none);
            run.Pass(state);
            return;
        }

        var (yes, no) = run.Ask(state, "tracking", StepMessages.SomethingElseThanTheseRules, none);
        if (no is not null)
        {
            run.Log.Between(no, no.HookName, none, null, MatchOutcome.Unknown);
            run.Pass(no);
        }

        if (yes is not null)
        {
            TrackIn(yes, entry);
        }
    }

    private void TrackIn(BranchState state, WalkHook entry)
    {
        if (Zone(state) is not { } zone)
        {
            run.Log.Between(state, state.HookName, StepMessages.PacketsZoneIsItsMark, null, MatchOutcome.Unknown);
            run.End(state, PacketFate.Unknown, StepMessages.PacketsZoneIsItsMark);
            return;
        }

        state.Connection.Template = null;
        bool answers = state.Connection.Tracked && Fits(state.Packet.Tuple, state.Connection.Reply)
            && state.Direction == PacketDirection.Reply;
        if (answers && (state.Connection.Zone ?? zone).Reply == zone.Reply)
        {
            Found(state, entry, ofReply: true, StepMessages.AnswerOfConnection);
        }
        else if (state.Connection.Tracked && Fits(state.Packet.Tuple, state.Connection.Original)
            && (state.Connection.Zone ?? zone).Original == zone.Original)
        {
            FoundOriginal(state, entry, zone);
        }
        else if (state is { Direction: PacketDirection.Original, Round: 1 }
            && run.Packet.State is ConnectionState.Related or ConnectionState.Invalid or ConnectionState.Untracked)
        {
            Open(state, entry, zone, run.Packet.State, StepMessages.AsGiven);
        }
        else if (run.Options.Entries.Count > 0 && Existing(state, zone) is { } existing)
        {
            Follow(state, entry, existing);
        }
        else if (state is { Packet.Protocol: IPProtocolName.IcmpV6, Packet.IcmpType: 151 or 152 })
        {
            OpenByKernel(state, entry, zone);
        }
        else
        {
            OpenFirst(state, entry, zone, answers);
        }
    }

    private void FoundOriginal(BranchState state, WalkHook entry, WalkZone zone)
    {
        if (state is { Round: 2, Connection.Answered: false })
        {
            // An acknowledgement of what connection tracking did not see (tcp_conntracks: ACK in SYN_SENT).
            Open(state, entry, zone, ConnectionState.Invalid, StepMessages.ItAcknowledgesAnswerThatConnection);
            return;
        }

        Found(state, entry, ofReply: false, StepMessages.LaterPacketOfConnection);
    }

    // Kernels before 2024 take them for invalid ("fix ct-state for ICMPv6 Multicast Router Discovery").
    private void OpenByKernel(BranchState state, WalkHook entry, WalkZone zone)
    {
        string question = StepMessages.WhetherDiscoveryIsTracked;
        var (left, taken) = run.Ask(
            state, "multicast router discovery", StepMessages.MulticastRouterDiscoveryIsNot,
                StepMessages.MulticastRouterDiscoveryIsInvalid);
        if (left is not null)
        {
            Open(left, entry, zone, ConnectionState.Untracked, question + " not", MatchOutcome.Unknown);
        }

        if (taken is not null)
        {
            Open(taken, entry, zone, ConnectionState.Invalid, question + ", in vain", MatchOutcome.Unknown);
        }
    }

    // No connection fits: the packet opens one, or is of none.
    private void OpenFirst(BranchState state, WalkHook entry, WalkZone zone, bool answers)
    {
        bool isRequest = state is { Direction: PacketDirection.Original, Round: 1 };
        var first = isRequest && run.Packet.State == ConnectionState.New ? ConnectionState.New : FirstState(state);
        if (first == ConnectionState.New && isRequest && run.Options.FullTable is { } full)
        {
            // nf_conntrack_alloc, after early_drop has found none that may go.
            run.End(state, PacketFate.Dropped, StepMessages.NewConnectionsAreDropped(full));
            return;
        }

        if (answers && first == ConnectionState.New && state.Connection.Reply.Reversed == state.Connection.Original
            && state.Connection.Zone!.Value.Original == zone.Reply)
        {
            // Both connections have the request's addresses in one zone: nf_conntrack_confirm and nf_nat_core settle it by protocol and
            // past.
            string opens = StepMessages.OpensOverRequest;
            run.Log.Between(state, state.HookName, opens, null, MatchOutcome.Unknown);
            run.End(state, PacketFate.Unknown, opens);
            return;
        }

        if (run.Options.AreEntriesUnknown && first == ConnectionState.New
            && state is { Direction: PacketDirection.Original, Round: < 2, Connection.Tracked: false })
        {
            PacketSimulation.Grant(state, "no entry", StepMessages.NoConnectionWithPacketsAddresses);
        }

        Open(state, entry, zone, first, first switch
        {
            _ when answers => StepMessages.ConnectionThatItAnswersIs(state.Connection.Zone!.Value.Reply, zone.Reply),
            ConnectionState.New when state.Direction == PacketDirection.Reply => StepMessages.NoConnectionFitsThisAnswer,
            ConnectionState.New => StepMessages.FirstPacketOfConnection,
            ConnectionState.Untracked => StepMessages.NeighbourDiscoveryAndMLDAre,
            _ => StepMessages.NoConnectionFitsAndSuch,
        });
    }

    // The state that is asked for says whether it may be a packet of another connection's.
    private WalkEntry? Existing(BranchState state, WalkZone zone)
    {
        if (state.Connection.Tracked || state.Direction != PacketDirection.Original
            || run.Packet.State is not (ConnectionState.None or ConnectionState.Established))
        {
            return null;
        }

        foreach (var known in run.Options.Entries)
        {
            bool original = Fits(state.Packet.Tuple, known.Original) && known.Zone.Original == zone.Original;
            if (known.Protocol == state.Packet.Protocol
                && (original || (Fits(state.Packet.Tuple, known.Reply) && known.Zone.Reply == zone.Reply))
                && !(original && known.IsOver && (state.Packet.TcpFlags & 0x12) == 0x02))
            {
                return known;
            }
        }

        return null;
    }

    // nf_nat_inet_fn: a connection that is confirmed has its mapping, and consults no rules.
    private void Follow(BranchState state, WalkHook entry, WalkEntry known)
    {
        bool ofReply = !Fits(state.Packet.Tuple, known.Original);
        (state.Connection.Tracked, state.Entry, state.Connection.Zone, state.Connection.Original, state.Connection.Reply) = (
            true, known, known.Zone, known.Original, known.Reply);
        (state.Connection.Mark, state.Connection.MarkKnown) = (known.Mark, uint.MaxValue);
        state.Connection.DestinationNat = known.Reply.Source != known.Original.Destination
            || known.Reply.SourcePort != known.Original.DestinationPort;
        state.Connection.SourceNat = known.Reply.Destination != known.Original.Source
            || known.Reply.DestinationPort != known.Original.SourcePort;
        (state.Connection.DestinationNatDone, state.Connection.SourceNatDone, state.Connection.Answered) = (
            true, true, known.HasAnswer || ofReply);
        (state.Connection.State, state.Connection.OfReplyTuple) = (
            state.Connection.Answered ? ConnectionState.Established : ConnectionState.New, ofReply);
        Tell(state, entry, StepMessages.ItBelongsToConnectionThat(known.Text),
            MatchOutcome.Yes);
    }

    private void Found(BranchState state, WalkHook entry, bool ofReply, string reason)
    {
        (state.Connection.State, state.Connection.OfReplyTuple) = (ConnectionState.Established, ofReply);
        state.Connection.Answered |= ofReply;
        Tell(state, entry, reason, MatchOutcome.Yes);
    }

    private void Open(BranchState state, WalkHook entry, WalkZone zone, ConnectionState first, string reason,
        MatchOutcome outcome = MatchOutcome.Yes)
    {
        (state.Connection.State, state.Connection.OfReplyTuple) = (first, false);
        if (state.Connection.Tracked && !state.Connection.Exists)
        {
            // It is of none; the connection that there is stays, and may be found through lo.
            Tell(state, entry, reason, outcome);
            return;
        }

        state.Connection.Zone = zone;
        state.Connection.DestinationNat = state.Connection.SourceNat = state.Connection.DestinationNatDone =
            state.Connection.SourceNatDone = state.Connection.Answered = false;
        state.Connection.Tracked = state.Connection.Exists;
        state.Connection.Original = state.Packet.Tuple;
        state.Connection.Reply = state.Packet.Tuple.Reversed;
        if (state.Direction == PacketDirection.Reply)
        {
            (state.Connection.Mark, state.Connection.MarkKnown) = (0, uint.MaxValue);
        }

        Tell(state, entry, reason, outcome);
    }

    private void Tell(BranchState state, WalkHook entry, string reason, MatchOutcome outcome)
    {
        if (run.Log.Keeps(state))
        {
            run.Log.Add(state, entry, outcome, reason, state.Connection.State.ToString().ToUpperInvariant());
        }

        run.Pass(state);
    }

    // nf_ct_zone_tmpl (nf_conntrack_zones.h). Null where the mark that it is taken from is not known.
    private static WalkZone? Zone(BranchState state)
    {
        if (state.Connection.Template is not { Mode: > 0 } target)
        {
            return default(WalkZone);
        }

        return target.IsMark && (ushort)~state.Packet.MarkKnown != 0 ? null
            : WalkZone.Of((ushort)(target.IsMark ? state.Packet.Mark : target.Value), (target.Mode & 1) != 0, (target.Mode & 2) != 0);
    }

    private static bool Fits(WalkTuple packet, WalkTuple connection) =>
        packet.Destination == connection.Destination && packet.Source == connection.Source && packet.SourceKnown == connection.SourceKnown
        && packet.SourcePort == connection.SourcePort && packet.DestinationPort == connection.DestinationPort;

    // What opens a connection: nf_conntrack_proto_tcp.c (tcp_conntracks, nf_conntrack_tcp_loose), nf_conntrack_proto_icmp.c, _icmpv6.c
    private ConnectionState FirstState(BranchState state)
    {
        switch (state.Packet.Protocol)
        {
            case IPProtocolName.Tcp when state.Packet.TcpFlags >= 0:
                int flags = state.Packet.TcpFlags & 0x3f & ~0x28;
                bool syn = (flags & 2) != 0;
                bool valid = flags is 0x02 or 0x12 or 0x04 or 0x14 or 0x11 or 0x10
                    || (state.Packet.TcpFlags & 0x37) is 0x22 or 0x30 or 0x31;
                if (!valid || (flags & 4) != 0 || (syn && (flags & 16) != 0) || (flags & 1) != 0)
                {
                    return ConnectionState.Invalid;
                }

                return syn || run.Network.Number("net.netfilter.nf_conntrack_tcp_loose") is not 0 ? ConnectionState.New
                    : ConnectionState.Invalid;
            case IPProtocolName.Icmp when state.Packet.IcmpType >= 0:
                // Errors belong to the connection that they tell of; only requests open one.
                return state.Packet.IcmpType is 8 or 13 or 15 or 17 ? ConnectionState.New : ConnectionState.Invalid;
            case IPProtocolName.IcmpV6 when state.Packet.IcmpType >= 0:
                // MLD and neighbour discovery, but for the redirect (137), are not tracked.
                return state.Packet.IcmpType is 128 or 139 ? ConnectionState.New
                    : state.Packet.IcmpType is >= 130 and <= 136 or 143 ? ConnectionState.Untracked : ConnectionState.Invalid;
            default:
                return ConnectionState.New;
        }
    }
}
