using System.Buffers.Binary;
using K8sNetfilter.Addressing;
using K8sNetfilter.Nftables.Evaluation;
using K8sNetfilter.Nftables.Expressions.Loads;
using K8sNetfilter.Simulation.Branches;

namespace K8sNetfilter.Simulation.Nftables;

/// <summary>
/// The headers of a walk's packet as bytes, with the bits of them that are known: IPv4 or IPv6 without options or extension headers, and
/// the transport header without options.
/// </summary>
internal static class PacketHeader
{
    private const byte Tcp = 6;
    private const byte Udp = 17;
    private const byte Icmp = 1;
    private const byte IcmpV6 = 58;
    private const byte Sctp = 132;
    private const int Longest = 40;

    /// <summary>Bytes of the network header.</summary>
    public static int NetworkLength(bool v6) => v6 ? 40 : 20;

    /// <summary>Whether it is a packet of IPv6.</summary>
    public static bool IsV6(in WalkPacket packet) => packet.Family == IPFamily.IPv6;

    /// <summary>Loads bytes of the packet.</summary>
    public static NftLoad Load(in WalkPacket packet, NftPayloadBase from, int offset, Span<byte> value, Span<byte> known)
    {
        int network = NetworkLength(IsV6(packet));
        switch (from)
        {
            case NftPayloadBase.Network:
                break;
            case NftPayloadBase.Transport:
                offset += network;
                break;
            case NftPayloadBase.Inner when packet.Protocol == Udp:
                offset += network + 8;
                break;
            case NftPayloadBase.Inner when packet.Protocol == Tcp:
                return NftLoad.Open("what TCP carries is not given");
            case NftPayloadBase.LinkLayer when !packet.Local:
                return NftLoad.Open("the frame's link-layer header is not given");
            case NftPayloadBase.Inner or NftPayloadBase.LinkLayer:
                // A packet that is made here has no link-layer header yet; what is in other protocols has no header of its own.
                return NftLoad.Absent;
            default:
                return NftLoad.Open("the packet's tunnel is not given");
        }

        int end = offset + value.Length;
        if (packet.Length >= 0 && end > packet.Length)
        {
            return NftLoad.Absent;
        }

        Span<byte> header = stackalloc byte[Longest + Longest], sure = stackalloc byte[Longest + Longest];
        int length = Fill(packet, header, sure);
        int have = Math.Clamp(length - offset, 0, value.Length);
        if (have > 0)
        {
            header.Slice(offset, have).CopyTo(value);
            sure.Slice(offset, have).CopyTo(known);
        }

        return packet.Length < 0 && end > length ? NftLoad.Open("what the packet carries is not given")
            : NftBits.AreKnown(known) ? NftLoad.Known : NftLoad.Unknown(Missing(packet, offset, value.Length));
    }

    /// <summary>Takes over what a rule wrote. Null, or why the packet is not known from there on.</summary>
    public static string? Write(ref WalkPacket packet, NftPayloadBase to, int offset, ReadOnlySpan<byte> value, ReadOnlySpan<byte> known)
    {
        int network = NetworkLength(IsV6(packet));
        if (to is not (NftPayloadBase.Network or NftPayloadBase.Transport))
        {
            return to == NftPayloadBase.LinkLayer ? null : "a rule writes into what the packet carries";
        }

        Span<byte> header = stackalloc byte[Longest + Longest], sure = stackalloc byte[Longest + Longest];
        int length = Fill(packet, header, sure);
        for (int i = 0, at = offset + (to == NftPayloadBase.Transport ? network : 0); i < value.Length && at < length; i++, at++)
        {
            (header[at], sure[at]) = (value[i], known[i]);
        }

        return Read(ref packet, header, sure);
    }

    private static int Fill(in WalkPacket packet, Span<byte> header, Span<byte> known)
    {
        header.Clear();
        known.Clear();
        int network = NetworkLength(IsV6(packet));
        if (IsV6(packet))
        {
            FillIPv6(packet, header, known);
        }
        else
        {
            FillIPv4(packet, header, known);
        }

        return network + FillTransport(packet, header[network..], known[network..]);
    }

    private static void FillIPv4(in WalkPacket packet, Span<byte> header, Span<byte> known)
    {
        Set(header, known, 0, 0x45);
        Set(header, known, 1, packet.Tos);
        SetShort(header, known, 2, packet.Length);

        // Hooks see it whole: neither more fragments nor an offset. Whether it may be broken into fragments is not known.
        (known[6], known[7]) = (0x3f, 0xff);
        Set(header, known, 8, packet.Ttl);
        Set(header, known, 9, packet.Protocol);
        if (packet.SourceKnown)
        {
            BinaryPrimitives.WriteUInt32BigEndian(header[12..], (uint)packet.Source);
            known.Slice(12, 4).Fill(0xff);
        }

        BinaryPrimitives.WriteUInt32BigEndian(header[16..], (uint)packet.Destination);
        known.Slice(16, 4).Fill(0xff);
    }

