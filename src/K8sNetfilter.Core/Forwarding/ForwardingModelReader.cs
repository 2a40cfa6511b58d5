using System.Net;
using K8sNetfilter.Addressing;
using K8sNetfilter.Collections;
using K8sNetfilter.Links;
using K8sNetfilter.Listeners;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Forwarding;

/// <summary>Makes the network that a walk looks things up in from what a node says of its links and parameters.</summary>
internal static class ForwardingModelReader
{
    // include/uapi/linux/if_addr.h and rtnetlink.h
    private const uint SecondaryAddress = 0x01;
    private const uint OptimisticAddress = 0x04;
    private const uint DeprecatedAddress = 0x20;
    private const uint TentativeAddress = 0x40;

    // RTNH_F_DEAD: with an interface that is down, or without carrier where such routes are ignored.
    private const uint DeadRoute = 1;

    /// <summary>Reads a node's links; an unknown network where the node does not say.</summary>
    public static ForwardingModel Read(
        ILinkSource source, ISysctlSource sysctls, Action<string> warn, CancellationToken cancellation, IListenerSource? listeners = null)
    {
        var links = source.ReadLinks(warn, cancellation);
        var routes = source.ReadRoutes(warn, cancellation);
        var addresses = source.ReadAddresses(warn, cancellation);

        // Where parameters can be read at all, one that is not there means that its module is not.
        bool readable = sysctls.ReadValue("net/ipv4/ip_forward") is not null;
        bool knowsLinks = links is not null && routes is not null && addresses is not null;
        var known = (knowsLinks && source.KnowsRoutes(IPFamily.IPv4), knowsLinks && source.KnowsRoutes(IPFamily.IPv6));
        var network = new ForwardingModel(known, name => sysctls.ReadValue(Path(name))?.Trim())
        {
            PermanentNeighbors = () => Permanent(source, links ?? [], warn, cancellation),
            Switches = readable ? BridgeNetfilterSwitches.Read(sysctls) : BridgeNetfilterSwitches.Unknown,
            Listeners = listeners is null ? NodeListeners.Unasked : new NodeListeners(listeners, cancellation),
        };
        if (links is null)
        {
            return network;
        }

        // By their numbers: a later one of the same number, as in a file that two commands wrote, takes the place of an earlier.
        var byIndex = new Bits128Map<Link>();
        foreach (var link in links)
        {
            byIndex.Set((uint)link.Index, link);
        }

        AddInterfaces(network, links, byIndex, addresses ?? []);
        AddRoutes(network, routes ?? [], byIndex);
        AddRules(network, source.ReadRules(warn, cancellation), links, byIndex);

        NodeLayer2Reader.Read(network, source, links, byIndex, warn, cancellation);
        if (links.Any(IsBridge))
        {
            foreach (var bridge in BridgeView.Read(source, BridgeNetfilterSwitches.Unknown, warn, cancellation) ?? [])
            {
                foreach (var port in bridge.Ports)
                {
                    foreach (var address in port.Addresses)
                    {
                        network.AddStation(bridge.Name, AddressBits.From(address), port.Name);
                    }
                }
            }
        }

        return network;
    }

    private static IEnumerable<(string, Bits128)> Permanent(
        ILinkSource source, IReadOnlyList<Link> links, Action<string> warn, CancellationToken cancellation) =>
        from neighbor in source.ReadNeighbors(warn, cancellation) ?? []
        where neighbor.State is NeighborState.Permanent or NeighborState.NoArp
        join link in links on neighbor.LinkIndex equals link.Index
        select (link.Name, AddressBits.From(neighbor.IPAddress));

    private static bool IsBridge(Link link) => link.Bridge is not null || link.Kind == "bridge";

    private static void AddInterfaces(
        ForwardingModel network, IReadOnlyList<Link> links, Bits128Map<Link> byIndex, IReadOnlyList<Address> addresses)
    {
        var own = new Bits128Map<List<Address>>();
        foreach (var address in addresses)
        {
            if (own.Find((uint)address.LinkIndex) is not { } list)
            {
                own.Set((uint)address.LinkIndex, list = []);
            }

            list.Add(address);
        }

        foreach (var link in links.OrderBy(l => l.Index))
        {
            var item = Interface(link, link.MasterIndex is { } number ? byIndex.Find((uint)number) : null);
            foreach (var address in own.Find((uint)link.Index) ?? [])
            {
                if (Own(address) is { } usable)
                {
                    item.Addresses.Add(usable);
                }
            }

            network.Add(item);
        }
    }

