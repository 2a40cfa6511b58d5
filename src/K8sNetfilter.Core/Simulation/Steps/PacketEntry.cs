using K8sNetfilter.Addressing;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Simulation.Branches;

namespace K8sNetfilter.Simulation.Steps;

/// <summary>How a packet enters the node: as it was described, and for an established connection after the packet that opened it.</summary>
internal sealed class PacketEntry(PacketSimulation run)
{
    public BranchState First()
    {
        if (!IPProtocolName.TryParse(run.Packet.Protocol, out byte protocol))
        {
            throw new ArgumentException($"'{run.Packet.Protocol}' is no protocol.", nameof(run.Packet));
        }

        bool icmp = protocol is IPProtocolName.Icmp or IPProtocolName.IcmpV6;
        var state = new BranchState
        {
            Options = run.Options,
            Packet = new()
            {
                Family = run.Family,
                SourceKnown = run.Packet.Source is not null,
                Source = run.Packet.Source is null ? 0 : AddressBits.From(run.Packet.Source),
                Destination = AddressBits.From(run.Packet.Destination),
                Protocol = protocol,
                SourcePort = run.Packet.SourcePort ?? -1,
                DestinationPort = icmp ? run.Packet.SourcePort ?? -1 : run.Packet.DestinationPort ?? -1,
                IcmpType = icmp ? run.Packet.IcmpType ?? (run.IsIPv6 ? 128 : 8) : -1,
                IcmpCode = icmp ? run.Packet.IcmpCode ?? (run.Packet.IcmpType is null or 8 or 0 or 128 or 129 ? 0 : -1) : -1,
                TcpFlags = protocol == IPProtocolName.Tcp
                    ? run.Packet.TcpFlags ?? (run.Packet.State is ConnectionState.None or ConnectionState.New ? 0x02 : 0x10)
                    : -1,
                Length = run.Packet.Length ?? -1,
                Ttl = run.Packet.Ttl ?? -1,
                Tos = run.Packet.Tos ?? -1,
                Mark = run.Packet.Mark ?? 0,
                MarkKnown = run.Packet.Mark is null ? 0 : uint.MaxValue,
            },
            Connection = new()
            {
                Mark = run.Packet.ConnectionMark ?? 0,
                MarkKnown = run.Packet.ConnectionMark is null ? 0 : uint.MaxValue,
            },
        };
        string? input = run.Packet.InInterface;
        if (input is null)
        {
            // Where it comes from is where an answer would go to.
            if (!state.Packet.SourceKnown || run.Network.IsLocal(run.Family, state.Packet.Source) == true)
            {
                input = state.Packet.SourceKnown || run.Network.KnowsRoutes(run.Family) ? "" : null;
            }
            else if (run.Network.PortBehind(state.Packet.Source) is { } port)
            {
                // A pod is where its frames were seen, whatever way an answer of that address takes by a table of its own.
                input = port;
            }
            else if (run.Network.Route(FibQuery.To(run.Family, state.Packet.Source) with { Source = state.Packet.Destination, SourceKnown = true }) is { Kind: FibResultKind.Unicast, Device: { } device })
            {
                input = run.Network.Find(device)?.IsBridge == true ? run.Network.PortOf(device, state.Packet.Source) ?? device : device;
            }
        }

        state.EntryInterface = input;
        state.EntryLocal = input is { Length: 0 };
        state.Packet.Local = state.EntryLocal;
        state.Packet.In = input;
        state.Stage = state.EntryLocal ? WalkStage.LocalRoute : WalkStage.Ingress;
        state.Connection.Opened = state.Packet.Tuple;
        state.Packet.Fragments = run.Mtu.Arrives(state);

        // The rules let an established connection come about: its first packet is walked first, without steps for the user.
        state.Round = run.Packet.State == ConnectionState.Established ? 0 : 1;
        return state;
    }

    /// <summary>After the packet that goes ahead of an established connection: the packet itself, with the connection that is there now.</summary>
    public BranchState Again(BranchState state)
    {
        var fresh = Later(state, 1);
        fresh.Connection.Tracked = true;
        return fresh;
    }

    /// <summary>A later packet of the same sender, with the connection that there is now.</summary>
    public BranchState Later(BranchState state, int round)
    {
        var fresh = First();
        fresh.Round = round;
        fresh.Branch = state.Branch;
        fresh.Parent = state.Parent;
        fresh.Probability = state.Probability;
        fresh.Assumptions = state.Assumptions;
        bool known = state.Connection.Tracked && state.Connection.Original == (round == 1 ? fresh.Connection.Opened : state.Connection.Opened);
        fresh.Connection.Tracked = known;
        fresh.Connection.Answered = state.Connection.Answered;
        fresh.Entry = known ? state.Entry : null;
        fresh.Connection.Original = known ? state.Connection.Original : fresh.Connection.Opened;
        fresh.Connection.Reply = known ? state.Connection.Reply : fresh.Connection.Opened.Reversed;
        fresh.Connection.Zone = known ? state.Connection.Zone : null;
        fresh.Connection.DestinationNat = known && state.Connection.DestinationNat;
        fresh.Connection.SourceNat = known && state.Connection.SourceNat;
        (fresh.Connection.Mark, fresh.Connection.MarkKnown) = known
            ? (state.Connection.Mark, state.Connection.MarkKnown) : (fresh.Connection.Mark, fresh.Connection.MarkKnown);
        return fresh;
    }
}
