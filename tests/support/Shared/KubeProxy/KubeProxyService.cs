using System.Net;

namespace K8sNetfilter.Tests.KubeProxy;

/// <summary>One port of a Service, with what kube-proxy needs to know of it.</summary>
public sealed record KubeProxyService(string Namespace, string Name, string Port, IPAddress ClusterIP, int ServicePort, IReadOnlyList<IPEndPoint> Endpoints)
{
    /// <summary>tcp, udp or sctp.</summary>
    public string Protocol { get; init; } = "tcp";

    /// <summary>The node port; 0 for none.</summary>
    public int NodePort { get; init; }

    /// <summary>An address under which it is reached from outside.</summary>
    public IPAddress? ExternalIP { get; init; }

    /// <summary>The address of a load balancer.</summary>
    public IPAddress? LoadBalancerIP { get; init; }

    /// <summary>Who may use the load balancer; empty for everybody.</summary>
    public IReadOnlyList<string> SourceRanges { get; init; } = [];

    /// <summary>Seconds for which a client stays with its endpoint; 0 for no affinity.</summary>
    public int AffinitySeconds { get; init; }

    /// <summary>externalTrafficPolicy: Local, with the endpoints that are on this node.</summary>
    public IReadOnlyList<IPEndPoint>? LocalEndpoints { get; init; }

    /// <summary>The name in comments and hashes.</summary>
    public string FullName => Port.Length == 0 ? $"{Namespace}/{Name}" : $"{Namespace}/{Name}:{Port}";
}
