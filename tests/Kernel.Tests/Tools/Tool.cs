using System.Diagnostics;
using System.Text.Json;
using K8sNetfilter.Namespaces;

namespace K8sNetfilter.Tests.Tools;

/// <summary>A command of the machine that a test compares with.</summary>
internal static class Tool
{
    /// <summary>Skips the test where the machine does not have the command.</summary>
    public static void Require(string command) =>
        Assert.SkipUnless(Find(command) is not null, $"{command} is not installed, so there is nothing to compare with");

    /// <summary>Runs a command inside a namespace and gives what it wrote. A failure of the command fails the test.</summary>
    public static string Run(NetworkNamespace inside, string command, params string[] arguments)
    {
        Require(command);
        return inside.Run(() =>
        {
            // A child lives in the namespace of the thread that starts it.
            var start = new ProcessStartInfo(Find(command)!, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            using var process = Process.Start(start)!;
            string errors = "";
            process.ErrorDataReceived += (_, line) => errors += line.Data + "\n";
            process.BeginErrorReadLine();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, $"{command} {string.Join(' ', arguments)}: {errors}");
            return output;
        });
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
