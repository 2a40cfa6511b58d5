using K8sNetfilter.Configuration;

namespace K8sNetfilter.Sysctl;

/// <summary>
/// Rules of udev(7) that run <c>systemd-sysctl --prefix=/net/bridge</c> when a module comes, as sysctl.d(5) advises: what the files say of these keys
/// is applied then, however late the module is loaded.
/// </summary>
internal static class UdevSysctlRules
{
    private const string Program = "systemd-sysctl";

    private static readonly string[] Folders = ["/etc/udev/rules.d", "/run/udev/rules.d", "/usr/local/lib/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d"];

    /// <summary>The prefixes as paths below /proc/sys, each with its line.</summary>
    public static IEnumerable<(string Prefix, SourceLine Source)> Read(INodeFiles files)
    {
        foreach (var file in files.Merge(Folders, ".rules").Where(f => f.Content.Span.IndexOf("systemd-sysctl"u8) >= 0))
        {
            foreach (var line in SystemdLines.Read(file.Content))
            {
                string text = line.Text.TrimStart();
                int at = text.StartsWith('#') ? -1 : text.IndexOf(Program, StringComparison.Ordinal);
                for (string rest = at < 0 ? "" : text[at..]; rest.IndexOf("--prefix", StringComparison.Ordinal) is >= 0 and int next;)
                {
                    rest = rest[(next + 8)..].TrimStart(' ', '=');
                    int end = rest.IndexOfAny([' ', '"', '\'', ',']);
                    string prefix = (end < 0 ? rest : rest[..end]).TrimStart('/');
                    prefix = prefix.StartsWith("proc/sys/", StringComparison.Ordinal) ? prefix[9..] : prefix;

                    // Of an interface ($name, %k): that is udev's own rule.
                    if (prefix.Length > 0 && prefix.AsSpan().IndexOfAny('$', '%') < 0)
                    {
                        yield return (prefix.Contains('/', StringComparison.Ordinal) ? prefix : prefix.Replace('.', '/'), new SourceLine(file.Path, line.Line));
                    }
                }
            }
        }
    }
}
