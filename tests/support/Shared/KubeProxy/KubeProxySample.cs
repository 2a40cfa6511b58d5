using System.Net;

namespace K8sNetfilter.Tests.KubeProxy;

/// <summary>Services of every kind, as one node of a cluster has them: what each version of kube-proxy must be read to have made.</summary>
public static class KubeProxySample
{
    /// <summary>The Services. Pods of 10.244.1.0/24 are on this node.</summary>
    public static IReadOnlyList<KubeProxyService> Services { get; } =
    [
        new("default", "web", "http", IPAddress.Parse("10.96.0.10"), 80, Endpoints("10.244.1.3:8080", "10.244.2.4:8080")) { NodePort = 30080, ExternalIP = IPAddress.Parse("203.0.113.10") },
        new("default", "plain", "", IPAddress.Parse("10.96.0.11"), 53, Endpoints("10.244.1.3:53")) { Protocol = "udp", AffinitySeconds = 10800 },
        new("shop", "local", "http", IPAddress.Parse("10.96.0.12"), 80, Endpoints("10.244.1.5:8080", "10.244.2.6:8080"))
        {
            NodePort = 30082, LoadBalancerIP = IPAddress.Parse("198.51.100.12"), LocalEndpoints = Endpoints("10.244.1.5:8080"),
        },
        new("shop", "away", "http", IPAddress.Parse("10.96.0.13"), 80, Endpoints("10.244.2.7:8080")) { NodePort = 30083, LocalEndpoints = [] },
        new("shop", "none", "http", IPAddress.Parse("10.96.0.14"), 80, []) { NodePort = 30084, ExternalIP = IPAddress.Parse("203.0.113.14") },
        new("shop", "ranges", "https", IPAddress.Parse("10.96.0.15"), 443, Endpoints("10.244.1.8:8443"))
        {
            NodePort = 30085, LoadBalancerIP = IPAddress.Parse("198.51.100.15"), SourceRanges = ["192.0.2.0/24", "203.0.113.0/24"],
        },
    ];

    /// <summary>Every way to reach one of them: name, type, address, whether only local endpoints are used, the endpoints, the refusal.</summary>
    public static IReadOnlyList<string> Ways { get; } =
    [
        "default/plain ClusterIP 10.96.0.11:53/udp cluster -> 10.244.1.3:53 03:00:00",
        "default/web:http ClusterIP 10.96.0.10:80/tcp cluster -> 10.244.1.3:8080, 10.244.2.4:8080",
        "default/web:http ExternalIP 203.0.113.10:80/tcp cluster -> 10.244.1.3:8080, 10.244.2.4:8080",
        "default/web:http NodePort :30080/tcp cluster -> 10.244.1.3:8080, 10.244.2.4:8080",
        "shop/away:http ClusterIP 10.96.0.13:80/tcp cluster -> 10.244.2.7:8080",
        "shop/away:http NodePort :30083/tcp local -> DROP",
        "shop/local:http ClusterIP 10.96.0.12:80/tcp cluster -> 10.244.1.5:8080, 10.244.2.6:8080",
        "shop/local:http LoadBalancer 198.51.100.12:80/tcp local -> 10.244.1.5:8080",
        "shop/local:http NodePort :30082/tcp local -> 10.244.1.5:8080",
        "shop/none:http ClusterIP 10.96.0.14:80/tcp cluster -> REJECT",
        "shop/none:http ExternalIP 203.0.113.14:80/tcp cluster -> REJECT",
        "shop/none:http NodePort :30084/tcp cluster -> REJECT",
        "shop/ranges:https ClusterIP 10.96.0.15:443/tcp cluster -> 10.244.1.8:8443",
        "shop/ranges:https LoadBalancer 198.51.100.15:443/tcp cluster -> 10.244.1.8:8443 from 192.0.2.0/24 203.0.113.0/24",
        "shop/ranges:https NodePort :30085/tcp cluster -> 10.244.1.8:8443",
    ];

    /// <summary>What a minor version makes of them: 1.5 lets calls from outside for a Service without endpoints pass as they are.</summary>
    public static IEnumerable<string> WaysIn(int minor) =>
        Ways.Select(w => minor < 7 && w.StartsWith("shop/none", StringComparison.Ordinal) && !w.Contains("ClusterIP", StringComparison.Ordinal) ? w.Replace("REJECT", "", StringComparison.Ordinal) : w);

    private static IPEndPoint[] Endpoints(params string[] endpoints) => [.. endpoints.Select(IPEndPoint.Parse)];
}
