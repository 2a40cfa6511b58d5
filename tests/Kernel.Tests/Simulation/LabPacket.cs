using System.Buffers.Binary;
using System.Net;
using K8sNetfilter.Addressing;
using K8sNetfilter.Simulation;

namespace K8sNetfilter.Tests.Simulation;

/// <summary>A packet of the lab as bytes, and back.</summary>
internal static class LabPacket
{
    /// <summary>
    /// Builds a packet with right checksums. <paramref name="id"/> is how the trace and the receiver know it again: IPv4's identification,
    /// IPv6's flow label. Neither forwarding nor translation changes them.
    /// </summary>
    public static byte[] Build(Packet packet, int id)
    {
        Assert.True(IPProtocolName.TryParse(packet.Protocol, out byte protocol));
        int header = HeaderSize(packet.IsIPv6);
        int addressSize = AddressSize(packet.IsIPv6);
        var bytes = new byte[header + (protocol == IPProtocolName.Tcp ? 20 : 8)];
        packet.Source!.TryWriteBytes(bytes.AsSpan(header - (2 * addressSize)), out _);
        packet.Destination.TryWriteBytes(bytes.AsSpan(header - addressSize), out _);
        if (packet.IsIPv6)
        {
            WriteIPv6(bytes, packet, protocol, id);
        }
        else
        {
            WriteIPv4(bytes, packet, protocol, id);
        }

        WriteBody(bytes.AsSpan(header), packet, protocol, id, Pseudo(bytes, header, protocol));
        return bytes;
    }

    public static int Id(ReadOnlySpan<byte> packet) =>
        IsIPv6(packet) ? (int)(BinaryPrimitives.ReadUInt32BigEndian(packet) & 0xfffff) : BinaryPrimitives.ReadUInt16BigEndian(packet[4..]);

    /// <summary>What the bytes say; the interfaces and marks are not among it.</summary>
    public static Packet Read(ReadOnlySpan<byte> packet)
    {
        bool v6 = IsIPv6(packet);
        int header = HeaderSize(v6);
        int addressSize = AddressSize(v6);
        var body = packet[header..];
        byte protocol = packet[v6 ? 6 : 9];
        bool icmp = IsIcmp(protocol);
        return new Packet
        {
            Source = new IPAddress(packet.Slice(header - (2 * addressSize), addressSize)),
            Destination = new IPAddress(packet.Slice(header - addressSize, addressSize)),
            Protocol = IPProtocolName.Of(protocol),
            SourcePort = BinaryPrimitives.ReadUInt16BigEndian(icmp ? body[4..] : body),
            DestinationPort = icmp ? null : BinaryPrimitives.ReadUInt16BigEndian(body[2..]),
            IcmpType = icmp ? body[0] : null,
            IcmpCode = icmp ? body[1] : null,
            TcpFlags = protocol == IPProtocolName.Tcp ? body[13] : null,
            Ttl = packet[v6 ? 7 : 8],
            Tos = v6 ? (BinaryPrimitives.ReadUInt16BigEndian(packet) >> 4) & 0xff : packet[1],
            Length = packet.Length,
        };
    }

    private static bool IsIPv6(ReadOnlySpan<byte> packet) => packet[0] >> 4 == 6;

    private static int HeaderSize(bool v6) => v6 ? 40 : 20;

    private static int AddressSize(bool v6) => v6 ? 16 : 4;

    private static bool IsIcmp(byte protocol) => protocol is IPProtocolName.Icmp or IPProtocolName.IcmpV6;

    private static void WriteIPv4(Span<byte> bytes, Packet packet, byte protocol, int id)
    {
        bytes[0] = 0x45;
        bytes[1] = (byte)(packet.Tos ?? 0);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], (ushort)bytes.Length);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[4..], (ushort)id);
        bytes[6] = 0x40;
        bytes[8] = (byte)(packet.Ttl ?? 64);
        bytes[9] = protocol;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[10..], Sum(bytes[..20], 0));
    }

    private static void WriteIPv6(Span<byte> bytes, Packet packet, byte protocol, int id)
    {
        BinaryPrimitives.WriteUInt32BigEndian(bytes, (6u << 28) | ((uint)(packet.Tos ?? 0) << 20) | (uint)id);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[4..], (ushort)(bytes.Length - 40));
        bytes[6] = protocol;
        bytes[7] = (byte)(packet.Ttl ?? 64);
    }

    private static void WriteBody(Span<byte> body, Packet packet, byte protocol, int id, uint pseudo)
    {
        if (IsIcmp(protocol))
        {
            body[0] = (byte)(packet.IcmpType ?? (protocol == IPProtocolName.Icmp ? 8 : 128));
            body[1] = (byte)(packet.IcmpCode ?? 0);
            BinaryPrimitives.WriteUInt16BigEndian(body[4..], (ushort)(packet.SourcePort ?? 0));

            // ICMPv6's checksum covers the addresses, ICMP's does not.
            BinaryPrimitives.WriteUInt16BigEndian(body[2..], Sum(body, protocol == IPProtocolName.Icmp ? 0 : pseudo));
            return;
        }

        BinaryPrimitives.WriteUInt16BigEndian(body, (ushort)packet.SourcePort!.Value);
        BinaryPrimitives.WriteUInt16BigEndian(body[2..], (ushort)packet.DestinationPort!.Value);
        if (protocol == IPProtocolName.Tcp)
        {
            BinaryPrimitives.WriteUInt32BigEndian(body[4..], (uint)id);
            BinaryPrimitives.WriteUInt32BigEndian(body[8..], (packet.TcpFlags & 0x10) != 0 ? (uint)id : 0);
            body[12] = 0x50;
            body[13] = (byte)(packet.TcpFlags ?? 2);
            BinaryPrimitives.WriteUInt16BigEndian(body[14..], 64000);
            BinaryPrimitives.WriteUInt16BigEndian(body[16..], Sum(body, pseudo));
        }
        else
        {
            BinaryPrimitives.WriteUInt16BigEndian(body[4..], (ushort)body.Length);
            BinaryPrimitives.WriteUInt16BigEndian(body[6..], Sum(body, pseudo));
        }
    }

    // What the checksum covers besides the body: both addresses, the protocol and the length.
    private static uint Pseudo(ReadOnlySpan<byte> packet, int header, byte protocol)
    {
        uint sum = protocol + (uint)(packet.Length - header);
        for (int i = header == 40 ? 8 : 12; i < header; i += 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(packet[i..]);
        }

        return sum;
    }

    private static ushort Sum(ReadOnlySpan<byte> bytes, uint start)
    {
        uint sum = start;
        for (int i = 0; i < bytes.Length; i += 2)
        {
            sum += i + 1 < bytes.Length ? BinaryPrimitives.ReadUInt16BigEndian(bytes[i..]) : (uint)bytes[i] << 8;
        }

        while (sum >> 16 != 0)
        {
            sum = (sum & 0xffff) + (sum >> 16);
        }

        return (ushort)~sum;
    }
}
