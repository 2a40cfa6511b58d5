namespace K8sNetfilter.Sysctl;

/// <summary>
/// Which module makes which keys. Until it is loaded the keys do not exist, and a line that sets one has no effect; once it is, they start
/// with the kernel's own value.
/// </summary>
public static class SysctlModule
{
    private static readonly (string Prefix, string Module)[] Known =
    [
        ("net/bridge/", "br_netfilter"),
        ("net/netfilter/nf_conntrack_", "nf_conntrack"),
        ("net/nf_conntrack_max", "nf_conntrack"),
        ("net/netfilter/nf_flowtable_", "nf_flow_table"),
        ("net/ipv4/vs/", "ip_vs"),
        ("net/sctp/", "sctp"),
        ("net/mpls/", "mpls_router"),
    ];

    /// <summary>The module that makes a key; null where it is the kernel itself, or is not known.</summary>
    public static string? For(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        foreach (var (prefix, module) in Known)
        {
            if (path.StartsWith(prefix, StringComparison.Ordinal))
            {
                return module;
            }
        }

        return null;
    }
}
