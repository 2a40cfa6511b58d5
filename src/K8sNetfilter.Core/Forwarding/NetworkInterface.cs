using K8sNetfilter.Links;

namespace K8sNetfilter.Forwarding;

/// <summary>An interface as the walk needs it.</summary>
internal sealed class NetworkInterface
{
    private bool? _hairpin;
    private bool _isIsolated;

    public required string Name { get; init; }

    /// <summary>Its number; 0 where it is not known.</summary>
    public int Index { get; init; }

    /// <summary>The number of the other end in <see cref="PeerNamespaceId"/>'s namespace; 0 where there is none.</summary>
    public int PeerIndex { get; init; }

    /// <summary>The node's number for the network namespace of the other end; null where that is the node's own, or not known.</summary>
    public int? PeerNamespaceId { get; init; }

    /// <summary>Its link layer address; null if it is not known.</summary>
    public string? Mac { get; init; }

    /// <summary>What made it: <c>veth</c>, <c>vxlan</c>; null for a device.</summary>
    public string? Kind { get; init; }

    /// <summary>The bridge that it is a port of.</summary>
    public string? Bridge { get; init; }

    public bool IsBridge { get; init; }

    public bool IsLoopback { get; init; }

    /// <summary>A port's hairpin_mode; null where it is not known.</summary>
    public bool? Hairpin { get => _hairpin; init => _hairpin = value; }

    public bool Isolated { get => _isIsolated; init => _isIsolated = value; }

    /// <summary>The largest packet; 0 where it is not known.</summary>
    public int Mtu { get; init; }

    /// <summary>Why nothing passes it: it is down, or has no carrier. Null where something does.</summary>
    public string? Down { get; init; }

    /// <summary>Neighbours are asked for before something is sent (not IFF_NOARP, IFF_POINTOPOINT or IFF_LOOPBACK).</summary>
    public bool NeedsNeighbors { get; init; }

    /// <summary>A port's state in the spanning tree; null where it is not known.</summary>
    public BridgePortState? PortState { get; init; }

    /// <summary>A port learns the addresses behind it from traffic.</summary>
    public bool Learns { get; init; } = true;

    /// <summary>A port gets frames whose destination the bridge does not know.</summary>
    public bool UnicastFlood { get; init; } = true;

    /// <summary>A port gets broadcasts, which ARP asks by.</summary>
    public bool BroadcastFlood { get; init; } = true;

    /// <summary>A port gets multicast frames that nobody is known to want, which neighbour discovery asks by.</summary>
    public bool MulticastFlood { get; init; } = true;

    /// <summary>A bridge's own nf_call_iptables; null where it is not known.</summary>
    public bool? CallIptables { get; init; }

    /// <summary>A bridge's own nf_call_ip6tables; null where it is not known.</summary>
    public bool? CallIp6tables { get; init; }

    public List<InterfaceAddress> Addresses { get; } = [];

    /// <summary>The same port with other switches.</summary>
    public NetworkInterface With(bool? hairpin, bool isIsolated)
    {
        var copy = (NetworkInterface)MemberwiseClone();
        (copy._hairpin, copy._isIsolated) = (hairpin, isIsolated);
        return copy;
    }
}
