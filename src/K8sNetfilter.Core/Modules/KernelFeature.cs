namespace K8sNetfilter.Modules;

/// <summary>
/// What a running kernel shows of a feature that is compiled into it, for kernels without /lib/modules, where no modules.builtin can be
/// asked.
/// </summary>
/// <param name="Path">The file that only this feature makes.</param>
/// <param name="Word">The word that stands in the file; null where it is enough that the file exists.</param>
public sealed record KernelFeature(string Path, string? Word = null)
{
    private static readonly Dictionary<string, KernelFeature[]> Known = new(StringComparer.Ordinal)
    {
        // net/bridge/br_netfilter_hooks.c registers this table.
        ["br_netfilter"] = [new("/proc/sys/net/bridge")],
        ["nf_conntrack"] = [new("/proc/sys/net/netfilter/nf_conntrack_max")],
        ["nf_log"] = [new("/proc/sys/net/netfilter/nf_log")],
        ["ip_vs"] = [new("/proc/net/ip_vs")],
        ["ip_tables"] = [new("/proc/net/ip_tables_names")],
        ["ip6_tables"] = [new("/proc/net/ip6_tables_names")],
        ["tun"] = [new("/sys/class/misc/tun")],
    };

    /// <summary>Modules that a node of Kubernetes is asked about, and that show themselves: a pattern finds these also where nothing lists what is built in.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Known.Keys, "overlay"];

    /// <summary>The places that show that a module's feature is there; none where nothing is known of it.</summary>
    public static IEnumerable<KernelFeature> Of(string module)
    {
        ArgumentNullException.ThrowIfNull(module);
        if (Known.TryGetValue(module, out var features))
        {
            return features;
        }

        // Matches and targets of the tables list themselves (net/netfilter/x_tables.c), but only once a table was made in the namespace.
        if (module.StartsWith("xt_", StringComparison.Ordinal))
        {
            string name = module[3..];
            return [new("/proc/net/ip_tables_matches", name), new("/proc/net/ip_tables_targets", name)];
        }

        // A file system's type has the module's name: overlay.
        return [new("/proc/filesystems", module)];
    }
}
