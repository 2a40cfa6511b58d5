using K8sNetfilter.Configuration;

namespace K8sNetfilter.Sysctl;

/// <summary>
/// The kernel parameters of the command line that set sysctls: <c>sysctl.net.ipv4.ip_forward=1</c>, since Linux 5.8
/// (Documentation/admin-guide/kernel-parameters.txt; fs/proc/proc_sysctl.c, process_sysctl_arg).
/// </summary>
internal static class SysctlCommandLine
{
    private static readonly SourceLine Source = new("/proc/cmdline", 0);

    /// <summary>The assignments in the order in which the kernel makes them.</summary>
    public static IReadOnlyList<SysctlAssignment> Read(string? commandLine)
    {
        var found = new List<SysctlAssignment>();
        foreach (var (name, value) in Words(commandLine ?? ""))
        {
            if (name.Length > 7 && name.StartsWith("sysctl", StringComparison.Ordinal) && name[6] is '.' or '/' && value is { Length: > 0 })
            {
                // Here every dot becomes a slash, whatever comes first.
                found.Add(new SysctlAssignment(name[7..].Replace('.', '/'), value, Source));
            }
        }

        return found;
    }

    /// <summary>The words as the kernel splits them (lib/cmdline.c, next_arg): blanks separate, double quotes hold together, <c>--</c> ends.</summary>
    private static IEnumerable<(string Name, string? Value)> Words(string text)
    {
        int i = 0;
        while (true)
        {
            while (i < text.Length && char.IsWhiteSpace(text[i]))
            {
                i++;
            }

            if (i >= text.Length)
            {
                yield break;
            }

            int start = i, equals = -1;
            bool quoted = false;
            for (; i < text.Length && (quoted || !char.IsWhiteSpace(text[i])); i++)
            {
                quoted ^= text[i] == '"';
                if (text[i] == '=' && equals < 0)
                {
                    equals = i;
                }
            }

            string name = text[start..(equals < 0 ? i : equals)].Trim('"');
            if (name == "--" && equals < 0)
            {
                yield break;
            }

            yield return (name, equals < 0 ? null : text[(equals + 1)..i].Trim('"'));
        }
    }
}
