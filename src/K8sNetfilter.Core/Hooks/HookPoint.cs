namespace K8sNetfilter.Hooks;

/// <summary>
/// The places where packets meet functions. The first five have the kernel's numbers of IP and of bridges (NF_INET_… and NF_BR_…,
/// include/uapi/linux/netfilter.h); those of ARP and of devices have other numbers there.
/// </summary>
public enum HookPoint
{
    /// <summary>As it comes in, before it is routed.</summary>
    Prerouting = 0,

    /// <summary>As it is delivered to the node.</summary>
    Input = 1,

    /// <summary>As it is passed on.</summary>
    Forward = 2,

    /// <summary>As the node sends its own.</summary>
    Output = 3,

    /// <summary>As it goes out.</summary>
    Postrouting = 4,

    /// <summary>As it comes in through a device, before anything else.</summary>
    Ingress = 5,

    /// <summary>As it goes out through a device, after all else.</summary>
    Egress = 6,
}
