using System.Globalization;

namespace K8sNetfilter.Host;

/// <summary>
/// The socket and the two pipes that the .NET runtime makes in the temporary folder for debuggers and profilers. Only an environment
/// variable that is set before the process starts (DOTNET_EnableDiagnostics=0) keeps it from that, and it leaves them behind when it is
/// killed. So their names are taken away first thing: nobody can open them, and nothing is left.
/// </summary>
/// <remarks>https://learn.microsoft.com/dotnet/core/diagnostics/diagnostic-port</remarks>
internal static class DebugEndpoints
{
    /// <summary>Removes this process's own.</summary>
    public static void Remove()
    {
        if (!OperatingSystem.IsLinux() || StartTime() is not { } started)
        {
            return;
        }

        string folder = Environment.GetEnvironmentVariable("TMPDIR") is { Length: > 0 } set ? set : "/tmp";
        string key = string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{started}");
        foreach (string name in (string[])[$"dotnet-diagnostic-{key}-socket", $"clr-debug-pipe-{key}-in", $"clr-debug-pipe-{key}-out"])
        {
            try
            {
                File.Delete(Path.Combine(folder, name));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It stays, as it does for every other .NET program.
            }
        }
    }

    // proc_pid_stat(5): field 22, in clock ticks after boot; the name in field 2 may contain blanks and brackets.
    private static string? StartTime()
    {
        try
        {
            string stat = File.ReadAllText("/proc/self/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields.Length > 19 ? fields[19] : null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
