using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Errors;
using K8sNetfilter.Interop;
using K8sNetfilter.Interop.Netlink;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Netlink;
using K8sNetfilter.Text;
using static K8sNetfilter.Interop.Netlink.RtNetlink;

namespace K8sNetfilter.Links;

/// <summary>
/// Links, addresses, routes, rules, neighbours and forwarding entries of one network namespace over rtnetlink(7). Not for use by several
/// threads at once.
/// </summary>
internal sealed partial class RouteNetlink : IDisposable
{
    private readonly NetlinkConnection _connection;
    private readonly string _subject;

    /// <summary>Talks over <paramref name="connection"/>, which it takes over.</summary>
    /// <param name="connection">A connection of the Route family.</param>
    /// <param name="subject">What a failure's message calls the namespace.</param>
    internal RouteNetlink(NetlinkConnection connection, string subject)
    {
        _connection = connection;
        _subject = subject;
    }

    /// <summary>Opens a connection to a namespace.</summary>
    internal static RouteNetlink Open(NetworkNamespace inside) => new(inside.Connect(NetlinkProtocol.Route), inside.Name);

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    /// <summary>All links.</summary>
    internal NetlinkResult<Link> ReadLinks(CancellationToken cancellation = default)
    {
        using var writer = new NetlinkWriter(stackalloc byte[64]);
        writer.BeginMessage(RTM_GETLINK, NetlinkFlags.Dump);
        writer.Header(new IfInfoMessage());
        // Statistics are most of a link's message, and nobody asks for them here.
        writer.Put(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
        writer.EndMessage();
        return _connection.Collect(writer.Written, LinkDecoder.Decode, Reading(LinkMessages.ReadingLinks), cancellation);
    }

    /// <summary>One link by its name; null if there is none.</summary>
    internal Link? FindLink(string name, CancellationToken cancellation = default)
    {
        using var writer = new NetlinkWriter(stackalloc byte[128]);
        writer.BeginMessage(RTM_GETLINK, 0);
        writer.Header(new IfInfoMessage());
        writer.Put(IFLA_IFNAME, CheckedName(name));
        writer.Put(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
        writer.EndMessage();
        try
        {
            return _connection.Collect(writer.Written, LinkDecoder.Decode, new NetlinkOperation(LinkMessages.ReadingLink, name),
                cancellation).Items.FirstOrDefault();
        }
        catch (NetlinkException failure) when (failure.Errno == Errno.ENODEV)
        {
            return null;
        }
    }

    /// <summary>One link of another namespace that this one has an id for (since Linux 4.20); null where it says nothing.</summary>
    /// <param name="namespaceId">This namespace's id for the other one.</param>
    /// <param name="index">The link's number there.</param>
    /// <param name="cancellation">Stops the reading.</param>
    internal Link? FindLinkIn(int namespaceId, int index, CancellationToken cancellation = default)
    {
        using var writer = new NetlinkWriter(stackalloc byte[64]);
        writer.BeginMessage(RTM_GETLINK, 0);
        writer.Header(new IfInfoMessage { ifi_index = index });
        writer.Put(IFLA_TARGET_NETNSID, namespaceId);
        writer.Put(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
        writer.EndMessage();
        return _connection.Collect(writer.Written, LinkDecoder.Decode, Reading(LinkMessages.ReadingLink),
            cancellation).Items.FirstOrDefault();
    }

    /// <summary>All addresses.</summary>
    internal NetlinkResult<Address> ReadAddresses(CancellationToken cancellation = default) => ReadAddresses(null, 0, cancellation);

    /// <summary>
    /// The addresses of one link in another namespace that this one has an id for (since Linux 4.20). Nothing is entered for it: the
    /// kernel looks there itself.
    /// </summary>
    /// <param name="namespaceId">This namespace's id for the other one.</param>
    /// <param name="index">The link's number there; 0 for all links.</param>
    /// <param name="cancellation">Stops the reading.</param>
    internal NetlinkResult<Address> ReadAddressesIn(int namespaceId, int index, CancellationToken cancellation = default) =>
        ReadAddresses(namespaceId, index, cancellation);

    /// <summary>The routes of all tables, IPv4 and IPv6.</summary>
    internal NetlinkResult<Route> ReadRoutes(CancellationToken cancellation = default)
    {
        using var writer = new NetlinkWriter(stackalloc byte[64]);
        writer.BeginMessage(RTM_GETROUTE, NetlinkFlags.Dump);
        writer.Header(new RtMessage());
        writer.EndMessage();
        return _connection.Collect(writer.Written, RouteDecoder.Decode, Reading(LinkMessages.ReadingRoutes), cancellation);
    }

    /// <summary>The rules that choose a routing table, IPv4 and IPv6, each in their order.</summary>
    internal NetlinkResult<RoutingRule> ReadRules(CancellationToken cancellation = default)
    {
        using var writer = new NetlinkWriter(stackalloc byte[64]);
        writer.BeginMessage(RTM_GETRULE, NetlinkFlags.Dump);
        writer.Header(new FibRuleHeader());
        writer.EndMessage();
        return _connection.Collect(writer.Written, RoutingRuleDecoder.Decode, Reading(LinkMessages.ReadingRoutingRules), cancellation);
    }

    /// <summary>All neighbours, IPv4 and IPv6.</summary>
    internal NetlinkResult<Neighbor> ReadNeighbors(CancellationToken cancellation = default)
    {
        using var writer = new NetlinkWriter(stackalloc byte[64]);
        writer.BeginMessage(RTM_GETNEIGH, NetlinkFlags.Dump);
        writer.Header(new NdMessage());
        writer.EndMessage();
        return _connection.Collect(writer.Written, NeighborDecoder.Decode, Reading(LinkMessages.ReadingNeighbours), cancellation);
    }

    /// <summary>The forwarding databases of all bridges and tunnels.</summary>
    internal NetlinkResult<ForwardingEntry> ReadForwardingEntries(CancellationToken cancellation = default)
    {
        using var writer = new NetlinkWriter(stackalloc byte[64]);
        writer.BeginMessage(RTM_GETNEIGH, NetlinkFlags.Dump);
        writer.Header(new NdMessage { ndm_family = AF_BRIDGE });
        writer.EndMessage();
        return _connection.Collect(writer.Written, NeighborDecoder.DecodeForwarding, Reading(LinkMessages.ReadingForwardingEntries),
            cancellation);
    }

    /// <summary>This namespace's id for another one; null where it has none.</summary>
    internal int? FindNamespaceId(NetworkNamespace other, CancellationToken cancellation = default)
    {
        using var writer = new NetlinkWriter(stackalloc byte[64]);
        writer.BeginMessage(RTM_GETNSID, 0);
        writer.Header(new RtGenMessage());
        writer.Put(NETNSA_FD, other.Descriptor);
        writer.EndMessage();
        var operation = new NetlinkOperation(LinkMessages.ReadingNamespaceId, other.Name);
        using var exchange = _connection.Start(writer.Written, operation, cancellation);
        int? id = null;
        while (exchange.MoveNext())
        {
            if (exchange.Current.Type == RTM_NEWNSID)
            {
                foreach (var attribute in exchange.Current.Attributes(1))
                {
                    // -1 is "has none".
                    id = attribute.Type == NETNSA_NSID && attribute.AsInt32() is >= 0 and var found ? found : id;
                }
            }
        }

        GC.KeepAlive(other);
        return id;
    }

    private NetlinkResult<Address> ReadAddresses(int? namespaceId, int index, CancellationToken cancellation)
    {
        using var writer = new NetlinkWriter(stackalloc byte[64]);
        writer.BeginMessage(RTM_GETADDR, NetlinkFlags.Dump);
        writer.Header(new IfAddrMessage { ifa_index = index });
        if (namespaceId is { } id)
        {
            writer.Put(IFA_TARGET_NETNSID, id);
        }

        writer.EndMessage();
        return _connection.Collect(writer.Written, AddressDecoder.Decode, Reading(LinkMessages.ReadingAddresses), cancellation);
    }

    private NetlinkOperation Reading(string action) => new(action, _subject);

    // The kernel cuts a name that is too long in some requests and refuses it in others (IFNAMSIZ is 16 with the NUL).
    private static string CheckedName(string name) =>
        name.Length is > 0 and < 16 && !name.Contains('\0', StringComparison.Ordinal)
            ? name
            : throw NodeException.Create(Messages.ResourceManager, nameof(Messages.LinkNameInvalid), NodeErrorCategory.InvalidArgument,
            Printable.Text(name));

    private static byte Family(IPAddress address) => (byte)(address.AddressFamily == AddressFamily.InterNetwork ? AF_INET : AF_INET6);
}
