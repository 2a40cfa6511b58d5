using System.Buffers.Binary;
using System.Net;
using K8sNetfilter.Packets;

namespace K8sNetfilter.Tests.Packets;

/// <summary>A packet of the lab as bytes, and back.</summary>
internal static class LabPacket
{
    /// <summary>Builds an IPv4 packet with right checksums. <paramref name="id"/> is how the trace and the receiver know it again.</summary>
    public static byte[] Build(Packet packet, int id)
    {
        Assert.True(IPProtocolName.TryParse(packet.Protocol, out byte protocol));
        int header = protocol switch { 6 => 20, 17 => 8, _ => 8 };
        var bytes = new byte[20 + header];
        bytes[0] = 0x45;
        bytes[1] = (byte)(packet.Tos ?? 0);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)bytes.Length);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(4), (ushort)id);
        bytes[6] = 0x40;
        bytes[8] = (byte)(packet.Ttl ?? 64);
        bytes[9] = protocol;
        packet.Source!.TryWriteBytes(bytes.AsSpan(12), out _);
        packet.Destination.TryWriteBytes(bytes.AsSpan(16), out _);
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(10), Sum(bytes.AsSpan(0, 20), 0));
        var body = bytes.AsSpan(20);
        if (protocol == 1)
        {
            body[0] = (byte)(packet.IcmpType ?? 8);
            body[1] = (byte)(packet.IcmpCode ?? 0);
            BinaryPrimitives.WriteUInt16BigEndian(body[4..], (ushort)(packet.SourcePort ?? 0));
            BinaryPrimitives.WriteUInt16BigEndian(body[2..], Sum(body, 0));
            return bytes;
        }

        BinaryPrimitives.WriteUInt16BigEndian(body, (ushort)packet.SourcePort!.Value);
        BinaryPrimitives.WriteUInt16BigEndian(body[2..], (ushort)packet.DestinationPort!.Value);
        uint pseudo = protocol + (uint)body.Length;
        for (int i = 12; i < 20; i += 2)
        {
            pseudo += BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(i));
        }

        if (protocol == 6)
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

        return bytes;
    }

    public static int Id(ReadOnlySpan<byte> packet) => BinaryPrimitives.ReadUInt16BigEndian(packet[4..]);

    /// <summary>What the bytes say; the interfaces and marks are not among it.</summary>
    public static Packet Read(ReadOnlySpan<byte> packet)
    {
        var body = packet[20..];
        byte protocol = packet[9];
        return new Packet
        {
            Source = new IPAddress(packet.Slice(12, 4)),
            Destination = new IPAddress(packet.Slice(16, 4)),
            Protocol = IPProtocolName.Of(protocol),
            SourcePort = BinaryPrimitives.ReadUInt16BigEndian(protocol == 1 ? body[4..] : body),
            DestinationPort = protocol == 1 ? null : BinaryPrimitives.ReadUInt16BigEndian(body[2..]),
            IcmpType = protocol == 1 ? body[0] : null,
            IcmpCode = protocol == 1 ? body[1] : null,
            TcpFlags = protocol == 6 ? body[13] : null,
            Ttl = packet[8],
            Tos = packet[1],
            Length = packet.Length,
        };
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
