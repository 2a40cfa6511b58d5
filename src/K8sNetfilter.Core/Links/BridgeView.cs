using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Namespaces;

namespace K8sNetfilter.Links;

/// <summary>Puts a namespace's bridges together from its links, addresses, neighbours and forwarding entries.</summary>
public static class BridgeView
{
    /// <summary>All bridges with their ports.</summary>
    /// <param name="source">The namespace.</param>
    /// <param name="switches">Its switches for bridge netfilter.</param>
    /// <param name="warn">Told of an uncertain answer.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <returns>The bridges in the order of their numbers; null where the node does not say.</returns>
    public static IReadOnlyList<Bridge>? Read(
        ILinkSource source, BridgeNetfilterSwitches switches, Action<string> warn, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(switches);
        if (source.ReadLinks(warn, cancellation) is not { } links)
        {
            return null;
        }

        var bridges = ByIndex(links.Where(l => l.Bridge is not null || l.Kind == "bridge"));
        if (bridges.Count == 0)
        {
            return [];
        }

        var ports = links.Where(l => l.MasterIndex is { } master && bridges.ContainsKey(master)).ToList();
        var addresses = (source.ReadAddresses(warn, cancellation) ?? []).ToLookup(a => a.LinkIndex);
        var behind = AddressesBehind(source, ports, warn, cancellation);
        var spaces = ports.Exists(p => p.PeerNamespaceId is not null) ? source.ReadPeerNamespaces(cancellation) : null;
        var byBridge = ports.ToLookup(p => p.MasterIndex!.Value);
        return
        [
            .. bridges.Values.OrderBy(b => b.Index).Select(b =>
            {
                var settings = b.Bridge ?? new BridgeSettings();
                return new Bridge
                {
                    Name = b.Name,
                    Index = b.Index,
                    IPv4Netfilter = switches.Effective(switches.IPv4, settings.NfCallIptables),
                    IPv6Netfilter = switches.Effective(switches.IPv6, settings.NfCallIp6tables),
                    ArpNetfilter = switches.Effective(switches.Arp, settings.NfCallArptables),
                    NfCallIptables = settings.NfCallIptables,
                    NfCallIp6tables = settings.NfCallIp6tables,
                    NfCallArptables = settings.NfCallArptables,
                    VlanFiltering = settings.VlanFiltering,
                    IsPromiscuous = b.IsPromiscuous,
                    IsUp = b.IsUp,
                    MacAddress = b.MacAddress,
                    Mtu = b.Mtu,
                    Address = [.. addresses[b.Index].Where(a => IsRoutable(a.IPAddress)).Select(a => a.ToString())],
                    Ports = [.. byBridge[b.Index].OrderBy(p => p.Index).Select(p => Port(p, b.Name, behind, spaces))],
                };
            }),
        ];
    }

    private static BridgePort Port(
        Link link, string bridge, Dictionary<int, PortAddresses> behind, IReadOnlyDictionary<int, NetworkNamespaceInfo>? spaces)
    {
        var settings = link.Port ?? new BridgePortSettings();
        var known = behind.GetValueOrDefault(link.Index);
        var space = link.PeerNamespaceId is { } id ? spaces?.GetValueOrDefault(id) : null;
        return new BridgePort
        {
            Name = link.Name,
            Bridge = bridge,
            Index = link.Index,
            Hairpin = settings.Hairpin,
            Isolated = settings.Isolated,
            Learning = settings.Learning,
            UnicastFlood = settings.UnicastFlood,
            MulticastFlood = settings.MulticastFlood,
            BroadcastFlood = settings.BroadcastFlood,
            NeighborSuppression = settings.NeighborSuppression,
            State = settings.State,
            IsPromiscuous = link.IsPromiscuous,
            Promiscuity = link.Promiscuity,
            IsUp = link is { IsUp: true, HasCarrier: true },
            Kind = link.Kind,
            MacAddress = link.MacAddress,
            Mtu = link.Mtu,
            Addresses = known?.Addresses ?? [],
            AddressSource = known?.Source ?? PortAddressSource.None,
            NetNamespace = space?.ToString(),
            Pid = space?.Pid,
            ContainerId = space?.ContainerId,
            PodUid = space?.PodUid,
            PodName = space?.PodName,
            PeerIndex = link.Kind == "veth" ? link.PeerIndex : null,
        };
    }

    // What is certain first: the other end's own addresses; then what the node has spoken with; then where it would send.
    private static Dictionary<int, PortAddresses> AddressesBehind(
        ILinkSource source, List<Link> ports, Action<string> warn, CancellationToken cancellation)
    {
        var behind = new Dictionary<int, PortAddresses>();
        void Add(int port, IEnumerable<IPAddress> addresses, PortAddressSource from)
        {
            IPAddress[] usable = [.. addresses.Where(IsRoutable).Distinct()];
            if (usable.Length > 0)
            {
                behind[port] = new PortAddresses(usable, from);
            }
        }

        foreach (var (port, addresses) in source.ReadPeerAddresses(ports.Where(p => p.PeerNamespaceId is not null), warn, cancellation)
            ?? new Dictionary<int, IReadOnlyList<Address>>())
        {
            Add(port, addresses.Select(a => a.IPAddress), PortAddressSource.PeerNamespace);
        }

        var open = ByIndex(ports.Where(p => !behind.ContainsKey(p.Index)));
        if (open.Count == 0)
        {
            return behind;
        }

        var byMac = (source.ReadNeighbors(warn, cancellation) ?? [])
            .Where(n => n.MacAddress is not null && !n.State.HasFlag(NeighborState.Failed))
            .ToLookup(n => n.MacAddress!, n => n.IPAddress, StringComparer.Ordinal);
        if (byMac.Count > 0)
        {
            foreach (var port in (source.ReadForwardingEntries(warn, cancellation) ?? [])
                .Where(e => e is { IsLocal: false, IsSelf: false } && open.ContainsKey(e.LinkIndex)).ToLookup(e => e.LinkIndex))
            {
                Add(port.Key, port.SelectMany(e => byMac[e.MacAddress]), PortAddressSource.Neighbor);
                if (behind.ContainsKey(port.Key))
                {
                    open.Remove(port.Key);
                }
            }
        }

        if (open.Count > 0)
        {
            foreach (var port in (source.ReadRoutes(warn, cancellation) ?? []).Where(IsHostRoute)
                .Where(r => open.ContainsKey(r.LinkIndex!.Value)).ToLookup(r => r.LinkIndex!.Value))
            {
                Add(port.Key, port.Select(r => r.Destination), PortAddressSource.Route);
            }
        }

        return behind;
    }

    // A snapshot can have two links of one number, where lists of two namespaces were put together: the first counts.
    private static Dictionary<int, Link> ByIndex(IEnumerable<Link> links)
    {
        var byIndex = new Dictionary<int, Link>();
        foreach (var link in links)
        {
            byIndex.TryAdd(link.Index, link);
        }

        return byIndex;
    }

    private static bool IsHostRoute(Route route) =>
        route is { Kind: RouteKind.Unicast, LinkIndex: not null, Gateway: null }
        && route.PrefixLength == (route.Family == AddressFamily.InterNetwork ? 32 : 128);

    private static bool IsRoutable(IPAddress address) =>
        !address.IsIPv6LinkLocal && !address.IsIPv6Multicast && !IPAddress.IsLoopback(address)
        && !(address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes() is [169, 254, ..] or [>= 224, _, _, _]);
}
