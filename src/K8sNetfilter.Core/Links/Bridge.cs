using K8sNetfilter.Text;

namespace K8sNetfilter.Links;

/// <summary>A bridge, and whether its packets meet the IP hooks. A null is something that the kernel does not tell.</summary>
public sealed record Bridge
{
    /// <summary>The bridge's name.</summary>
    public required string Name { get; init; }

    /// <summary>The bridge's number in its network namespace.</summary>
    public required int Index { get; init; }

    /// <summary>
    /// Whether bridged IPv4 packets meet the IPv4 hooks: br_netfilter is there, and net.bridge.bridge-nf-call-iptables or the bridge's own
    /// flag is on. A bridge can opt in, never out (net/bridge/br_netfilter_hooks.c).
    /// </summary>
    public bool? IPv4Netfilter { get; init; }

    /// <summary>Whether bridged IPv6 packets meet the IPv6 hooks.</summary>
    public bool? IPv6Netfilter { get; init; }

    /// <summary>Whether bridged ARP packets meet the ARP hooks.</summary>
    public bool? ArpNetfilter { get; init; }

    /// <summary>The bridge's own flag for IPv4 (nf_call_iptables).</summary>
    public bool? NfCallIptables { get; init; }

    /// <summary>The bridge's own flag for IPv6 (nf_call_ip6tables).</summary>
    public bool? NfCallIp6tables { get; init; }

    /// <summary>The bridge's own flag for ARP (nf_call_arptables).</summary>
    public bool? NfCallArptables { get; init; }

    /// <summary>Keeps VLANs apart.</summary>
    public bool? VlanFiltering { get; init; }

    /// <summary>True where somebody asked for all frames (IFF_PROMISC), as kubenet and some CNI plugins do.</summary>
    public bool IsPromiscuous { get; init; }

    /// <summary>True where it was set up.</summary>
    public bool IsUp { get; init; }

    /// <summary>Its link layer address.</summary>
    public string? MacAddress { get; init; }

    /// <summary>The largest packet in bytes.</summary>
    public int Mtu { get; init; }

    /// <summary>Its own addresses with their prefixes, <c>10.244.0.1/24</c>; link-local ones are left out.</summary>
    public ValueList<string> Address { get; init; } = [];

    /// <summary>Its ports, in the order of their numbers.</summary>
    public ValueList<BridgePort> Ports { get; init; } = [];

    /// <summary>How many ports it has.</summary>
    public int PortCount => Ports.Length;

    /// <summary>How many of them send a frame back out of the port that it came from.</summary>
    public int HairpinPortCount => Ports.Count(p => p.Hairpin == true);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
