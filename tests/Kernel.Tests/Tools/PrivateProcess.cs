using System.Diagnostics;

namespace K8sNetfilter.Tests.Tools;

/// <summary>Runs an explicit test of this suite in a process of its own, whose namespaces are its own from the first instruction on.</summary>
internal static class PrivateProcess
{
    /// <summary>Runs the test and fails where it fails. Skips without root or unshare(1).</summary>
    /// <param name="method">The test's method, which is marked as explicit.</param>
    /// <param name="namespaces">Options of unshare(1), such as <c>--net</c>.</param>
    public static void Run(string method, params string[] namespaces)
    {
        const string Tool = "/usr/bin/unshare";
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "private mount and network namespaces need root");
        Assert.SkipUnless(File.Exists(Tool), $"{Tool} is not installed");
        var start = new ProcessStartInfo(
            Tool,
            [.. namespaces, "--mount", "--propagation", "private", "dotnet", typeof(PrivateProcess).Assembly.Location, "-noLogo", "-noColor", "-explicit", "only", "-method", "*." + method])
        {
            RedirectStandardOutput = true,
        };
        using var child = Process.Start(start)!;
        string said = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        Assert.True(child.ExitCode == 0 && said.Contains("Total: 1,", StringComparison.Ordinal), said);
    }

    /// <summary>Fails outside such a process: what follows would change the machine.</summary>
    public static void Require() =>
        Assert.NotEqual(new FileInfo("/proc/1/ns/mnt").LinkTarget, new FileInfo("/proc/self/ns/mnt").LinkTarget);

    /// <summary>Runs a shell's script and gives what it wrote. It may end with 0 or 1.</summary>
    public static string Bash(string script)
    {
        var start = new ProcessStartInfo("/bin/bash", ["-c", "PATH=$PATH:/usr/sbin:/sbin; " + script]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode is 0 or 1, script);
        return text;
    }
}
