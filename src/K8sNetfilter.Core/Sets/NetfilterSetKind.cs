namespace K8sNetfilter.Sets;

/// <summary>What a set is for.</summary>
public enum NetfilterSetKind : long
{
    /// <summary>A set of nftables.</summary>
    Set,

    /// <summary>A map of nftables: each element has data.</summary>
    Map,

    /// <summary>A verdict map of nftables: each element has a verdict.</summary>
    VerdictMap,

    /// <summary>A set of ipset(8).</summary>
    IpSet,
}