    private static NetworkInterface Interface(Link link, Link? master) => new()
    {
        Name = link.Name,
        Index = link.Index,
        PeerIndex = link.PeerIndex ?? 0,
        PeerNamespaceId = link.PeerIndex is null ? null : link.PeerNamespaceId,
        Mac = link.MacAddress,
        Kind = link.Kind,
        Bridge = master is not null && IsBridge(master) ? master.Name : null,
        IsBridge = IsBridge(link),
        IsLoopback = link.IsLoopback,
        Hairpin = link.Port?.Hairpin,
        Isolated = link.Port?.Isolated == true,
        Mtu = link.Mtu,
        Down = !link.IsUp ? ForwardingMessages.IsDown : !link.HasCarrier ? ForwardingMessages.HasNoCarrier : null,
        NeedsNeighbors = !link.IsNoArp && !link.IsPointToPoint && !link.IsLoopback,
        PortState = link.Port?.State,
        Learns = link.Port?.Learning != false,
        UnicastFlood = link.Port?.UnicastFlood != false,
        BroadcastFlood = link.Port?.BroadcastFlood != false,
        MulticastFlood = link.Port?.MulticastFlood != false,
        CallIptables = link.Bridge?.NfCallIptables,
        CallIp6tables = link.Bridge?.NfCallIp6tables,
    };

    // Null for one that nothing may be sent from yet: not before it is known that nobody else has it, nor if somebody has
    // (ipv6_dev_get_saddr, nf_nat_redirect_ipv6_usable).
    private static InterfaceAddress? Own(Address address)
    {
        var family = IPFamilies.Of(address.IPAddress.AddressFamily);
        if (family == IPFamily.IPv6 && (address.Flags & (TentativeAddress | OptimisticAddress)) == TentativeAddress)
        {
            return null;
        }

        bool secondary = (address.Flags & (family == IPFamily.IPv6 ? DeprecatedAddress : SecondaryAddress)) != 0;
        return new(family, AddressBits.From(address.IPAddress), address.PrefixLength, (byte)address.Scope, secondary);
    }

    private static void AddRoutes(ForwardingModel network, IReadOnlyList<Route> routes, Bits128Map<Link> links)
    {
        // IPv6 lists each next hop of one route as a route of its own.
        foreach (var same in routes.Where(Counts).GroupBy(r => new NextHopGroupKey(r)))
        {
            var route = same.First();
            var hops = same.SelectMany(Hops).ToList();
            string[] devices = [.. hops.Select(h => h.Link?.Name).OfType<string>().Distinct(StringComparer.Ordinal)];
            IPAddress?[] gateways = [.. hops.Select(h => h.Gateway).Distinct()];
            // What a nexthop object says is told with the route, unless the kernel was told not to (net.ipv4.nexthop_compat_mode).
            string? missing = route is { Kind: RouteKind.Unicast, NextHopId: { } id, LinkIndex: null, NextHops.Length: 0 }
                ? ForwardingMessages.NextHopUnknown(id, route) : null;
            network.Add(IPFamilies.Of(route.Family), new FibRoute
            {
                Destination = AddressBits.From(route.Destination),
                PrefixLength = route.PrefixLength,
                Table = route.Table,
                Metric = route.Metric,
                Kind = missing is null ? Verdict(route.Kind) : FibResultKind.Unknown,
                Missing = missing,
                Hops = hops.Count > 1 && hops.TrueForAll(h => h.Gateway is not null || route.NextHops.Length > 0)
                    ? [.. hops.Select(h => new FibNextHop(h.Link?.Name, h.Gateway is null ? null : AddressBits.From(h.Gateway)))
                        .Distinct()] : [],
                Mtu = route.Mtu,
                SourceLength = route.Source is null ? 0 : route.SourcePrefixLength,
                SourceNetwork = route.Source is null ? 0 : AddressBits.From(route.Source),
                Tos = route.TypeOfService,
                Group = hops.FirstOrDefault().Link?.Group ?? 0,
                IsAnycast = route.Kind == RouteKind.Anycast,
                Device = devices.Length == 1 ? devices[0] : null,
                Devices = devices,
                Gateway = gateways is [{ } gateway] ? AddressBits.From(gateway) : null,
                Source = route.PreferredSource is { } source ? AddressBits.From(source) : null,
            });
        }

        // A next hop that is dead is not chosen while another lives.
        IEnumerable<(Link? Link, IPAddress? Gateway)> Hops(Route route) => route.NextHops.Length == 0
            ? [(route.LinkIndex is { } index ? links.Find((uint)index) : null, route.Gateway)]
            : route.NextHops.Where(n => (n.Flags & DeadRoute) == 0).Select(n => (links.Find((uint)n.LinkIndex), n.Gateway));

        static bool Counts(Route route) => (route.Flags & DeadRoute) == 0
            && (route.NextHops.Length == 0 || route.NextHops.Any(n => (n.Flags & DeadRoute) == 0));
    }

