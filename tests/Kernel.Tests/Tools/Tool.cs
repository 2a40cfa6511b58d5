using System.Diagnostics;
using System.Text.Json;
using K8sNetfilter.Namespaces;

namespace K8sNetfilter.Tests.Tools;

/// <summary>A command of the machine that a test compares with.</summary>
internal static class Tool
{
    /// <summary>Whether the machine has the command.</summary>
    public static bool IsThere(string command) => Find(command) is not null;

    /// <summary>Skips the test where the machine does not have the command.</summary>
    public static void Require(string command) =>
        Assert.SkipUnless(IsThere(command), $"{command} is not installed, so there is nothing to compare with");

    /// <summary>Runs a command inside a namespace and gives what it wrote. A failure of the command fails the test.</summary>
    public static string Run(NetworkNamespace inside, string command, params string[] arguments)
    {
        Require(command);
        var start = new ProcessStartInfo(Find(command)!, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        // Some tools print times in the node's zone; ours are UTC.
        start.Environment["TZ"] = "UTC";
        // A child lives in the namespace of the thread that starts it. Its output is read out here: the pool's threads, which read along,
        // must not be started inside.
        using var process = inside.Run(() => Process.Start(start)!);
        var errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{command} {string.Join(' ', arguments)}: {errors.GetAwaiter().GetResult()}");
        return output;
    }

    /// <summary>Runs a command inside a namespace and gives the lines that it wrote.</summary>
    public static List<string> Lines(NetworkNamespace inside, string command, params string[] arguments)
    {
        var lines = new List<string>();
        using var text = new StringReader(Run(inside, command, arguments));
        while (text.ReadLine() is { } line)
        {
            lines.Add(line);
        }

        return lines;
    }

    /// <summary>Runs a command line whose words have no blanks.</summary>
    public static string Run(NetworkNamespace inside, string commandLine)
    {
        string[] words = commandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return Run(inside, words[0], words[1..]);
    }

    /// <summary>Runs a command line and reads the JSON array that it writes; nothing at all counts as an empty one.</summary>
    public static List<JsonElement> Json(NetworkNamespace inside, string commandLine)
    {
        string text = Run(inside, commandLine);
        return string.IsNullOrWhiteSpace(text) ? [] : [.. JsonDocument.Parse(text).RootElement.EnumerateArray()];
    }

    private static string? Find(string command) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin".Split(':').Select(f => Path.Combine(f, command)).FirstOrDefault(File.Exists);
}
