namespace K8sNetfilter.Modules;

/// <summary>
/// What a kernel says of its own build, /proc/config.gz (CONFIG_IKCONFIG_PROC): for kernels without /lib/modules, where no
/// modules.builtin can be asked. Only options whose name follows from the module's are looked for (net/netfilter/Makefile and its like).
/// </summary>
public static class KernelConfig
{
    /// <summary>The file.</summary>
    public const string Path = "/proc/config.gz";

    private static readonly Dictionary<string, string> Options = new(StringComparer.Ordinal)
    {
        ["nf_conntrack_netlink"] = "NF_CT_NETLINK",
        ["nfnetlink"] = "NETFILTER_NETLINK",
        ["nfnetlink_log"] = "NETFILTER_NETLINK_LOG",
        ["nfnetlink_queue"] = "NETFILTER_NETLINK_QUEUE",
        ["iptable_filter"] = "IP_NF_FILTER",
        ["iptable_mangle"] = "IP_NF_MANGLE",
        ["iptable_nat"] = "IP_NF_NAT",
        ["iptable_raw"] = "IP_NF_RAW",
        ["ip6table_filter"] = "IP6_NF_FILTER",
        ["ip6table_mangle"] = "IP6_NF_MANGLE",
        ["ip6table_nat"] = "IP6_NF_NAT",
        ["ip6table_raw"] = "IP6_NF_RAW",
        ["ipip"] = "NET_IPIP",
    };

    private static readonly string[] SameName =
        ["nf_tables", "nf_nat", "nf_conntrack", "veth", "vxlan", "geneve", "bridge", "dummy", "macvlan", "ipvlan", "wireguard", "bonding", "tun"];

    /// <summary>True where the configuration says that the module is compiled in: <c>CONFIG_VETH=y</c>.</summary>
    public static bool IsBuiltIn(string configuration, string module)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        foreach (string option in OptionsOf(module))
        {
            if (configuration.StartsWith($"CONFIG_{option}=y\n", StringComparison.Ordinal) || configuration.Contains($"\nCONFIG_{option}=y\n", StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static string[] OptionsOf(string module)
    {
        ArgumentNullException.ThrowIfNull(module);
        if (Options.TryGetValue(module, out string? option))
        {
            return [option];
        }

        string name = module.ToUpperInvariant();
        return module.StartsWith("xt_", StringComparison.Ordinal) ? [$"NETFILTER_XT_MATCH_{name[3..]}", $"NETFILTER_XT_TARGET_{name[3..]}", $"NETFILTER_XT_{name[3..]}"]
            : SameName.Contains(module) || module.StartsWith("ip_vs", StringComparison.Ordinal) || module.StartsWith("ip_set", StringComparison.Ordinal) || module.StartsWith("nft_", StringComparison.Ordinal)
                ? [name] : [];
    }
}
