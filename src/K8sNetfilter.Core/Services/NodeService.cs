using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Text;

namespace K8sNetfilter.Services;

/// <summary>A Service as this node's rules have it: one address and port, and where they lead.</summary>
public sealed record NodeService
{
    /// <summary>The Service's namespace; null where the rules carry no comment and no list of names has it.</summary>
    public string? Namespace { get; init; }

    /// <summary>The Service's name; null as for <see cref="Namespace"/>.</summary>
    public string? Name { get; init; }

    /// <summary>The name of the Service's port; null where it has none.</summary>
    public string? PortName { get; init; }

    /// <summary>How it is reached.</summary>
    public required NodeServiceType Type { get; init; }

    /// <summary>The address; null for a node port, which every address of the node has.</summary>
    public string? IP { get => Address?.ToString(); init => Address = value is null ? null : IPAddress.Parse(value); }

    /// <summary><see cref="IP"/> as an address.</summary>
    internal IPAddress? Address { get; init; }

    /// <summary>The port that callers use.</summary>
    public required int Port { get; init; }

    /// <summary>The protocol in lower case: <c>tcp</c>, <c>udp</c>, <c>sctp</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary>The endpoints that this node chooses from, as kube-proxy writes them: <c>10.244.0.3:8080</c>, <c>[fd00::3]:8080</c>.</summary>
    public ValueList<string> Endpoints => [.. EndpointDetails.Select(e => e.ToString())];

    /// <summary>The same endpoints with what is known of each.</summary>
    public ValueList<ServiceEndpoint> EndpointDetails { get; init; } = [];

    /// <summary>kube-proxy's mode.</summary>
    public required KubeProxyMode ProxyMode { get; init; }

    /// <summary>IPv4 or IPv6.</summary>
    public required IPFamily Family { get; init; }

    /// <summary>Which iptables the rules were made with; null where the text does not say.</summary>
    public NetfilterBackend? Backend { get; init; }

    /// <summary>How many seconds a client stays with its endpoint (session affinity); -1 where that is not known, null for none.</summary>
    public long? AffinitySeconds => Affinity is not { } time ? null : time == TimeSpan.MaxValue ? -1 : (long)time.TotalSeconds;

    /// <summary><see cref="AffinitySeconds"/> as a time; <see cref="TimeSpan.MaxValue"/> where it is not known.</summary>
    internal TimeSpan? Affinity { get; init; }

    /// <summary>The only sources that the load balancer's address admits; empty for all.</summary>
    public ValueList<string> SourceRanges { get; init; } = [];

    /// <summary>Only endpoints on the caller's node are used: the Service's internal or external traffic policy is Local.</summary>
    public bool IsLocalOnly { get; init; }

    /// <summary>
    /// What kube-proxy does with a call from outside when there is no endpoint for it: <c>REJECT</c> where the Service has none at all,
    /// <c>DROP</c> where its policy is Local and it has none on this node; null where there are endpoints.
    /// </summary>
    public string? Refusal { get; init; }

    /// <summary>Why some of its endpoints may not be known, in words with file and line: a rule of it could not be read. Null where all were.</summary>
    public string? Unread { get; init; }

    /// <summary>The chain that the Service's rule jumps to; null where it has no endpoints, or no chains translate it (IPVS).</summary>
    public string? Chain { get; init; }

    /// <summary>Endpoints get packets as they are and answer the caller themselves (IPVS: Route or Tunnel).</summary>
    internal bool IsDirect { get; init; }

    /// <summary><c>namespace/name:port</c>, as kube-proxy writes it; null where the name is not known.</summary>
    public string? FullName => Name is null ? null : PortName is null ? $"{Namespace}/{Name}" : $"{Namespace}/{Name}:{PortName}";

    /// <inheritdoc/>
    public override string ToString() => FullName ?? (Address is { AddressFamily: AddressFamily.InterNetworkV6 } ? $"[{Address}]:{Port}/{Protocol}" : $"{Address?.ToString() ?? "*"}:{Port}/{Protocol}");
}
