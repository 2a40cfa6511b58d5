using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using K8sNetfilter.Addressing;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Hooks;
using K8sNetfilter.Nftables;
using K8sNetfilter.Nftables.Evaluation;
using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Nftables.Expressions.Loads;
using K8sNetfilter.Simulation.Branches;

namespace K8sNetfilter.Simulation.Nftables;

/// <summary>A branch's packet as rules of nf_tables load it (net/netfilter/nft_meta.c, nft_ct.c, nft_fib.c). One is used again and
/// again.</summary>
/// <param name="network">What is known of the node.</param>
internal sealed class WalkNftPacket(ForwardingModel network) : INftPacket
{
    private const ushort Ethernet = 1;
    private const ushort Loopback = 772;
    private const int NameLength = 16;

    private readonly NftRouteLoads _routes = new(network);

    /// <summary>The branch.</summary>
    public BranchState State { get; set; } = null!;

    private bool IsV6 => State.Packet.Family == IPFamily.IPv6;

    /// <inheritdoc/>
    public NftFamily Family => IsV6 ? NftFamily.IPv6 : NftFamily.IPv4;

    /// <inheritdoc/>
    public bool HasConnection => State.Connection.Exists || State.Connection.HasTemplate;

    /// <inheritdoc/>
    public bool IsOfEstablished => State.Connection.State == ConnectionState.Established;

    /// <inheritdoc/>
    public NftEffect? Before => State.SetChanges;

    /// <inheritdoc/>
    public NftLoad Payload(NftPayloadBase from, int offset, Span<byte> value, Span<byte> known) =>
        from == NftPayloadBase.LinkLayer && !State.Packet.Local && IsEthernet(network.Find(State.Packet.In))
            ? Frame(offset, value, known) : PacketHeader.Load(State.Packet, from, offset, value, known);

    /// <inheritdoc/>
    public NftLoad Meta(NftMetaKey key, Span<byte> value, Span<byte> known)
    {
        ref readonly var packet = ref State.Packet;
        switch (key)
        {
            case NftMetaKey.Length when packet.Length >= 0:
                return Number(value, (uint)packet.Length);
            case NftMetaKey.Protocol:
                BinaryPrimitives.WriteUInt16BigEndian(value, (ushort)(IsV6 ? 0x86dd : 0x0800));
                return NftLoad.Known;
            case NftMetaKey.Mark:
                return Bits(value, known, packet.Mark, packet.MarkKnown, "the packet's mark is not fully known");
            case NftMetaKey.NetfilterProtocol:
                value[0] = (byte)Family;
                return NftLoad.Known;
            case NftMetaKey.TransportProtocol:
                value[0] = packet.Protocol;
                return NftLoad.Known;
            case NftMetaKey.InputInterface or NftMetaKey.InputName or NftMetaKey.InputType or NftMetaKey.InputKind or NftMetaKey.InputGroup:
                return Interface(Input, key, value);
            case NftMetaKey.OutputInterface or NftMetaKey.OutputName or NftMetaKey.OutputType or NftMetaKey.OutputKind
                or NftMetaKey.OutputGroup:
                return Interface(Output, key, value);
            case NftMetaKey.PacketType:
                return PacketType(value);
            case NftMetaKey.SocketUser or NftMetaKey.SocketGroup or NftMetaKey.Cgroup:
                // Only packets of this node have a socket, or those that one has been found for on their way in.
                return !packet.Local && State.Hook != HookOrder.Input ? NftLoad.Absent : NftLoad.Open("the packet's socket is not known");
            default:
                return NftLoad.Unknown($"'meta {Name(key)}' of the packet is not known");
        }
    }

    /// <inheritdoc/>
    public NftLoad Ct(NftCtKey key, NftCtDirection direction, Span<byte> value, Span<byte> known)
    {
        ref readonly var connection = ref State.Connection;
        if (key == NftCtKey.State)
        {
            return Number(value, StateBits(connection));
        }

        if (!HasConnection)
        {
            return NftLoad.Absent;
        }

        if (connection.HasTemplate)
        {
            return NftLoad.Unknown("what the template of a connection has is not followed");
        }

        return ConnectionLoads.Load(State, key, direction, value, known);
    }

    /// <inheritdoc/>
    public NftLoad Fib(NftFibResult result, NftFibFlags flags, Span<byte> value, Span<byte> known) =>
        _routes.Fib(State, Input, Output, result, flags, value);

    /// <inheritdoc/>
    public NftLoad Other(NftExpression expression, Span<byte> value, Span<byte> known)
    {
        switch (expression)
        {
            case ExthdrExpression { Operation: NftExthdrOperation.IPv6 or NftExthdrOperation.IPv4 } header:
                // Packets here have neither extension headers nor options. A header of the other family is never there.
                return header.IsPresence && (header.Operation == NftExthdrOperation.IPv6) == IsV6 ? NftLoad.Known : NftLoad.Absent;
            case ExthdrExpression { Operation: NftExthdrOperation.Tcp } option:
                return State.Packet.Protocol == IPProtocolName.Tcp ? NftLoad.Open("the packet's TCP options are not given")
                    : option.IsPresence ? NftLoad.Known : NftLoad.Absent;
            case RtExpression when State.Hook == HookOrder.Prerouting && !State.Packet.RouteKept:
                return NftLoad.Absent;
            case SocketExpression:
                return NftLoad.Open("whether a local socket has the packet is not known");
            default:
                return NftLoad.Open($"what '{expression.Kind}' loads is not known");
        }
    }

    // The device that the hook has (nft_in, nft_out): "" for none, null if it is not known.
    private string? Input => State.Hook == HookOrder.Output ? "" : State.Packet.In;

