namespace K8sNetfilter.Hooks;

/// <summary>Which family of hooks a function stands on.</summary>
public enum HookLayer : long
{
    /// <summary>The hooks of IPv4 or IPv6.</summary>
    IP,

    /// <summary>The hooks of bridges.</summary>
    Bridge,

    /// <summary>The hooks of one device: as packets come in through it, and as they go out.</summary>
    Netdev,

    /// <summary>The hooks of ARP, by which IPv4 finds the link-layer address of a neighbour.</summary>
    Arp,
}
