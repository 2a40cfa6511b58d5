using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Snapshots;

/// <summary>
/// The names of a snapshot's files, each followed by those that an extracted sos report has for the same output (sos names a file after its
/// command, in a folder named after the plugin; sos/report/plugins/networking.py, kernel.py, conntrack.py, firewall_tables.py).
/// about_NodeSnapshot documents them.
/// </summary>
internal static class SnapshotNames
{
    /// <summary><c>sysctl -a</c>.</summary>
    public static string[] Sysctl { get; } = ["sysctl.txt", "sos_commands/kernel/sysctl_-a"];

    /// <summary><c>sysctl --version</c>.</summary>
    public static string[] SysctlVersion { get; } = ["sysctl-version.txt"];

    /// <summary><c>uname -a</c>.</summary>
    public static string[] Uname { get; } = ["uname.txt", "sos_commands/kernel/uname_-a"];

    /// <summary><c>ls /sys/module</c>.</summary>
    public static string[] SysModule { get; } = ["sys-module.txt"];

    /// <summary><c>ip -j -d link</c>.</summary>
    public static string[] Links { get; } = ["ip-link.json"];

    /// <summary><c>ip -j addr</c>.</summary>
    public static string[] Addresses { get; } = ["ip-addr.json"];

    /// <summary><c>ip -d address</c> as text: links and addresses.</summary>
    public static string[] AddressText { get; } = ["ip-addr.txt", "sos_commands/networking/ip_-d_address"];

    /// <summary><c>ip -4 -j -d route show table all</c> and <c>ip -6 …</c>.</summary>
    public static string[] Routes(IPFamily family) => [family == IPFamily.IPv6 ? "ip-route-6.json" : "ip-route-4.json"];

    /// <summary><c>ip route show table all</c> as text; sos has both families in one and IPv6 once more.</summary>
    public static string[] RouteText(IPFamily family) => family == IPFamily.IPv6
        ? ["ip-route-6.txt", "sos_commands/networking/ip_-6_route_show_table_all"]
        : ["ip-route-4.txt", "sos_commands/networking/ip_route_show_table_all"];

    /// <summary><c>ip -4 -j rule</c> and <c>ip -6 -j rule</c>.</summary>
    public static string[] Rules(IPFamily family) => [family == IPFamily.IPv6 ? "ip-rule-6.json" : "ip-rule-4.json"];

    /// <summary>The same as text.</summary>
    public static string[] RuleText(IPFamily family) => family == IPFamily.IPv6
        ? ["ip-rule-6.txt", "sos_commands/networking/ip_-6_rule_list"] : ["ip-rule-4.txt", "sos_commands/networking/ip_-4_rule_list"];

    /// <summary><c>ip -j neigh show nud all</c>.</summary>
    public static string[] Neighbors { get; } = ["ip-neigh.json"];

    /// <summary>The same as text.</summary>
    public static string[] NeighborText { get; } = ["ip-neigh.txt", "sos_commands/networking/ip_-s_-s_neigh_show"];

    /// <summary><c>bridge -j fdb show</c>.</summary>
    public static string[] Forwarding { get; } = ["bridge-fdb.json"];

    /// <summary>The same as text.</summary>
    public static string[] ForwardingText { get; } = ["bridge-fdb.txt", "sos_commands/networking/bridge_-s_-s_-d_-t_fdb_show"];

    /// <summary><c>ss -lntu</c>; sos has all sockets, with details.</summary>
    public static string[] Sockets { get; } = ["ss.txt", "sos_commands/networking/ss_-peaonmi"];

    /// <summary><c>netstat -lntu</c>.</summary>
    public static string[] SocketsNetstat { get; } = ["netstat.txt", "sos_commands/networking/netstat_-W_-neopa"];

    /// <summary>The line of the snapshot's own file that says how many lines another has.</summary>
    public static string CountOf(string name, string text) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{name} has {text.AsSpan().Count('\n')} lines.");

    /// <summary>The names of the legacy tables, IPv4 and IPv6.</summary>
    public static string[] LegacyTables { get; } = ["proc/net/ip_tables_names", "proc/net/ip6_tables_names"];

