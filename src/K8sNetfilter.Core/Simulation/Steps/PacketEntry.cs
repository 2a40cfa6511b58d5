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
            throw new ArgumentException(StepMessages.NoProtocol(run.Packet.Protocol), nameof(run.Packet));
        }

        var state = new BranchState
        {
            Options = run.Options,
            Packet = Header(run.Packet, protocol),
            Connection = new()
            {
                Mark = run.Packet.ConnectionMark ?? 0,
                MarkKnown = run.Packet.ConnectionMark is null ? 0 : uint.MaxValue,
            },
        };
        string? input = run.Packet.InInterface ?? InputOf(state.Packet);
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

    private static WalkPacket Header(Packet packet, byte protocol)
    {
        bool icmp = protocol is IPProtocolName.Icmp or IPProtocolName.IcmpV6;
        bool opens = packet.State is ConnectionState.None or ConnectionState.New;
        return new()
        {
            Family = packet.Family,
            SourceKnown = packet.Source is not null,
            Source = packet.Source is null ? 0 : AddressBits.From(packet.Source),
            Destination = AddressBits.From(packet.Destination),
            Protocol = protocol,
            SourcePort = packet.SourcePort ?? -1,
            DestinationPort = (icmp ? packet.SourcePort : packet.DestinationPort) ?? -1,
            IcmpType = icmp ? packet.IcmpType ?? (packet.IsIPv6 ? 128 : 8) : -1,
            IcmpCode = icmp ? packet.IcmpCode ?? (packet.IcmpType is null or 8 or 0 or 128 or 129 ? 0 : -1) : -1,
            TcpFlags = protocol == IPProtocolName.Tcp ? packet.TcpFlags ?? (opens ? 0x02 : 0x10) : -1,
            Length = packet.Length ?? -1,
            Ttl = packet.Ttl ?? -1,
            Tos = packet.Tos ?? -1,
            Mark = packet.Mark ?? 0,
            MarkKnown = packet.Mark is null ? 0 : uint.MaxValue,
        };
    }

    // Where a packet comes from is where a reply would go to. Empty for this node itself, null if not known.
    private string? InputOf(in WalkPacket packet)
    {
        if (!packet.SourceKnown || run.Network.IsLocal(run.Family, packet.Source) == true)
        {
            return packet.SourceKnown || run.Network.KnowsRoutes(run.Family) ? "" : null;
        }

        if (run.Network.PortBehind(packet.Source) is { } port)
        {
            // A pod is where its frames were seen, whatever way a reply to that address takes by a table of its own.
            return port;
        }

        var back = run.Network.Route(FibQuery.To(run.Family, packet.Source) with { Source = packet.Destination, SourceKnown = true });
        if (back is not { Kind: FibResultKind.Unicast, Device: { } device })
        {
            return null;
        }

        return run.Network.Find(device)?.IsBridge == true ? run.Network.PortOf(device, packet.Source) ?? device : device;
    }

    /// <summary>
    /// After the packet that goes ahead of an established connection: the packet itself, with the connection that is there now.
    /// </summary>
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
        bool known = state.Connection.Tracked
            && state.Connection.Original == (round == 1 ? fresh.Connection.Opened : state.Connection.Opened);
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
