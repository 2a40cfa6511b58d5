using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Netlink;

namespace K8sNetfilter.Listeners;

/// <summary>The sockets that take packets from anybody, over sock_diag(7): what ss(8) asks for as well.</summary>
internal static class SocketDiagnosis
{
    private const byte Tcp = 6;
    private const byte Udp = 17;

    /// <summary>Asks for the listening sockets of one protocol, IPv4 and IPv6.</summary>
    /// <param name="connection">A connection of the SocketDiagnosis family.</param>
    /// <param name="isUdp">UDP; else TCP.</param>
    /// <param name="cancellation">Ends it.</param>
    internal static List<Listener> Read(NetlinkConnection connection, bool isUdp, CancellationToken cancellation)
    {
        var found = new List<Listener>();
        Span<byte> room = stackalloc byte[128];
        foreach (byte family in (byte[])[RtNetlink.AF_INET, RtNetlink.AF_INET6])
        {
            using var writer = new NetlinkWriter(room);
            writer.BeginMessage(InetDiag.ByFamily, NetlinkFlags.Dump);
            writer.Header(new InetDiag.Request { Family = family, Protocol = isUdp ? Udp : Tcp,
                States = 1u << (isUdp ? InetDiag.Close : InetDiag.Listen) });
            writer.EndMessage();
            var operation = new NetlinkOperation(ListenerMessages.ReadingSockets, isUdp ? "udp" : "tcp");
            found.AddRange(connection.Collect(writer.Written, m => Decode(m, isUdp), operation, cancellation).Items);
        }

        return found;
    }

    /// <summary>Reads struct inet_diag_msg; null for another message, and for a socket that has no port yet.</summary>
    internal static Listener? Decode(NetlinkMessage message, bool isUdp)
    {
        var body = message.Payload;
        if (message.Type != InetDiag.ByFamily || body.Length < InetDiag.MessageSize
            || body[0] is not (RtNetlink.AF_INET or RtNetlink.AF_INET6))
        {
            return null;
        }

        bool v6 = body[0] == RtNetlink.AF_INET6;
        int port = BinaryPrimitives.ReadUInt16BigEndian(body[4..]);
        if (port == 0)
        {
            return null;
        }

        bool? only = v6 ? null : false;
        foreach (var attribute in message.Attributes(InetDiag.MessageSize))
        {
            only = attribute.Type == InetDiag.IPv6Only && v6 ? attribute.AsByte() != 0 : only;
        }

        return new Listener
        {
            Protocol = isUdp ? "udp" : "tcp",
            Address = new IPAddress(body.Slice(8, v6 ? 16 : 4)),
            Port = port,
            IsIPv6Only = only,
            DeviceIndex = MemoryMarshal.Read<int>(body[40..]),
            // idiag_rqueue and idiag_wqueue: of a socket that listens, how many wait and how many may.
            IsFull = !isUdp && MemoryMarshal.Read<uint>(body[56..]) > MemoryMarshal.Read<uint>(body[60..]),
        };
    }
}
