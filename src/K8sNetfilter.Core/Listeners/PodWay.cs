using System.Net;
using K8sNetfilter.Links;

namespace K8sNetfilter.Listeners;

/// <summary>Where a pod's own routes lead.</summary>
/// <param name="Destination">The destinations.</param>
/// <param name="Gateway">The router that they are sent to; null where they are on the pod's link.</param>
public sealed record PodWay(IPNetwork Destination, IPAddress? Gateway)
{
    private const uint DefaultTable = 253, MainTable = 254, LocalTable = 255;

    /// <summary>The ways of routes; null where they depend on more than a packet's destination.</summary>
    public static IReadOnlyList<PodWay>? From(IEnumerable<Route> routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        var ways = new List<PodWay>();
        foreach (var route in routes)
        {
            if (route.Table is not (DefaultTable or MainTable or LocalTable) || route.Source is not null || route.TypeOfService != 0)
            {
                return null;
            }

            if (route.Kind is RouteKind.Unicast or RouteKind.Local && IPNetwork.TryParse($"{route.Destination}/{route.PrefixLength}", out var network))
            {
                ways.Add(new PodWay(network, route.Gateway ?? (route.NextHops.Length > 0 ? route.NextHops[0].Gateway : null)));
            }
        }

        return ways;
    }

    /// <summary>The way to an address: the longest prefix that has it; null where no route leads there.</summary>
    public static PodWay? Find(IReadOnlyList<PodWay> ways, IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(ways);
        PodWay? best = null;
        foreach (var way in ways)
        {
            if (way.Destination.Contains(address) && (best is null || way.Destination.PrefixLength > best.Destination.PrefixLength))
            {
                best = way;
            }
        }

        return best;
    }
}
