namespace K8sNetfilter.Sysctl;

/// <summary>What the kernel starts keys with, where that is the same in every kernel that a node of Kubernetes has and no option of its build decides.</summary>
public static class SysctlStart
{
    private static readonly Dictionary<string, string> Known = new(StringComparer.Ordinal)
    {
        // net/bridge/br_netfilter_hooks.c, br_netfilter_sysctl_default.
        ["net/bridge/bridge-nf-call-arptables"] = "1",
        ["net/bridge/bridge-nf-call-ip6tables"] = "1",
        ["net/bridge/bridge-nf-call-iptables"] = "1",
        ["net/bridge/bridge-nf-filter-pppoe-tagged"] = "0",
        ["net/bridge/bridge-nf-filter-vlan-tagged"] = "0",
        ["net/bridge/bridge-nf-pass-vlan-input-dev"] = "0",

        // net/ipv4/devinet.c: ipv4_devconf, ipv4_devconf_dflt; net/ipv6/addrconf.c: ipv6_devconf.
        ["net/ipv4/ip_forward"] = "0",
        ["net/ipv4/conf/all/forwarding"] = "0",
        ["net/ipv4/conf/all/route_localnet"] = "0",
        ["net/ipv4/conf/all/rp_filter"] = "0",
        ["net/ipv6/conf/all/forwarding"] = "0",

        // net/netfilter/ipvs/ip_vs_ctl.c.
        ["net/ipv4/vs/conntrack"] = "0",

        // security/keys/key.c (since Linux 3.18), mm/util.c, mm/oom_kill.c.
        ["kernel/keys/root_maxbytes"] = "25000000",
        ["kernel/keys/root_maxkeys"] = "1000000",
        ["vm/overcommit_memory"] = "0",
        ["vm/panic_on_oom"] = "0",
    };

    /// <summary>Keys that every kernel has: a listing without one of them is not whole.</summary>
    private static readonly string[] Always =
        ["net/ipv4/ip_forward", "kernel/osrelease", "kernel/panic", "kernel/panic_on_oops", "vm/overcommit_memory", "vm/panic_on_oom"];

    /// <summary>What a key starts with; null where it is not known.</summary>
    public static string? Of(string path) => Known.GetValueOrDefault(path);

    /// <summary>True for a key that every kernel has, with whatever options it was built.</summary>
    public static bool IsEverywhere(string path) => path.StartsWith("net/ipv4/conf/all/", StringComparison.Ordinal) || Array.IndexOf(Always, path) >= 0;
}
