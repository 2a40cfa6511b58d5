namespace K8sNetfilter.Diagnosis.Chains;

/// <summary>A component that writes chains of its own into the iptables tables of a Kubernetes node.</summary>
public enum ChainOwner : long
{
    /// <summary>kube-proxy in iptables or IPVS mode: <c>KUBE-</c>.</summary>
    KubeProxy,

    /// <summary>The Cilium agent: <c>CILIUM_</c>.</summary>
    Cilium,

    /// <summary>Calico's Felix: <c>cali-</c>.</summary>
    Calico,

    /// <summary>flanneld: <c>FLANNEL-</c>.</summary>
    Flannel,

    /// <summary>The Docker daemon: <c>DOCKER</c>, not the rules of its name server inside a container (<c>DOCKER_OUTPUT</c>).</summary>
    Docker,

    /// <summary>The CNI portmap plugin, which makes a pod's hostPort: <c>CNI-HOSTPORT-</c>, <c>CNI-DN-</c>.</summary>
    CniPortmap,

    /// <summary>kubelet: <c>KUBE-FIREWALL</c>.</summary>
    Kubelet,
}