    /// <summary><c>ip -j netns list</c>.</summary>
    public static string[] Namespaces { get; } = ["ip-netns.json"];

    /// <summary>The folder that has a folder for each pod's network namespace.</summary>
    public const string NamespaceFolder = "netns";

    /// <summary>The folder of a namespace that only its id is known of, <c>ip netns list-id</c>.</summary>
    public static string NamespaceById(int id) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"nsid-{id}");

    /// <summary><c>conntrack -L -o extended,id,labels</c>.</summary>
    public static string[] Conntrack { get; } =
        ["conntrack.txt", "sos_commands/conntrack/conntrack_-L_-o_extended", "proc/net/nf_conntrack"];

    /// <summary><c>conntrack -S</c>.</summary>
    public static string[] ConntrackStatistic { get; } = ["conntrack-stat.txt", "sos_commands/conntrack/conntrack_-S"];

    /// <summary>/proc/net/stat/nf_conntrack.</summary>
    public static string[] ConntrackKernelStatistic { get; } = ["proc/net/stat/nf_conntrack"];

    /// <summary>Rules of one backend: <c>iptables-legacy-save -c</c> and its like.</summary>
    public static string Rules(NetfilterBackend backend, IPFamily family) => IptablesTool.NameOf(backend, family) + ".txt";

    /// <summary>Rules of whatever backend: <c>iptables-save -c</c>, <c>ip6tables-save -c</c>; the file's first line tells which.</summary>
    public static string[] PlainRules(IPFamily family)
    {
        string name = family == IPFamily.IPv6 ? "ip6tables-save" : "iptables-save";
        return [name + ".txt", $"sos_commands/firewall_tables/{name}", $"sos_commands/networking/{name}",
            $"sos_commands/firewall_tables/{name}_-c"];
    }

    /// <summary><c>nft -j list chains</c> (or <c>list ruleset</c>, which also counts the rules).</summary>
    public static string[] NftChains { get; } = ["nft-chains.json"];

    /// <summary><c>ebtables-legacy -t TABLE -L</c> of each table that is there.</summary>
    public static string[] Ebtables { get; } = ["ebtables-legacy.txt"];

    /// <summary><c>arptables-legacy -nL</c>.</summary>
    public static string[] Arptables { get; } = ["arptables-legacy.txt"];

    /// <summary><c>nft list hooks</c>.</summary>
    public static string[] NftHooks { get; } = ["nft-hooks.txt"];

    /// <summary><c>nft -j -n list table ip kube-proxy</c> and <c>… ip6 …</c>: the Services of kube-proxy's nftables mode.</summary>
    public static string[] NftServices(IPFamily family) => [family == IPFamily.IPv6 ? "nft-kube-proxy-6.json" : "nft-kube-proxy-4.json"];

    /// <summary>/proc/net/ip_vs: the Services of its IPVS mode.</summary>
    public static string[] VirtualServers { get; } = ["proc/net/ip_vs"];

    /// <summary><c>ipset save</c> (or <c>ipset list</c>).</summary>
    public static string[] Ipsets { get; } = ["ipset.txt"];

    private static readonly HashSet<string> Top =
    [
        Sysctl[0], SysctlVersion[0], Uname[0], SysModule[0], Links[0], Addresses[0], AddressText[0], Neighbors[0], NeighborText[0],
            Forwarding[0], ForwardingText[0],
        Ipsets[0],
        Sockets[0], SocketsNetstat[0], Namespaces[0], Conntrack[0], ConntrackStatistic[0], NftChains[0], NftHooks[0], Ebtables[0],
        Arptables[0], "sos_commands", "proc", "etc",
        .. new[] { IPFamily.IPv4, IPFamily.IPv6 }.SelectMany(f => (string[])[
            Routes(f)[0], RouteText(f)[0], NftServices(f)[0], Rules(f)[0], RuleText(f)[0], PlainRules(f)[0],
                Rules(NetfilterBackend.Legacy, f), Rules(NetfilterBackend.Nft, f)]),
    ];

    /// <summary>True for a name that stands at the top of a snapshot and nowhere else.</summary>
    public static bool IsTopLevel(string name) => Top.Contains(name);
}
