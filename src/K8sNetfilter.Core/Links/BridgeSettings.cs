namespace K8sNetfilter.Links;

/// <summary>
/// What a bridge is set to do (IFLA_BR_…, ip-link(8)). A null is a setting that the kernel does not tell, or is not asked to change.
/// </summary>
public sealed record BridgeSettings
{
    /// <summary>
    /// Hands bridged IPv4 packets to the IPv4 hooks, whatever net.bridge.bridge-nf-call-iptables says (nf_call_iptables).
    /// </summary>
    public bool? NfCallIptables { get; init; }

    /// <summary>
    /// Hands bridged IPv6 packets to the IPv6 hooks, whatever net.bridge.bridge-nf-call-ip6tables says (nf_call_ip6tables).
    /// </summary>
    public bool? NfCallIp6tables { get; init; }

    /// <summary>
    /// Hands bridged ARP packets to the ARP hooks, whatever net.bridge.bridge-nf-call-arptables says (nf_call_arptables).
    /// </summary>
    public bool? NfCallArptables { get; init; }

    /// <summary>Keeps VLANs apart.</summary>
    public bool? VlanFiltering { get; init; }

    /// <summary>Runs the spanning tree protocol.</summary>
    public bool? Stp { get; init; }

    /// <summary>Listens to IGMP and MLD to learn where multicast goes.</summary>
    public bool? MulticastSnooping { get; init; }

    /// <summary>How long a learnt address is kept without traffic.</summary>
    public TimeSpan? AgeingTime { get; init; }
}
