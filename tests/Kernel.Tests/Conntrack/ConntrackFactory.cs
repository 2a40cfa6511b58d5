using System.Buffers.Binary;
using System.Diagnostics;
using K8sNetfilter.Addressing;
using K8sNetfilter.Conntrack;
using K8sNetfilter.Interop;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Netlink;

namespace K8sNetfilter.Tests.Conntrack;

/// <summary>Makes entries in a private network namespace by netlink (IPCTNL_MSG_CT_NEW), of every kind that a table can hold.</summary>
internal sealed class ConntrackFactory : IDisposable
{
    private const int CTA_NAT_SRC = 6;
    private const int CTA_NAT_DST = 13;
    private const int CTA_NAT_V4_MINIP = 1;
    private const int CTA_NAT_V6_MINIP = 4;
    private const int CTA_NAT_PROTO = 3;
    private const int CTA_PROTONAT_PORT_MIN = 1;
    private const int BatchSize = 50;

    private readonly NetlinkSocket _socket;
    private uint _sequence;

    public ConntrackFactory(NetworkNamespace inside) =>
        _socket = inside.Run(() => new NetlinkSocket(NetlinkProtocol.Netfilter, NetlinkOptions.Default));

    /// <summary>Whether labels can be set: a rule in the namespace must use them first.</summary>
    public bool Labels { get; init; }

    /// <summary>Makes entries; each number gives one, always the same.</summary>
    public void Create(int first, int count)
    {
        for (int i = first; i < first + count; i += BatchSize)
        {
            int end = Math.Min(i + BatchSize, first + count);
            Send(i, end, (ref NetlinkWriter writer, int number, ushort flags) =>
            {
                writer.BeginMessage(Ctnetlink.New, (ushort)(NetlinkFlags.Create | NetlinkFlags.Exclusive | flags));
                Write(ref writer, number);
            });
        }
    }

    /// <summary>Makes a connection of 10.0.0.1 port 1 to 10.0.0.2 with a helper.</summary>
    public void CreateHelped(string helper, ushort port) => Send(0, 1, (ref NetlinkWriter writer, int _, ushort flags) =>
    {
        writer.BeginMessage(Ctnetlink.New, (ushort)(NetlinkFlags.Create | NetlinkFlags.Exclusive | flags));
        writer.Header(new NfGenMessage(Ctnetlink.AF_INET));
        var record = new ConntrackRecord { Family = IPFamily.IPv4, Protocol = IPProtocolName.Tcp };
        var original = new ConntrackTuple { Source = 0x0a00_0001, Destination = 0x0a00_0002, First = 1, Second = port };
        var reply = new ConntrackTuple { Source = 0x0a00_0002, Destination = 0x0a00_0001, First = port, Second = 1 };
        ConntrackDelete.WriteTuple(ref writer, Ctnetlink.CTA_TUPLE_ORIG, record, original, ConntrackZoneDirection.Original);
        ConntrackDelete.WriteTuple(ref writer, Ctnetlink.CTA_TUPLE_REPLY, record, reply, ConntrackZoneDirection.Reply);
        writer.PutBigEndian(Ctnetlink.CTA_TIMEOUT, 9999u);
        WriteState(ref writer, Ctnetlink.CTA_PROTOINFO_TCP, 3);
        int help = writer.BeginNested(Ctnetlink.CTA_HELP);
        writer.Put(Ctnetlink.CTA_HELP_NAME, helper);
        writer.EndNested(help);
        writer.EndMessage();
    });

    /// <summary>Removes the entry that a number gave.</summary>
    public void Delete(int first, int count) => Send(first, first + count, (ref NetlinkWriter writer, int number, ushort flags) =>
    {
        writer.BeginMessage(Ctnetlink.Delete, flags);
        var record = Plain(number);
        writer.Header(new NfGenMessage(ConntrackQuery.FamilyNumber(record.Family)));
        ConntrackDelete.WriteTuple(ref writer, Ctnetlink.CTA_TUPLE_ORIG, record, record.Original, ConntrackZoneDirection.Original);
        PutZone(ref writer, record);
        writer.EndMessage();
    });

    public void Dispose() => _socket.Dispose();

