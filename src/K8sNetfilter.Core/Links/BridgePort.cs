using System.Net;
using K8sNetfilter.Text;

namespace K8sNetfilter.Links;

/// <summary>A port of a bridge, and what is behind it. A null is something that the kernel does not tell.</summary>
public sealed record BridgePort
{
    /// <summary>The port's name.</summary>
    public required string Name { get; init; }

    /// <summary>The bridge's name.</summary>
    public required string Bridge { get; init; }

    /// <summary>The port's number in its network namespace.</summary>
    public required int Index { get; init; }

    /// <summary>Sends a frame back out of the port that it came from: what a pod needs that calls its own Service.</summary>
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

    /// <summary>Spanning tree state.</summary>
    public BridgePortState? State { get; init; }

    /// <summary>True where somebody asked for all frames (IFF_PROMISC).</summary>
    public bool IsPromiscuous { get; init; }

    /// <summary>How many users want all frames; the bridge is one of them while it must flood (IFLA_PROMISCUITY).</summary>
    public int? Promiscuity { get; init; }

    /// <summary>True where it was set up and the layer below is there.</summary>
    public bool IsUp { get; init; }

    /// <summary>What made it: <c>veth</c>, <c>vxlan</c>; null for a device.</summary>
    public string? Kind { get; init; }

    /// <summary>The port's own link layer address.</summary>
    public string? MacAddress { get; init; }

    /// <summary>The largest packet in bytes.</summary>
    public int Mtu { get; init; }

    /// <summary>The addresses of what is behind the port, a pod's for example; link-local ones are left out.</summary>
    public ValueList<string> Address => [.. Addresses.Select(a => a.ToString())];

    /// <summary><see cref="Address"/>, as addresses.</summary>
    internal IPAddress[] Addresses { get; init; } = [];

    /// <summary>Where <see cref="Address"/> is known from.</summary>
    public PortAddressSource AddressSource { get; init; }

    /// <summary>The network namespace of the other end, as <c>-NetNamespace</c> takes it; null where none is found.</summary>
    public string? NetNamespace { get; init; }

    /// <summary>A process in the network namespace of the other end.</summary>
    public int? Pid { get; init; }

    /// <summary>The container of that process.</summary>
    public string? ContainerId { get; init; }

    /// <summary>The pod of that process.</summary>
    public string? PodUid { get; init; }

    /// <summary>That pod's name, <c>namespace/name</c>, as the folders of its logs have it.</summary>
    public string? PodName { get; init; }

    /// <summary>The number of the other end of the veth pair in its namespace.</summary>
    public int? PeerIndex { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
