using System.Net;

namespace K8sNetfilter.Links;

/// <summary>One way out of a route that has several.</summary>
/// <param name="Gateway">The router; null where the destination is on the link.</param>
/// <param name="LinkIndex">The interface's number.</param>
/// <param name="Weight">Its share among the others, from 1.</param>
public sealed record RouteNextHop(IPAddress? Gateway, int LinkIndex, int Weight)
{
    /// <summary>The kernel's flags (RTNH_F_…).</summary>
    public uint Flags { get; init; }
}
