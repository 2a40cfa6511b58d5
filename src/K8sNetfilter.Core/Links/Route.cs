using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace K8sNetfilter.Links;

/// <summary>A route, ip-route(8).</summary>
public sealed record Route
{
    /// <summary>IPv4 or IPv6.</summary>
    public required AddressFamily Family { get; init; }

    /// <summary>The destination network; 0.0.0.0 or :: for the default route.</summary>
    public required IPAddress Destination { get; init; }

    /// <summary>Bits of the destination's prefix; 0 for the default route.</summary>
    public required int PrefixLength { get; init; }

    /// <summary>The routing table: 254 is main, 255 is local, 253 is default.</summary>
    public required uint Table { get; init; }

    /// <summary>What it does.</summary>
    public RouteKind Kind { get; init; }

    /// <summary>How far it reaches.</summary>
    public RouteScope Scope { get; init; }

    /// <summary>Who made it (RTPROT_…): 2 the kernel, 3 boot, 4 an administrator, above that a routing daemon.</summary>
    public byte Protocol { get; init; }

    /// <summary>The type of service that it is for; 0 for all.</summary>
    public byte TypeOfService { get; init; }

    /// <summary>The router; null where the destination is on the link, or there are several next hops.</summary>
    public IPAddress? Gateway { get; init; }

    /// <summary>The number of the interface that packets leave by; null if there is none, or there are several next hops.</summary>
    public int? LinkIndex { get; init; }

    /// <summary>The source address that the node's own packets get; null where the kernel chooses.</summary>
    public IPAddress? PreferredSource { get; init; }

    /// <summary>The source network that it is for (IPv6); null for all.</summary>
    public IPAddress? Source { get; init; }

    /// <summary>Bits of the source network's prefix.</summary>
    public int SourcePrefixLength { get; init; }

    /// <summary>The lower of two goes first.</summary>
    public uint Metric { get; init; }

    /// <summary>The largest packet that the route takes, in bytes; null where that is its interface's (RTAX_MTU).</summary>
    public int? Mtu { get; init; }

    /// <summary>The ways out where there are several; empty elsewhere.</summary>
    public RouteNextHop[] NextHops { get; init; } = [];

    /// <summary>The number of the nexthop object that it uses; null where it has its own.</summary>
    public uint? NextHopId { get; init; }

    /// <summary>The kernel's flags (RTNH_F_…).</summary>
    public uint Flags { get; init; }

    /// <inheritdoc/>
    public override string ToString() =>
        PrefixLength == 0 ? "default" : string.Create(CultureInfo.InvariantCulture, $"{Destination}/{PrefixLength}");
}
