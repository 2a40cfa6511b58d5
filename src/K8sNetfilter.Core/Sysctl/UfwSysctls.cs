using K8sNetfilter.Configuration;

namespace K8sNetfilter.Sysctl;

/// <summary>ufw's own sysctl file, which ufw-init applies with <c>sysctl -p</c> each time that ufw starts (ufw-framework(8), IPT_SYSCTL).</summary>
internal static class UfwSysctls
{
    /// <summary>The assignments; none where ufw is not enabled.</summary>
    public static IEnumerable<LaterSysctl> Read(INodeFiles files)
    {
        if (Last(files.Read("/etc/ufw/ufw.conf"), "ENABLED") is not { } enabled || IniFile.Flag(enabled) != true)
        {
            return [];
        }

        string? path = Last(files.Read("/etc/default/ufw"), "IPT_SYSCTL");
        return path is not ['/', ..] ? []
            : SysctlGrammar.ReadAsProcps(files.Read(path)).Assignments.Where(a => a is { IsExclusion: false, IsPattern: false })
                .Select(a => new LaterSysctl("ufw", a.Path, a.Value) { Source = a.Source, IsCertain = true });
    }

    private static string? Last(ConfigFile file, string key) =>
        IniFile.Read(file).Where(l => l.Key == key).Select(l => l.Value.Trim('"', '\'')).LastOrDefault();
}
