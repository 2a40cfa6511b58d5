using System.Globalization;
using System.Net;

namespace K8sNetfilter.Links;

/// <summary>An address of an interface, ip-address(8).</summary>
public sealed record Address
{
    /// <summary>The address.</summary>
    public required IPAddress IPAddress { get; init; }

    /// <summary>Bits of the network's prefix.</summary>
    public required int PrefixLength { get; init; }

    /// <summary>The interface's number.</summary>
    public required int LinkIndex { get; init; }

    /// <summary>The other end's address on a point-to-point link; null elsewhere.</summary>
    public IPAddress? Peer { get; init; }

    /// <summary>The broadcast address; null where none is set.</summary>
    public IPAddress? Broadcast { get; init; }

    /// <summary>How far it is valid.</summary>
    public RouteScope Scope { get; init; }

    /// <summary>The kernel's flags (IFA_F_…).</summary>
    public uint Flags { get; init; }

    /// <summary>The name that IPv4 tools know it by, usually the interface's; null for IPv6.</summary>
    public string? Label { get; init; }

    /// <summary>How long it stays; null where that is for ever.</summary>
    public TimeSpan? ValidLifetime { get; init; }

    /// <summary>How long new connections may use it; null where that is for ever.</summary>
    public TimeSpan? PreferredLifetime { get; init; }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{IPAddress}/{PrefixLength}");
}