    private string? Output => State.Hook is HookOrder.Prerouting or HookOrder.Input ? "" : State.Packet.Out;

    private NftLoad Interface(string? name, NftMetaKey key, Span<byte> value)
    {
        bool isInput = key is NftMetaKey.InputInterface or NftMetaKey.InputName or NftMetaKey.InputType or NftMetaKey.InputKind
            or NftMetaKey.InputGroup;
        bool isPlain = key is NftMetaKey.InputInterface or NftMetaKey.OutputInterface or NftMetaKey.InputName or NftMetaKey.OutputName;
        if (name is null)
        {
            string why = $"the interface that the packet {(isInput ? "comes in through" : "leaves through")} is not known";
            return isPlain ? NftLoad.Unknown(why) : NftLoad.Open(why);
        }

        if (name.Length == 0)
        {
            // No device: index 0 and an empty name, and nothing else of it.
            return isPlain ? NftLoad.Known : NftLoad.Absent;
        }

        var found = network.Find(name);
        switch (key)
        {
            case NftMetaKey.InputName or NftMetaKey.OutputName when Encoding.UTF8.GetByteCount(name) < NameLength:
                Encoding.UTF8.GetBytes(name, value);
                return NftLoad.Known;
            case NftMetaKey.InputInterface or NftMetaKey.OutputInterface when found is { Index: > 0 }:
                return Number(value, (uint)found.Index);
            case NftMetaKey.InputType or NftMetaKey.OutputType when IsEthernet(found):
                MemoryMarshal.Write(value, found!.IsLoopback ? Loopback : Ethernet);
                return NftLoad.Known;
            case NftMetaKey.InputKind or NftMetaKey.OutputKind when found is not null:
                if (found.Kind is null)
                {
                    return NftLoad.Absent;
                }

                Encoding.UTF8.GetBytes(found.Kind.AsSpan(0, Math.Min(found.Kind.Length, NameLength - 1)), value);
                return NftLoad.Known;
            default:
                return NftLoad.Unknown($"'meta {Name(key)}' of {name} is not known");
        }
    }

    // What has an Ethernet header; that of lo has zeros for addresses.
    private static bool IsEthernet(NetworkInterface? device) => device is { IsLoopback: true }
        or { Kind: "veth" or "bridge" or "dummy" or "vxlan" };

    // Of an Ethernet header, the type alone is known.
    private NftLoad Frame(int offset, Span<byte> value, Span<byte> known)
    {
        const int TypeAt = 12;
        ReadOnlySpan<byte> type = IsV6 ? [0x86, 0xdd] : [0x08, 0x00];
        for (int i = 0; i < type.Length; i++)
        {
            int at = TypeAt + i - offset;
            if (at >= 0 && at < value.Length)
            {
                (value[at], known[at]) = (type[i], 0xff);
            }
        }

        return NftBits.AreKnown(known) ? NftLoad.Known : NftLoad.Unknown("the frame's link-layer header is not given");
    }

    // Whom the frame was for when it came in (eth_type_trans). A packet that is made here has none until it has left.
    private NftLoad PacketType(Span<byte> value)
    {
        bool isOwn = State.Packet.Local || State.Packet.Looped;
        var destination = State.IngressDestination;
        if (isOwn)
        {
            return NftLoad.Known;
        }

        if (IsV6 ? destination >> 120 == 0xff : destination >> 28 == 0xe)
        {
            value[0] = 2;
            return NftLoad.Known;
        }

        if (IsV6)
        {
            return NftLoad.Known;
        }

        if (destination == uint.MaxValue)
        {
            value[0] = 1;
            return NftLoad.Known;
        }

        if (!network.KnowsRoutes(State.Packet.Family))
        {
            return NftLoad.Unknown("whether the frame was a broadcast is not known");
        }

        value[0] = (byte)(network.LocalRoute(IPFamily.IPv4, destination)?.Kind == FibResultKind.Broadcast ? 1 : 0);
        return NftLoad.Known;
    }

    private static uint StateBits(in WalkConnection connection) => connection.HasTemplate ? 8u : connection.State switch
    {
        ConnectionState.New => 8,
        ConnectionState.Established => 2,
        ConnectionState.Related => 4,
        ConnectionState.Untracked => 64,
        _ => 1,
    };

    private static NftLoad Number(Span<byte> value, uint number)
    {
        MemoryMarshal.Write(value, in number);
        return NftLoad.Known;
    }

    private static NftLoad Bits(Span<byte> value, Span<byte> known, uint number, uint sure, string missing)
    {
        MemoryMarshal.Write(value, in number);
        MemoryMarshal.Write(known, in sure);
        return sure == uint.MaxValue ? NftLoad.Known : NftLoad.Unknown(missing);
    }

    private static string Name(NftMetaKey key) => key switch
    {
        NftMetaKey.Length => "length",
        NftMetaKey.Priority => "priority",
        NftMetaKey.Random => "random",
        NftMetaKey.InputInterface => "iif",
        NftMetaKey.OutputInterface => "oif",
        NftMetaKey.InputName => "iifname",
        NftMetaKey.OutputName => "oifname",
        NftMetaKey.InputType => "iiftype",
        NftMetaKey.OutputType => "oiftype",
        NftMetaKey.InputGroup => "iifgroup",
        NftMetaKey.OutputGroup => "oifgroup",
        NftMetaKey.InputKind => "iifkind",
        NftMetaKey.OutputKind => "oifkind",
        NftMetaKey.SecurityPath => "ipsec",
        NftMetaKey.Cpu => "cpu",
        NftMetaKey.Time => "time",
        NftMetaKey.Day => "day",
        NftMetaKey.Hour => "hour",
        _ => key.ToString().ToLowerInvariant(),
    };
}
