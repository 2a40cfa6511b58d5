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
        foreach (var (name, value) in KernelParameters.Read(commandLine))
        {
            if (name.Length > 7 && name.StartsWith("sysctl", StringComparison.Ordinal) && name[6] is '.' or '/' && value is { Length: > 0 })
            {
                // Here every dot becomes a slash, whatever comes first.
                found.Add(new SysctlAssignment(name[7..].Replace('.', '/'), value, Source));
            }
        }

        return found;
    }
}
