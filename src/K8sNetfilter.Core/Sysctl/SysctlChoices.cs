namespace K8sNetfilter.Sysctl;

/// <summary>The values of kernel parameters that have few (Documentation/networking/ip-sysctl.rst, nf_conntrack-sysctl.rst, ipvs-sysctl.rst).</summary>
public static class SysctlChoices
{
    private static readonly HashSet<string> Switches = new(StringComparer.Ordinal)
    {
        "ip_forward", "forwarding", "force_forwarding", "mc_forwarding", "bridge-nf-call-iptables", "bridge-nf-call-ip6tables", "bridge-nf-call-arptables",
        "bridge-nf-filter-vlan-tagged", "bridge-nf-filter-pppoe-tagged", "bridge-nf-pass-vlan-input-dev", "route_localnet", "accept_redirects",
        "send_redirects", "secure_redirects", "accept_source_route", "accept_local", "disable_ipv6", "log_martians", "proxy_arp", "arp_accept",
        "ip_nonlocal_bind", "nf_conntrack_acct", "nf_conntrack_checksum", "nf_conntrack_timestamp", "nf_conntrack_tcp_be_liberal",
        "nf_conntrack_tcp_loose", "src_valid_mark", "ignore_routes_with_linkdown", "conntrack", "expire_nodest_conn",
        "expire_quiescent_template", "tcp_timestamps", "tcp_sack", "tcp_window_scaling", "bindv6only", "unprivileged_userns_clone", "modules_disabled",
    };

    private static readonly Dictionary<string, string[]> Choices = new(StringComparer.Ordinal)
    {
        ["use_tempaddr"] = ["0", "1", "2"],
        ["rp_filter"] = ["0", "1", "2"],
        ["accept_ra"] = ["0", "1", "2"],
        ["arp_announce"] = ["0", "1", "2"],
        ["arp_ignore"] = ["0", "1", "2", "3", "8"],
        ["addr_gen_mode"] = ["0", "1", "2", "3"],
        ["nf_conntrack_events"] = ["0", "1", "2"],
        ["tcp_syncookies"] = ["0", "1", "2"],
        ["tcp_tw_reuse"] = ["0", "1", "2"],
        ["tcp_mtu_probing"] = ["0", "1", "2"],
        ["conn_reuse_mode"] = ["0", "1", "2", "3"],
        ["fib_multipath_hash_policy"] = ["0", "1", "2", "3"],
        ["overcommit_memory"] = ["0", "1", "2"],
        ["panic_on_oom"] = ["0", "1", "2"],
    };

    /// <summary>The values; none where they are many, or are not known here.</summary>
    /// <param name="path">The key, with slashes.</param>
    /// <param name="read">Reads the value of another key.</param>
    public static IReadOnlyList<string> Of(string path, Func<string, string?> read)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(read);
        string name = path[(path.LastIndexOf('/') + 1)..];
        return name switch
        {
            "tcp_congestion_control" => read("net/ipv4/tcp_available_congestion_control")?.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [],
            _ when Switches.Contains(name) => ["0", "1"],
            _ => Choices.GetValueOrDefault(name) ?? [],
        };
    }
}