    private static void FillIPv6(in WalkPacket packet, Span<byte> header, Span<byte> known)
    {
        (header[0], known[0]) = (0x60, 0xf0);
        if (packet.Tos >= 0)
        {
            (header[0], known[0]) = ((byte)(0x60 | (packet.Tos >> 4)), 0xff);
            (header[1], known[1]) = ((byte)(packet.Tos << 4), 0xf0);
        }

        SetShort(header, known, 4, packet.Length < 40 ? -1 : packet.Length - 40);
        Set(header, known, 6, packet.Protocol);
        Set(header, known, 7, packet.Ttl);
        if (packet.SourceKnown)
        {
            packet.Source.WriteBigEndian(header.Slice(8, 16));
            known.Slice(8, 16).Fill(0xff);
        }

        packet.Destination.WriteBigEndian(header.Slice(24, 16));
        known.Slice(24, 16).Fill(0xff);
    }

    // How many bytes of the transport header there are for sure.
    private static int FillTransport(in WalkPacket packet, Span<byte> header, Span<byte> known)
    {
        switch (packet.Protocol)
        {
            case Icmp or IcmpV6:
                Set(header, known, 0, packet.IcmpType);
                Set(header, known, 1, packet.IcmpCode);
                SetShort(header, known, 4, packet.IcmpType is 8 or 0 or 128 or 129 ? packet.SourcePort : -1);
                return 8;
            case Tcp:
                known[12] = 0x0e;
                Set(header, known, 13, packet.TcpFlags);
                break;
        }

        if (!packet.HasPorts)
        {
            return 0;
        }

        SetShort(header, known, 0, packet.SourcePort);
        SetShort(header, known, 2, packet.DestinationPort);
        return packet.Protocol switch { Tcp => 20, Udp => 8, Sctp => 12, _ => 8 };
    }

    private static void Set(Span<byte> header, Span<byte> known, int at, int value)
    {
        if (value >= 0)
        {
            (header[at], known[at]) = ((byte)value, 0xff);
        }
    }

    private static void SetShort(Span<byte> header, Span<byte> known, int at, int value)
    {
        if (value >= 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(header[at..], (ushort)value);
            known.Slice(at, 2).Fill(0xff);
        }
    }

    private static string? Read(ref WalkPacket packet, ReadOnlySpan<byte> header, ReadOnlySpan<byte> known)
    {
        int source = IsV6(packet) ? 8 : 12, length = IsV6(packet) ? 16 : 4, network = NetworkLength(IsV6(packet));
        if (!NftBits.AreKnown(known.Slice(source + length, length)))
        {
            return "a rule writes a destination that is not known";
        }

        packet.Tos = !IsV6(packet) ? Get(header, known, 1)
            : known[0] == 0xff && (known[1] & 0xf0) == 0xf0 ? ((header[0] & 0xf) << 4) | (header[1] >> 4) : -1;
        packet.Ttl = Get(header, known, IsV6(packet) ? 7 : 8);
        packet.SourceKnown = NftBits.AreKnown(known.Slice(source, length));
        packet.Source = packet.SourceKnown ? Address(header.Slice(source, length)) : Bits128.Zero;
        packet.Destination = Address(header.Slice(source + length, length));
        if (packet.HasPorts)
        {
            packet.SourcePort = GetShort(header, known, network);
            packet.DestinationPort = GetShort(header, known, network + 2);
            packet.TcpFlags = packet.Protocol == Tcp ? Get(header, known, network + 13) : packet.TcpFlags;
        }
        else if (packet.Protocol is Icmp or IcmpV6)
        {
            packet.IcmpType = Get(header, known, network);
            packet.IcmpCode = Get(header, known, network + 1);
        }

        return null;
    }

    /// <summary>An address from 4 or 16 bytes.</summary>
    public static Bits128 Address(ReadOnlySpan<byte> bytes) =>
        bytes.Length == sizeof(uint) ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : Bits128.ReadBigEndian(bytes);

    private static int Get(ReadOnlySpan<byte> header, ReadOnlySpan<byte> known, int at) => known[at] == 0xff ? header[at] : -1;

    private static int GetShort(ReadOnlySpan<byte> header, ReadOnlySpan<byte> known, int at) =>
        NftBits.AreKnown(known.Slice(at, 2)) ? BinaryPrimitives.ReadUInt16BigEndian(header[at..]) : -1;

    private static string Missing(in WalkPacket packet, int offset, int length)
    {
        int network = NetworkLength(IsV6(packet)), source = IsV6(packet) ? 8 : 12, address = IsV6(packet) ? 16 : 4;
        if (offset < network)
        {
            return !packet.SourceKnown && offset < source + address && offset + length > source ? "the packet's source address is not known"
                : "a field of the packet's IP header is not given";
        }

        offset -= network;
        return packet.Protocol == Tcp && offset == 13 ? "the packet's TCP flags are not given"
            : packet.Protocol is Icmp or IcmpV6 && offset < 2 ? "the packet's ICMP type is not given"
            : packet.HasPorts && offset < 2 && packet.SourcePort < 0 ? "the packet's source port is not known"
            : packet.HasPorts && offset < 4 ? "the packet's destination port is not known"
            : "a field of the packet's transport header is not given";
    }
}
