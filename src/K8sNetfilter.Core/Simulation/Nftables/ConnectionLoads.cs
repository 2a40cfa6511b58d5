using System.Buffers.Binary;
using System.Runtime.InteropServices;
using K8sNetfilter.Addressing;
using K8sNetfilter.Nftables;
using K8sNetfilter.Nftables.Evaluation;
using K8sNetfilter.Nftables.Expressions.Loads;
using K8sNetfilter.Simulation.Branches;

namespace K8sNetfilter.Simulation.Nftables;

/// <summary>What a walk knows of a connection, as <c>ct</c> loads it (nft_ct_get_eval).</summary>
internal static class ConnectionLoads
{
    // IPS_… of linux/netfilter/nf_conntrack_common.h.
    private const uint Expected = 0x1;
    private const uint SeenReply = 0x2;
    private const uint Assured = 0x4;
    private const uint Confirmed = 0x8;
    private const uint SourceNat = 0x10;
    private const uint DestinationNat = 0x20;
    private const uint SourceNatDone = 0x80;
    private const uint DestinationNatDone = 0x100;
    private const uint Dying = 0x200;
    private const uint Template = 0x800;

    /// <summary>Loads a key of a connection that is there.</summary>
    public static NftLoad Load(BranchState state, NftCtKey key, NftCtDirection direction, Span<byte> value, Span<byte> known)
    {
        ref readonly var connection = ref state.Connection;
        bool isV6 = PacketHeader.IsV6(state.Packet);
        switch (key)
        {
            case NftCtKey.Direction:
                value[0] = (byte)(connection.OfReplyTuple ? 1 : 0);
                return NftLoad.Known;
            case NftCtKey.Status:
                return Status(state, value, known);
            case NftCtKey.Mark:
                MemoryMarshal.Write(value, in connection.Mark);
                MemoryMarshal.Write(known, in connection.MarkKnown);
                return connection.MarkKnown == uint.MaxValue ? NftLoad.Known : NftLoad.Unknown("the connection's mark is not fully known");
            case NftCtKey.NetworkProtocol:
                value[0] = (byte)(isV6 ? NftFamily.IPv6 : NftFamily.IPv4);
                return NftLoad.Known;
            case NftCtKey.TransportProtocol:
                value[0] = state.Packet.Protocol;
                return NftLoad.Known;
            case NftCtKey.Helper:
                // Only a connection that another one's helper expected has a master.
                return connection.State == ConnectionState.New ? NftLoad.Absent : NftLoad.Open("the connection's helper is not known");
            case NftCtKey.Zone when connection.Zone is { } zone:
                MemoryMarshal.Write(value, direction switch
                {
                    NftCtDirection.Original => zone.Original,
                    NftCtDirection.Reply => zone.Reply,
                    _ => Math.Max(zone.Original, zone.Reply),
                });
                return NftLoad.Known;
            case NftCtKey.SourceIPv4 or NftCtKey.DestinationIPv4 when isV6:
            case NftCtKey.SourceIPv6 or NftCtKey.DestinationIPv6 when !isV6:
                return NftLoad.Absent;
            case NftCtKey.Source or NftCtKey.Destination or NftCtKey.SourceIPv4 or NftCtKey.DestinationIPv4 or NftCtKey.SourceIPv6
                or NftCtKey.DestinationIPv6 or NftCtKey.SourcePort or NftCtKey.DestinationPort:
                return Tuple(direction == NftCtDirection.Reply ? connection.Reply : connection.Original, key, state.Packet.HasPorts, value);
            default:
                return NftLoad.Unknown($"what 'ct' loads of the connection ({key.ToString().ToLowerInvariant()}) is not known");
        }
    }

    private static NftLoad Tuple(in WalkTuple tuple, NftCtKey key, bool hasPorts, Span<byte> value)
    {
        if (key is NftCtKey.SourcePort or NftCtKey.DestinationPort)
        {
            int port = key == NftCtKey.SourcePort ? tuple.SourcePort : tuple.DestinationPort;
            if (!hasPorts || port < 0)
            {
                return NftLoad.Unknown("a port of the connection is not known");
            }

            BinaryPrimitives.WriteUInt16BigEndian(value, (ushort)port);
            return NftLoad.Known;
        }

        bool isSource = key is NftCtKey.Source or NftCtKey.SourceIPv4 or NftCtKey.SourceIPv6;
        if (!(isSource ? tuple.SourceKnown : tuple.DestinationKnown))
        {
            return NftLoad.Unknown("an address of the connection is not known");
        }

        Bits128 address = isSource ? tuple.Source : tuple.Destination;
        if (value.Length == 16)
        {
            address.WriteBigEndian(value);
        }
        else
        {
            BinaryPrimitives.WriteUInt32BigEndian(value, (uint)address);
        }

        return NftLoad.Known;
    }

    private static NftLoad Status(BranchState state, Span<byte> value, Span<byte> known)
    {
        ref readonly var connection = ref state.Connection;

        // A first packet is confirmed where it leaves, so that it comes back in through lo as confirmed.
        bool later = connection.State != ConnectionState.New || connection.OfReplyTuple;
        bool isFirst = connection.State == ConnectionState.New || (connection.OfReplyTuple && state.Round == 0);
        uint bits = (connection.State == ConnectionState.Related ? Expected : 0) | (later ? SeenReply : 0)
            | (later || state.Packet.Looped ? Confirmed : 0) | (connection.SourceNat ? SourceNat : 0) | (connection.DestinationNat
                ? DestinationNat : 0)
            | (connection.SourceNatDone ? SourceNatDone : 0) | (connection.DestinationNatDone ? DestinationNatDone : 0);
        uint sure = SeenReply | Confirmed | SourceNat | DestinationNat | Dying | Template | SourceNatDone | DestinationNatDone
            | (isFirst ? Assured | Expected : 0);
        MemoryMarshal.Write(value, in bits);
        MemoryMarshal.Write(known, in sure);
        return NftLoad.Unknown("not all of the connection's status is known");
    }
}
