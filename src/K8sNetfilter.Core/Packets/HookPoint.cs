namespace K8sNetfilter.Packets;

/// <summary>The five places where packets meet functions, in the kernel's numbers (NF_INET_… and NF_BR_…, include/uapi/linux/netfilter.h).</summary>
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
}
