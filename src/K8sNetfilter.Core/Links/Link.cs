namespace K8sNetfilter.Links;

/// <summary>A network interface as rtnetlink(7) describes it.</summary>
public sealed record Link
{
    /// <summary>The interface's number in its network namespace.</summary>
    public required int Index { get; init; }

    /// <summary>The interface's name.</summary>
    public required string Name { get; init; }

    /// <summary>What made it: <c>bridge</c>, <c>veth</c>, <c>vxlan</c>; null for a device and the loopback interface.</summary>
    public string? Kind { get; init; }

    /// <summary>The link layer's address, <c>0a:58:0a:f4:00:01</c>; null where it has none.</summary>
    public string? MacAddress { get; init; }

    /// <summary>The largest packet in bytes.</summary>
    public int Mtu { get; init; }

    /// <summary>Operational state.</summary>
    public LinkState State { get; init; }

    /// <summary>True where it was set up (IFF_UP).</summary>
    public bool IsUp { get; init; }

    /// <summary>True where the layer below is there (IFF_LOWER_UP).</summary>
    public bool HasCarrier { get; init; }

    /// <summary>True for the loopback interface.</summary>
    public bool IsLoopback { get; init; }

    /// <summary>True where no neighbour is asked for before something is sent, as with most tunnels (IFF_NOARP).</summary>
    public bool IsNoArp { get; init; }

    /// <summary>True where there is one other end only (IFF_POINTOPOINT).</summary>
    public bool IsPointToPoint { get; init; }

    /// <summary>The group of links that it was put into (IFLA_GROUP); 0 is the default.</summary>
    public uint Group { get; init; }

    /// <summary>
    /// True where somebody asked for all frames (IFF_PROMISC, <c>ip link set dev X promisc on</c>). A bridge's own ports are in
    /// promiscuous mode without it: see <see cref="Promiscuity"/>.
    /// </summary>
    public bool IsPromiscuous { get; init; }

    /// <summary>
    /// How many users want all frames, bridges and packet captures included (IFLA_PROMISCUITY); null where the kernel does not say.
    /// </summary>
    public int? Promiscuity { get; init; }

    /// <summary>The number of the bridge (or bond, or VRF) that it belongs to; null where it belongs to none.</summary>
    public int? MasterIndex { get; init; }

    /// <summary>
    /// The number of the other end of a veth pair, or of the link below a VLAN or macvlan; it counts in <see cref="PeerNamespaceId"/>'s
    /// namespace. Null if there is none.
    /// </summary>
    public int? PeerIndex { get; init; }

    /// <summary>
    /// This namespace's id for the namespace where <see cref="PeerIndex"/> is (IFLA_LINK_NETNSID); null where it is this one.
    /// </summary>
    public int? PeerNamespaceId { get; init; }

    /// <summary>The text that somebody gave it (IFLA_IFALIAS); null where nobody did.</summary>
    public string? Alias { get; init; }

    /// <summary>The interface's further names (IFLA_ALT_IFNAME).</summary>
    public string[] AlternativeNames { get; init; } = [];

    /// <summary>What it does as a bridge; null where it is none.</summary>
    public BridgeSettings? Bridge { get; init; }

    /// <summary>What it does as a bridge's port; null where it is none.</summary>
    public BridgePortSettings? Port { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
