using System.Net;
using K8sNetfilter.Links;

namespace K8sNetfilter.Listeners;

/// <summary>Where one of a pod's own routes leads.</summary>
/// <param name="Destination">The destinations.</param>
/// <param name="Gateway">The router that they are sent to; null where they are on the pod's link.</param>
public sealed record PodWay(IPNetwork Destination, IPAddress? Gateway)
{
    private const uint DefaultTable = 253, MainTable = 254, LocalTable = 255;

    // RTNH_F_DEAD
    private const uint Dead = 1;

    /// <summary>What the route does. A blackhole, for instance, sends nothing.</summary>
    public RouteKind Kind { get; init; } = RouteKind.Unicast;

    /// <summary>The number of the pod's interface that packets leave by; null where it is not known.</summary>
    public int? LinkIndex { get; init; }

    /// <summary>That interface's name; null where it is not known.</summary>
    public string? Device { get; init; }

    /// <summary>The lower of two routes to one destination goes first.</summary>
    public uint Metric { get; init; }

    /// <summary>The place of its table: 0 is local, 1 is main, 2 is default.</summary>
    public int Table { get; init; } = 1;

    /// <summary>The ways of routes; null where they depend on more than a packet's destination.</summary>
    /// <param name="routes">The pod's routes, of all tables.</param>
    /// <param name="rules">Its routing rules; null where they were not read, which is the kernel's three.</param>
    /// <param name="links">Its links, for their names; null where they are not known.</param>
    public static IReadOnlyList<PodWay>? From(IEnumerable<Route> routes, IEnumerable<RoutingRule>? rules = null,
        IEnumerable<Link>? links = null)
    {
        ArgumentNullException.ThrowIfNull(routes);
        if (rules?.All(IsDefault) == false)
        {
            return null;
        }

        var ways = new List<PodWay>();
        var names = links?.GroupBy(l => l.Index).ToDictionary(g => g.Key, g => g.First().Name);
        foreach (var route in routes)
        {
            // Old kernels list the unreachable default of IPv6 in table 0.
            if (route.Table == 0 || (route.Flags & Dead) != 0
                || route.Kind is RouteKind.Broadcast or RouteKind.Anycast or RouteKind.Multicast)
            {
                continue;
            }

            if (route.Table is not (DefaultTable or MainTable or LocalTable) || route.Source is not null || route.TypeOfService != 0
                || (route.NextHopId is not null && route.LinkIndex is null && route.NextHops.Length == 0))
            {
                return null;
            }

            if (!IPNetwork.TryParse($"{route.Destination}/{route.PrefixLength}", out var network))
            {
                continue;
            }

            foreach (var (gateway, link) in Hops(route))
            {
                ways.Add(new PodWay(network, gateway)
                {
                    Kind = route.Kind, LinkIndex = link, Device = link is { } index ? names?.GetValueOrDefault(index) : null,
                        Metric = route.Metric, Table = (int)(LocalTable - route.Table),
                });
            }
        }

        return ways;
    }

    private static IEnumerable<(IPAddress? Gateway, int? Link)> Hops(Route route) =>
        route.NextHops.Length == 0 ? [(route.Gateway, route.LinkIndex)] : route.NextHops.Select(h => (h.Gateway, (int?)h.LinkIndex));

    // Those that the kernel makes: 0 local, 32766 main, 32767 default.
    private static bool IsDefault(RoutingRule rule) =>
        rule is
        {
            Action: RoutingRuleAction.Lookup, IsInverted: false, Source: null, Destination: null, InInterface: null, OutInterface: null,
                Mark: null or 0, TypeOfService: 0, IPProtocol: null,
            SourcePorts: null, DestinationPorts: null, Users: null, TunnelId: null, OtherSelector: null, SuppressGroup: null,
            SuppressPrefixLength: null, IsL3Mdev: false,
        }
        && (rule.Priority, rule.Table) is (0, LocalTable) or (32766, MainTable) or (32767, DefaultTable);
}
