using System.Net;
using K8sNetfilter.Packets;
using K8sNetfilter.Rulesets;

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
    public IPAddress? IP { get; init; }

    /// <summary>The port that callers use.</summary>
    public required int Port { get; init; }

    /// <summary>The protocol in lower case: <c>tcp</c>, <c>udp</c>, <c>sctp</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary>The endpoints that this node chooses from.</summary>
    public ServiceEndpoint[] Endpoints { get; init; } = [];

    /// <summary>kube-proxy's mode.</summary>
    public required KubeProxyMode ProxyMode { get; init; }

    /// <summary>IPv4 or IPv6.</summary>
    public required IPFamily Family { get; init; }

    /// <summary>Which iptables the rules were made with; null where the text does not say.</summary>
    public NetfilterBackend? Backend { get; init; }

    /// <summary>How long a client stays with its endpoint (session affinity); <see cref="TimeSpan.MaxValue"/> where that is not known, null for none.</summary>
    public TimeSpan? Affinity { get; init; }

    /// <summary>The only sources that the load balancer's address admits; empty for all.</summary>
    public string[] SourceRanges { get; init; } = [];

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
    public override string ToString() => FullName ?? $"{IP?.ToString() ?? "*"}:{Port}/{Protocol}";
}
