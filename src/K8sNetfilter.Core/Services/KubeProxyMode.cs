namespace K8sNetfilter.Services;

/// <summary>How kube-proxy translates Services on a node (<c>--proxy-mode</c>).</summary>
public enum KubeProxyMode : long
{
    /// <summary>Rules in the iptables tables.</summary>
    Iptables,

    /// <summary>Maps and rules in the nftables tables <c>ip kube-proxy</c> and <c>ip6 kube-proxy</c>.</summary>
    Nftables,

    /// <summary>Virtual servers of the kernel's IPVS.</summary>
    Ipvs,
}
