using K8sNetfilter.Configuration;

namespace K8sNetfilter.Sysctl;

/// <summary>
/// The forwarding that systemd-networkd(8) switches: <c>IPv4Forwarding=</c> and <c>IPv6Forwarding=</c> of networkd.conf(5) for the whole node, since
/// systemd 256; and <c>IPForward=</c> and <c>IPMasquerade=</c> of systemd.network(5), which did so in the versions before that.
/// </summary>
internal static class NetworkdForwarding
{
    private const string Unit = "systemd-networkd.service";
    private const string Program = "systemd-networkd";
    private const string IPv4 = "net/ipv4/ip_forward";
    private const string IPv6 = "net/ipv6/conf/all/forwarding";

    private static readonly string[] Folders = ["/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd"];

    /// <summary>What networkd writes; nothing where it is not enabled.</summary>
    public static IEnumerable<LaterSysctl> Read(INodeFiles files, EnabledUnits units)
    {
        if (!units.MayHave(Unit))
        {
            return [];
        }

        var own = Folders.Select(f => files.Read($"{f}/networkd.conf")).Where(f => f.Problem is null).Take(1)
            .Concat(files.Merge(Folders.Select(f => f + "/networkd.conf.d"), ".conf"));
        var found = new Dictionary<string, LaterSysctl>(StringComparer.Ordinal);
        foreach (var (section, key, value, source) in own.SelectMany(IniFile.Read))
        {
            string? path = section != "Network" ? null : key switch { "IPv4Forwarding" => IPv4, "IPv6Forwarding" => IPv6, _ => null };
            if (path is not null && IniFile.Flag(value) is { } on)
            {
                found[path] = new LaterSysctl(Program, path, on ? "1" : "0") { Source = source, IsCertain = true };
            }
        }

        return found.Values.Concat(OfInterfaces(files).Where(l => !found.ContainsKey(l.Path)).DistinctBy(l => l.Path));
    }

    private static IEnumerable<LaterSysctl> OfInterfaces(INodeFiles files)
    {
        foreach (var (section, key, value, source) in files.Merge(Folders.Select(f => f + "/network"), ".network").SelectMany(IniFile.Read))
        {
            if (section != "Network" || key is not ("IPForward" or "IPMasquerade"))
            {
                continue;
            }

            string word = value.ToLowerInvariant();
            bool both = word == "both" || IniFile.Flag(value) == true;
            if (both || word == "ipv4")
            {
                yield return new LaterSysctl(Program, IPv4, "1") { Source = source };
            }

            if (both || word == "ipv6")
            {
                yield return new LaterSysctl(Program, IPv6, "1") { Source = source };
            }
        }
    }
}