    private static FibResultKind Verdict(RouteKind kind) => kind switch
    {
        RouteKind.Unicast => FibResultKind.Unicast,
        RouteKind.Local or RouteKind.Anycast => FibResultKind.Local,
        RouteKind.Broadcast => FibResultKind.Broadcast,
        RouteKind.Multicast => FibResultKind.Multicast,
        RouteKind.Blackhole => FibResultKind.Blackhole,
        RouteKind.Unreachable => FibResultKind.Unreachable,
        RouteKind.Prohibit => FibResultKind.Prohibit,
        RouteKind.Throw => FibResultKind.Throw,
        _ => FibResultKind.Unknown,
    };

    private static void AddRules(ForwardingModel network, IReadOnlyList<RoutingRule>? rules, IReadOnlyList<Link> links,
        Bits128Map<Link> byIndex)
    {
        string[] domains =
        [
            .. links.Where(l => l.Kind == "vrf" || (l.MasterIndex is { } master && byIndex.Find((uint)master)?.Kind == "vrf"))
            .Select(l => l.Name),
        ];
        foreach (var family in IPFamilies.Both)
        {
            var own = rules?.Where(r => r.Family == family.Socket).ToList() ?? [];
            if (own.Count == 0)
            {
                // The kernel has three by itself.
                network.RulesAreUnknown(family, ForwardingMessages.RulesNotRead((int)family));
            }

            network.Add(family, own.Select(r => Rule(r, domains)).OfType<FibRule>());
        }
    }

    private static FibRule? Rule(RoutingRule rule, string[] domains)
    {
        var family = IPFamilies.Of(rule.Family);
        if (rule.IsL3Mdev && domains.Length == 0 && !rule.IsInverted)
        {
            return null;
        }

        return new FibRule
        {
            Priority = rule.Priority,
            Table = rule.Table ?? 0,
            // One that does nothing is kept: another may go on with it.
            GoTo = rule.Action switch { RoutingRuleAction.Goto => rule.GotoPriority ?? 0, RoutingRuleAction.Nop => 0, _ => null },
            Kind = rule.Action switch
            {
                RoutingRuleAction.Blackhole => FibResultKind.Blackhole,
                RoutingRuleAction.Unreachable => FibResultKind.Unreachable,
                RoutingRuleAction.Prohibit => FibResultKind.Prohibit,
                _ => FibResultKind.Unicast,
            },
            From = Prefix(rule.Source, rule.SourcePrefixLength),
            To = Prefix(rule.Destination, rule.DestinationPrefixLength),
            Mark = rule.Mark ?? 0,
            MarkMask = rule.Mark is null ? 0 : rule.MarkMask,
            In = rule.InInterface,
            Out = rule.OutInterface,
            Negated = rule.IsInverted,
            Tos = rule.TypeOfService,
            Protocol = rule.IPProtocol,
            SourcePorts = rule.SourcePorts,
            DestinationPorts = rule.DestinationPorts,
            Users = rule.Users,
            Domains = rule.IsL3Mdev ? domains : null,
            SuppressPrefixLength = rule.SuppressPrefixLength ?? -1,
            SuppressGroup = rule.SuppressGroup,
            Unmodelled = rule.OtherSelector
            ?? (rule.IsL3Mdev ? ForwardingMessages.SelectorDomain : rule.TunnelId is null ? null : ForwardingMessages.SelectorTunnel),
        };

        (Bits128, Bits128)? Prefix(IPAddress? address, int length)
        {
            if (address is null || length == 0)
            {
                return null;
            }

            var mask = AddressBits.Mask(length, family);
            return (AddressBits.From(address) & mask, mask);
        }
    }

    // The dotted name of sysctl(8): a slash in it stands for a dot in an interface's name.
    private static string Path(string name) => string.Create(name.Length, name, (to, from) =>
    {
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = from[i] switch { '.' => '/', '/' => '.', char c => c };
        }
    });
}
