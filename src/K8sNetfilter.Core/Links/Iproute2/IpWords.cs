using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace K8sNetfilter.Links.Iproute2;

/// <summary>What ip(8) has in its text and in its JSON alike: the words for bridges and their ports, networks, numbers.</summary>
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

    /// <summary>An address with its prefix length, or the word <c>default</c>; null for what is neither, or of the other family.</summary>
    public static (IPAddress Address, int Length)? Network(string text, AddressFamily family)
    {
        int longest = family == AddressFamily.InterNetwork ? 32 : 128;
        if (text == "default")
        {
            return (family == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        }

        int slash = text.IndexOf('/', StringComparison.Ordinal);
        int length = longest;
        return IPAddress.TryParse(slash < 0 ? text : text[..slash], out var address) && address.AddressFamily == family
            && (slash < 0 || (int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length)
            && length <= longest))
            ? (address, length) : null;
    }

    /// <summary>What later versions of ip-rule(8) select by, which is not read here.</summary>
    public static readonly string[] OtherSelectors = ["dscp", "flowlabel", "flowlabel_mask", "sport_mask", "dport_mask", "dscp_mask",
        "unknown_selector"];

    /// <summary>
    /// A selector that a rule has and whose value was not read: the rule is not for all packets, and for which is not known. Null if there
    /// is none.
    /// </summary>
    /// <param name="rule">The rule as it was read.</param>
    /// <param name="has">Whether it has a selector, by the name that ip-rule(8) gives it.</param>
    public static string? UnreadSelector(RoutingRule rule, Func<string, bool> has) =>
        rule.Source is null && has("from") ? "from"
        : rule.Destination is null && has("to") ? "to"
        : rule.Mark is null && has("fwmark") ? "fwmark"
        : rule.TypeOfService == 0 && has("tos") ? "tos"
        : rule.IPProtocol is null && has("ipproto") ? "ipproto"
        : rule.SourcePorts is null && has("sport") ? "sport"
        : rule.DestinationPorts is null && has("dport") ? "dport"
        : rule.Users is null && has("uidrange") ? "uidrange"
        : rule.TunnelId is null && has("tun_id") ? "tun_id"
        : null;

    /// <summary>A link's group by its number or name; a name of /etc/iproute2/group that is not known is a group of its own.</summary>
    public static uint Group(string text) => text == "default" ? 0 : Number(text) ?? uint.MaxValue;

    /// <summary>A number, in hexadecimal behind 0x; null for what is none.</summary>
    public static uint? Number(string text) => text.StartsWith("0x", StringComparison.Ordinal)
        ? uint.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint hex) ? hex : null
        : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint n) ? n : null;
}
