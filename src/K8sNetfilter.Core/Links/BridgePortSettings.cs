namespace K8sNetfilter.Links;

/// <summary>
/// What a bridge's port is set to do (IFLA_BRPORT_…, bridge(8)). A null is a setting that the kernel does not tell, or is not asked to
/// change.
/// </summary>
public sealed record BridgePortSettings
{
    /// <summary>Spanning tree state.</summary>
    public BridgePortState? State { get; init; }

    /// <summary>Sends a frame back out of the port that it came from (hairpin_mode).</summary>
    public bool? Hairpin { get; init; }

    /// <summary>Talks to ports that are not isolated only.</summary>
    public bool? Isolated { get; init; }

    /// <summary>Learns the addresses behind the port from traffic.</summary>
    public bool? Learning { get; init; }

    /// <summary>Gets frames whose destination the bridge does not know.</summary>
    public bool? UnicastFlood { get; init; }

    /// <summary>Gets multicast frames that nobody is known to want.</summary>
    public bool? MulticastFlood { get; init; }

    /// <summary>Gets broadcast frames.</summary>
    public bool? BroadcastFlood { get; init; }

    /// <summary>The bridge answers ARP and neighbour discovery for what is behind the port.</summary>
    public bool? NeighborSuppression { get; init; }

    /// <summary>The bridge answers ARP for what is behind the port, and does not forward it.</summary>
    public bool? ProxyArp { get; init; }
}
