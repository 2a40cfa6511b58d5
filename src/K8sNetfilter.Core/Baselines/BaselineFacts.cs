namespace K8sNetfilter.Baselines;

/// <summary>What is known of a node that decides which requirements apply to it. Null means that the node does not say.</summary>
public sealed record BaselineFacts
{
    /// <summary>The node has IPv6 addresses beyond the link-local ones, so that pods may use IPv6.</summary>
    public bool? IPv6 { get; init; }

    /// <summary>kube-proxy's mode as its rules show it: <c>iptables</c>, <c>ipvs</c>, <c>nftables</c> or <c>none</c>.</summary>
    public string? ProxyMode { get; init; }

    /// <summary>kube-proxy's rules answer node ports at 127.0.0.1 too, and there is one; false also where the rules are not known.</summary>
    public bool? LocalNodePorts { get; init; }

    /// <summary>The CNI plugin as /etc/cni/net.d names it, in lower case: <c>flannel</c>, <c>calico</c>, <c>cilium</c>, <c>bridge</c> …</summary>
    public string? Cni { get; init; }

    /// <summary>The container runtime whose socket is there: <c>containerd</c>, <c>cri-o</c> or <c>docker</c>.</summary>
    public string? ContainerRuntime { get; init; }

    /// <summary>The kernel's version, e.g. 6.1; of a mounted root, that of its newest installed kernel.</summary>
    public Version? Kernel { get; init; }
}
