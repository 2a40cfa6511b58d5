using System.Globalization;
using System.Runtime.CompilerServices;
using K8sNetfilter.Errors;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Netlink;

namespace K8sNetfilter.Ipset;

/// <summary>
/// Reads sets by netlink (IPSET_CMD_LIST in net/netfilter/ipset/ip_set_core.c, ip_set_dump): a set's header comes with its first message,
/// and its elements in as many messages as they take.
/// </summary>
internal static class IpsetDump
{
    private static readonly NetlinkOperation Operation = new("Reading the sets of ipset", "this network namespace");

    /// <summary>Reads all sets.</summary>
    /// <exception cref="NodeException"><c>IpsetProtocol</c>, or the kernel's refusal.</exception>
    public static IpsetCatalog Read(NetlinkConnection connection, CancellationToken cancellation)
    {
        byte protocol = Negotiate(connection, cancellation);
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                var sets = new IpsetCatalog { IsKnown = true };
                NodeIpset? current = null;
                var writer = new NetlinkWriter(stackalloc byte[64]);
                Begin(ref writer, IpSet.IPSET_CMD_LIST, NetlinkFlags.Dump, protocol);
                writer.EndMessage();
                using var exchange = connection.Start(writer.Written, Operation, cancellation);
                while (exchange.MoveNext())
                {
                    current = IpsetDecoder.Take(exchange.Current, sets, current);
                }

                return sets;
            }
            catch (NodeException failure) when (failure.Errno is Interop.Errno.ENOBUFS or Interop.Errno.EMSGSIZE
                && attempt < connection.Options.Retries)
            {
                // The rest of that answer is lost with its socket.
            }
        }
    }

    /// <summary>Reads the names of all sets.</summary>
    public static IReadOnlyList<string> ReadNames(NetlinkConnection connection, CancellationToken cancellation)
    {
        byte protocol = Negotiate(connection, cancellation);
        var writer = new NetlinkWriter(stackalloc byte[64]);
        Begin(ref writer, IpSet.IPSET_CMD_LIST, NetlinkFlags.Dump, protocol);
        writer.PutBigEndian(IpSet.IPSET_ATTR_FLAGS, (uint)IpSet.IPSET_FLAG_LIST_SETNAME);
        writer.EndMessage();
        return connection.Collect(writer.Written, IpsetDecoder.ReadName, Operation, cancellation).Items;
    }

    // The highest protocol that both know. A kernel takes none that is older than its least (protocol_min_failed).
    private static byte Negotiate(NetlinkConnection connection, CancellationToken cancellation)
    {
        var writer = new NetlinkWriter(stackalloc byte[64]);
        Begin(ref writer, IpSet.IPSET_CMD_PROTOCOL, 0, IpSet.IPSET_PROTOCOL);
        writer.EndMessage();
        byte highest = IpSet.IPSET_PROTOCOL_MIN, least = 0;
        using (var exchange = connection.Start(writer.Written, Operation, cancellation))
        {
            while (exchange.MoveNext())
            {
                foreach (var attribute in exchange.Current.Attributes(Unsafe.SizeOf<NfGenMessage>()))
                {
                    switch (attribute.Type)
                    {
                        case IpSet.IPSET_ATTR_PROTOCOL:
                            highest = attribute.AsByte();
                            break;
                        case IpSet.IPSET_ATTR_PROTOCOL_MIN:
                            least = attribute.AsByte();
                            break;
                    }
                }
            }
        }

        writer.Dispose();
        return least <= IpSet.IPSET_PROTOCOL && highest >= IpSet.IPSET_PROTOCOL_MIN ? Math.Min(highest, (byte)IpSet.IPSET_PROTOCOL)
            : throw NodeException.Create(
                Messages.ResourceManager, nameof(Messages.IpsetProtocol), NodeErrorCategory.NotSupported,
                least.ToString(CultureInfo.InvariantCulture), highest.ToString(CultureInfo.InvariantCulture));
    }

    private static void Begin(ref NetlinkWriter writer, int command, ushort flags, byte protocol)
    {
        writer.BeginMessage((ushort)((IpSet.NFNL_SUBSYS_IPSET << 8) | command), flags);
        writer.Header(new NfGenMessage { nfgen_family = (byte)NfTables.NFPROTO_IPV4 });
        writer.Put(IpSet.IPSET_ATTR_PROTOCOL, protocol);
    }
}
