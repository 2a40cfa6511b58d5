using K8sNetfilter.Configuration;
using K8sNetfilter.Text;

namespace K8sNetfilter.Sysctl;

/// <summary>
/// The parameters that tuned's active profile sets when it starts: the section <c>[sysctl]</c> of tuned.conf(5), those of the profiles that it
/// includes first. With <c>reapply_sysctl</c> of tuned-main.conf(5), which is the default, what stands in /run/sysctl.d, /etc/sysctl.d and
/// /etc/sysctl.conf is applied after that.
/// </summary>
internal static class TunedSysctls
{
    // A profile that includes itself must not keep anybody busy.
    private const int MostProfiles = 32;

    private static readonly string[] Folders = ["/etc/tuned/profiles", "/etc/tuned", "/usr/lib/tuned/profiles", "/usr/lib/tuned"];

    /// <summary>What tuned writes; nothing where it is not enabled.</summary>
    public static IEnumerable<LaterSysctl> Read(INodeFiles files, EnabledUnits units)
    {
        var active = files.Read("/etc/tuned/active_profile");
        if (active.Problem is not null || !units.MayHave("tuned.service"))
        {
            return [];
        }

        bool leaves = IniFile.Read(files.Read("/etc/tuned/tuned-main.conf")).Where(l => l.Key == "reapply_sysctl").Select(l => IniFile.Flag(l.Value)).LastOrDefault() != false;
        var found = new Dictionary<string, LaterSysctl>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (string name in ByteText.Decode(active.Content.Span).Split((char[])[' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries))
        {
            Add(files, name, leaves, found, seen);
        }

        return found.Values;
    }

    private static void Add(INodeFiles files, string profile, bool leaves, Dictionary<string, LaterSysctl> found, HashSet<string> seen)
    {
        if (seen.Count >= MostProfiles || !seen.Add(profile) || profile.Contains('/', StringComparison.Ordinal)
            || Folders.Select(f => files.Read($"{f}/{profile}/tuned.conf")).FirstOrDefault(f => f.Problem is null) is not { } file)
        {
            return;
        }

        var lines = IniFile.Read(file).ToList();
        foreach (var (_, _, value, _) in lines.Where(l => l is { Section: "main", Key: "include" }))
        {
            foreach (string other in value.Split((char[])[' ', ','], StringSplitOptions.RemoveEmptyEntries))
            {
                Add(files, other, leaves, found, seen);
            }
        }

        foreach (var (_, key, value, source) in lines.Where(l => l.Section == "sysctl" && l.Key is not ("type" or "replace" or "enabled" or "priority")))
        {
            if (SysctlKey.TryParse(key, out string path))
            {
                // "=>" and "=<" raise and lower, ${...} is worked out at run time: the value is not known then.
                string text = value.Trim('"');
                bool isPlain = text is not (['>' or '<', ..] or []) && !text.Contains("${", StringComparison.Ordinal);
                found[path] = new LaterSysctl("tuned", path, isPlain ? text : null) { Source = source, IsCertain = isPlain, LeavesFiles = leaves };
            }
        }
    }
}
