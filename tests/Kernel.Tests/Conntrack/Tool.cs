using System.Diagnostics;
using K8sNetfilter.Namespaces;

namespace K8sNetfilter.Tests.Conntrack;

/// <summary>Runs a reference tool inside a namespace: a child lives where the thread lives that starts it.</summary>
internal static class Tool
{
    /// <summary>Whether it is installed.</summary>
    public static bool IsThere(string name) =>
        new[] { "/usr/sbin", "/sbin", "/usr/bin", "/bin" }.Any(folder => File.Exists(Path.Combine(folder, name)));

    /// <summary>Runs it and gives its standard output, line by line.</summary>
    public static List<string> Run(NetworkNamespace inside, string name, params string[] arguments) => inside.Run(() =>
    {
        var start = new ProcessStartInfo(name, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        // conntrack prints times in the node's zone; ours are UTC.
        start.Environment["TZ"] = "UTC";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var lines = new List<string>();
        while (process.StandardOutput.ReadLine() is { } line)
        {
            lines.Add(line);
        }

        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{name} {string.Join(' ', arguments)}: {errors.GetAwaiter().GetResult()}");
        return lines;
    });
}
