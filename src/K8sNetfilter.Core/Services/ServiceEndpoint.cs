using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace K8sNetfilter.Services;

/// <summary>One endpoint of a Service: a pod, as the rules name it.</summary>
public sealed record ServiceEndpoint
{
    /// <summary>The pod's address.</summary>
    public string IP => Address.ToString();

    /// <summary><see cref="IP"/> as an address.</summary>
    internal IPAddress Address { get; init; } = IPAddress.None;

    /// <summary>The pod's port; null where the rule keeps the caller's.</summary>
    public int? Port { get; init; }

    /// <summary>The part of new connections that it gets, from 0 to 1; null where the rules do not say (a match that is no plain statistic).</summary>
    public double? Weight { get; init; }

    /// <summary>The pod is on this node; null where that is not known.</summary>
    public bool? IsLocal { get; init; }

    /// <summary>The bridge that the pod is a port of; null where it is on none, or that is not known.</summary>
    public string? Bridge { get; init; }

    /// <summary>The chain that translates to it; null where no chain does (IPVS).</summary>
    public required string? Chain { get; init; }

    /// <summary>As kube-proxy writes it: <c>10.244.0.3:8080</c>, <c>[fd00::3]:8080</c>.</summary>
    public override string ToString() => (Port, Address.AddressFamily) switch
    {
        (null, _) => IP,
        (_, AddressFamily.InterNetworkV6) => string.Create(CultureInfo.InvariantCulture, $"[{IP}]:{Port}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{IP}:{Port}"),
    };
}
