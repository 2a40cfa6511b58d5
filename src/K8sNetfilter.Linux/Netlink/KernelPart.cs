using K8sNetfilter.IO;

namespace K8sNetfilter.Netlink;

/// <summary>
/// Whether a part of netfilter is in the running kernel, found out without asking it: a request to one that is not there loads its module
/// (nfnetlink_rcv_msg, request_module), and reading must not change the node.
/// </summary>
internal static class KernelPart
{
    /// <summary>True where it is loaded or built in.</summary>
    /// <param name="root">Where the kernel's files are.</param>
    /// <param name="module">The module.</param>
    /// <param name="function">A function of it, for kernels whose list of what is built in is not at hand.</param>
    public static bool IsPresent(KernelRoot root, string module, string function)
    {
        if (Directory.Exists(root.Resolve("/sys/module/" + module)))
        {
            return true;
        }

        if (!File.Exists(root.Resolve("/proc/modules")))
        {
            // A kernel without modules can't load one: asking is harmless.
            return true;
        }

        try
        {
            string release = File.ReadAllText(root.Resolve("/proc/sys/kernel/osrelease")).Trim();
            return Contains(root.Resolve($"/lib/modules/{release}/modules.builtin"), $"/{module}.ko");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // In a container without the host's /lib/modules. What is built in has its symbols in kallsyms, also for unprivileged readers.
        }

        try
        {
            return Contains(root.Resolve("/proc/kallsyms"), " " + function);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool Contains(string path, string text) =>
        File.ReadLines(path).Any(line => line.Contains(text, StringComparison.Ordinal));
}
