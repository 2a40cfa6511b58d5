namespace K8sNetfilter.Nftables;

/// <summary>The hook that a base chain is on. The kernel's numbers differ by family; <see cref="NftHookNumber"/> converts them.</summary>
public enum NftHook
{
    /// <summary>A hook that is not known.</summary>
    Unknown = -1,

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
