using K8sNetfilter.IO;

namespace K8sNetfilter.Rulesets;

/// <summary>Whether nf_tables is in the running kernel, found out without asking it.</summary>
internal static class NfTablesModule
{
    /// <summary>True where it is loaded or built in.</summary>
    public static bool IsPresent(KernelRoot root)
    {
        if (Directory.Exists(root.Resolve("/sys/module/nf_tables")))
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
            return Contains(root.Resolve($"/lib/modules/{release}/modules.builtin"), "/nf_tables.ko");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // In a container without the host's /lib/modules. What is built in has its symbols in kallsyms, also for unprivileged readers.
        }

        try
        {
            return Contains(root.Resolve("/proc/kallsyms"), " nft_do_chain");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool Contains(string path, string text) => File.ReadLines(path).Any(line => line.Contains(text, StringComparison.Ordinal));
}