    /// <summary>The tuple and zone of a number, before translation.</summary>
    public static ConntrackRecord Plain(int number)
    {
        byte protocol = (number % 10) switch { < 5 => IPProtocolName.Tcp, < 7 => IPProtocolName.Udp, 7 => IPProtocolName.Sctp, 8 => IPProtocolName.Icmp, _ => IPProtocolName.Gre };
        bool six = number / 10 % 4 == 3 && protocol != IPProtocolName.Gre;
        Bits128 network = six ? new Bits128(0xfd00_0010_0244_0000, 0) : 0x0af4_0000;
        Bits128 services = six ? new Bits128(0xfd00_0010_0096_0000, 0) : 0x0a60_0000;
        ushort low = (ushort)(number % 50_000 + 1024);
        var record = new ConntrackRecord
        {
            Family = six ? IPFamily.IPv6 : IPFamily.IPv4,
            Protocol = six && protocol == IPProtocolName.Icmp ? IPProtocolName.IcmpV6 : protocol,
            Zone = (ushort)(number % 13 == 5 ? 7 : 0),
            ZoneDirection = (number % 39) switch { 5 => ConntrackZoneDirection.Original, 18 => ConntrackZoneDirection.Reply, _ => ConntrackZoneDirection.Both },
        };
        record.Original = new ConntrackTuple
        {
            Source = network + (ulong)(number / 50_000 * 256 + number % 200 + 1), Destination = services + (ulong)(number % 3000 + 1), First = low, Second = 80,
        };
        if (protocol == IPProtocolName.Icmp)
        {
            record.Original.Second = (ushort)(six ? 128 << 8 : 8 << 8);
        }

        record.Reply = protocol == IPProtocolName.Icmp
            ? new ConntrackTuple { Source = record.Original.Destination, Destination = record.Original.Source, First = low, Second = (ushort)(six ? 129 << 8 : 0) }
            : new ConntrackTuple { Source = record.Original.Destination, Destination = record.Original.Source, First = 80, Second = low };
        return record;
    }

    /// <summary>Whether a number's destination is translated.</summary>
    public static bool IsDnat(int number) => number % 3 == 0 && Plain(number).Protocol is IPProtocolName.Tcp or IPProtocolName.Udp;

    /// <summary>Whether a number's source is translated.</summary>
    public static bool IsSnat(int number) => number % 15 == 6 && Plain(number).Protocol == IPProtocolName.Tcp;

    private delegate void Writing(ref NetlinkWriter writer, int number, ushort flags);

    private void Write(ref NetlinkWriter writer, int number)
    {
        var record = Plain(number);
        writer.Header(new NfGenMessage(ConntrackQuery.FamilyNumber(record.Family)));
        ConntrackDelete.WriteTuple(ref writer, Ctnetlink.CTA_TUPLE_ORIG, record, record.Original, ConntrackZoneDirection.Original);
        ConntrackDelete.WriteTuple(ref writer, Ctnetlink.CTA_TUPLE_REPLY, record, record.Reply, ConntrackZoneDirection.Reply);
        PutZone(ref writer, record);
        var status = (number % 4) switch
        {
            0 => ConntrackStatus.Confirmed, 1 => ConntrackStatus.Confirmed | ConntrackStatus.SeenReply,
            _ => ConntrackStatus.Confirmed | ConntrackStatus.SeenReply | ConntrackStatus.Assured,
        };
        writer.PutBigEndian(Ctnetlink.CTA_STATUS, (uint)status);
        writer.PutBigEndian(Ctnetlink.CTA_TIMEOUT, (uint)(3600 + number % 1000));
        if (number % 5 == 2)
        {
            writer.PutBigEndian(Ctnetlink.CTA_MARK, (uint)(number % 1000) | 0x4000);
        }

        if (record.Protocol == IPProtocolName.Tcp)
        {
            WriteState(ref writer, Ctnetlink.CTA_PROTOINFO_TCP, (byte)(number / 10 % 8 + 1));
        }
        else if (record.Protocol == IPProtocolName.Sctp)
        {
            int info = writer.BeginNested(Ctnetlink.CTA_PROTOINFO);
            int sctp = writer.BeginNested(Ctnetlink.CTA_PROTOINFO_SCTP);
            writer.Put(Ctnetlink.CTA_PROTOINFO_STATE, (byte)(number / 10 % 7 + 1));
            writer.PutBigEndian(2, (uint)number);
            writer.PutBigEndian(3, (uint)number);
            writer.EndNested(sctp);
            writer.EndNested(info);
        }

        if (Labels && number % 11 == 3)
        {
            Span<byte> labels = stackalloc byte[16];
            SetLabels(number, labels);
            writer.Put(Ctnetlink.CTA_LABELS, labels);
        }

        if (IsDnat(number))
        {
            WriteTranslation(ref writer, CTA_NAT_DST, record, record.Original.Destination + 0x10_0000, 8080);
        }

        if (IsSnat(number))
        {
            WriteTranslation(ref writer, CTA_NAT_SRC, record, record.Original.Source + 0x100_0000, record.Original.First);
        }

        writer.EndMessage();
    }

