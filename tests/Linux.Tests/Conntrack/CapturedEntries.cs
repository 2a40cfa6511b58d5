using System.Globalization;
using System.Runtime.CompilerServices;

namespace K8sNetfilter.Tests.Conntrack;

/// <summary>What a kernel sent, and what the reference tool said of it.</summary>
internal static class CapturedEntries
{
    public static IReadOnlyList<(string Line, byte[] Message)> All { get; } = [.. Read()];

    private static IEnumerable<(string Line, byte[] Message)> Read([CallerFilePath] string source = "")
    {
        // With deterministic builds the compiler's path begins with /_/ instead of the checkout's.
        string file = Path.Combine(Root(), source[(source.IndexOf("/tests/", StringComparison.Ordinal) + 1)..]).Replace("CapturedEntries.cs", "entries.txt", StringComparison.Ordinal);
        string[] lines = [.. File.ReadLines(file).Where(l => !l.StartsWith('#'))];
        for (int i = 0; i + 1 < lines.Length; i += 2)
        {
            yield return (lines[i], Convert.FromHexString(lines[i + 1]));
        }
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "K8sNetfilter.psd1")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("Run the tests from a checkout.");
    }
}
