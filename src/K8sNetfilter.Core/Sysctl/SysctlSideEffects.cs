using K8sNetfilter.Configuration;

namespace K8sNetfilter.Sysctl;

/// <summary>What else changes when a key is written: <c>net.ipv4.ip_forward</c> sets every interface's forwarding.</summary>
public static class SysctlSideEffects
{
    /// <summary>The other keys, of those that there are, that the kernel may change with a key.</summary>
    /// <param name="path">The key that is written.</param>
    /// <param name="keys">The keys that there are.</param>
    public static IReadOnlyList<string> Of(string path, SysctlTree keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var kernel = new SysctlKernel(keys, _ => null, _ => null) { InterfacesAreFresh = true };
        kernel.Write(path, "1", new SysctlAssignment(path, "1", new SourceLine("", 0)), onlyChanges: false);
        return [.. kernel.Decided.Where(p => p != path && keys.Contains(p))];
    }
}
