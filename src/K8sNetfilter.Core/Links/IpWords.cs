namespace K8sNetfilter.Links;

/// <summary>What ip(8) calls the settings of bridges and their ports, the same in its text and in its JSON.</summary>
internal static class IpWords
{
    /// <summary>A bridge's settings.</summary>
    /// <param name="flag">Whether a word stands for on or off; null where it is not there.</param>
    /// <param name="ageing">The ageing time in hundredths of a second (USER_HZ).</param>
    public static BridgeSettings Bridge(Func<string, bool?> flag, int? ageing) => new()
    {
        NfCallIptables = flag("nf_call_iptables"),
        NfCallIp6tables = flag("nf_call_ip6tables"),
        NfCallArptables = flag("nf_call_arptables"),
        VlanFiltering = flag("vlan_filtering"),
        Stp = flag("stp_state"),
        MulticastSnooping = flag("mcast_snooping"),
        AgeingTime = ageing is null ? null : TimeSpan.FromMilliseconds(ageing.Value * 10L),
    };

    /// <summary>A port's settings.</summary>
    /// <param name="flag">Whether a word stands for on or off; null where it is not there.</param>
    /// <param name="state">The port's state in words.</param>
    public static BridgePortSettings Port(Func<string, bool?> flag, string? state) => new()
    {
        State = state is null ? null : IpNames.PortStateOf(state),
        Hairpin = flag("hairpin"),
        Isolated = flag("isolated"),
        Learning = flag("learning"),
        UnicastFlood = flag("flood"),
        MulticastFlood = flag("mcast_flood"),
        BroadcastFlood = flag("bcast_flood"),
        NeighborSuppression = flag("neigh_suppress"),
        ProxyArp = flag("proxy_arp"),
    };
}