    /// <summary>The two labels of an entry that has some: bits of the 128.</summary>
    public static (int First, int Second) LabelsOf(int number) => (number % 64, 64 + number / 11 % 64);

    private static void SetLabels(int number, Span<byte> labels)
    {
        var (first, second) = LabelsOf(number);
        labels.Clear();
        labels[first / 8] = (byte)(1 << (first % 8));
        labels[second / 8] = (byte)(1 << (second % 8));
    }

    private static void PutZone(ref NetlinkWriter writer, in ConntrackRecord record)
    {
        if (record.Zone != 0 && record.ZoneDirection == ConntrackZoneDirection.Both)
        {
            writer.PutBigEndian(Ctnetlink.CTA_ZONE, record.Zone);
        }
    }

    private static void WriteState(ref NetlinkWriter writer, int protocol, byte state)
    {
        int info = writer.BeginNested(Ctnetlink.CTA_PROTOINFO);
        int inner = writer.BeginNested(protocol);
        writer.Put(Ctnetlink.CTA_PROTOINFO_STATE, state);
        writer.EndNested(inner);
        writer.EndNested(info);
    }

    private static void WriteTranslation(ref NetlinkWriter writer, int type, in ConntrackRecord record, Bits128 address, ushort port)
    {
        int nat = writer.BeginNested(type);
        writer.Put(record.Family == IPFamily.IPv4 ? CTA_NAT_V4_MINIP : CTA_NAT_V6_MINIP, AddressPrefix.ToAddress(record.Family, address));
        int ports = writer.BeginNested(CTA_NAT_PROTO);
        writer.PutBigEndian(CTA_PROTONAT_PORT_MIN, port);
        writer.EndNested(ports);
        writer.EndNested(nat);
    }

    // Many messages a datagram; the kernel answers each that it refuses, and the last in any case.
    private void Send(int first, int end, Writing write)
    {
        var writer = new NetlinkWriter(new byte[32 * 1024]);
        try
        {
            for (int number = first; number < end; number++)
            {
                write(ref writer, number, number == end - 1 ? NetlinkFlags.Ack : (ushort)0);
            }

            var datagram = writer.Written;
            uint last = 0;
            for (int offset = 0; offset < datagram.Length; offset += NetlinkAttributes.Align(BinaryPrimitives.ReadInt32LittleEndian(datagram[offset..])))
            {
                BinaryPrimitives.WriteUInt32LittleEndian(datagram[(offset + 8)..], last = ++_sequence);
            }

            int sent = _socket.Send(datagram);
            Assert.True(sent > 0, Errno.Describe(-sent));
            WaitFor(last, first, end);
        }
        finally
        {
            writer.Dispose();
        }
    }

    private void WaitFor(uint last, int first, int end)
    {
        byte[] buffer = new byte[64 * 1024];
        while (true)
        {
            int received = _socket.Receive(buffer);
            if (received == -Errno.EAGAIN)
            {
                Assert.True(_socket.Wait(TimeSpan.FromSeconds(30)), "The kernel did not answer.");
                continue;
            }

            Assert.True(received > 0, Errno.Describe(-received));
            for (int offset = 0; offset < received; offset += NetlinkAttributes.Align(BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(offset))))
            {
                var message = new NetlinkMessage(buffer.AsSpan(offset, BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(offset))));
                int error = BinaryPrimitives.ReadInt32LittleEndian(message.Payload);
                int number = end - 1 - (int)(last - message.Sequence);
                Assert.True(error == 0, $"entry {number} of {first}..{end}: {Errno.Describe(-error)}");
                if (message.Sequence == last)
                {
                    return;
                }
            }
        }
    }
}
