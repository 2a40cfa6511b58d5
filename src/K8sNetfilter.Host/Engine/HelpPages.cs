using System.Text;
using K8sNetfilter.Host.Interop;

namespace K8sNetfilter.Host.Engine;

/// <summary>
/// The module's help, which k8snf carries as resources: a node without PowerShell has no folder that Get-Help could look into. Nothing is
/// unpacked for it.
/// </summary>
internal static class HelpPages
{
    private const string CmdletPages = "K8sNetfilter.dll-Help.xml";
    private const string TopicSuffix = ".help.txt";

    /// <summary>The names of the topics, <c>about_…</c>.</summary>
    public static IEnumerable<string> Topics { get; } =
    [
        .. typeof(HelpPages).Assembly.GetManifestResourceNames()
            .Where(n => n.EndsWith(TopicSuffix, StringComparison.Ordinal))
            .Select(n => n[..^TopicSuffix.Length])
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The text of a topic.</summary>
    public static string Topic(string name) => Encoding.UTF8.GetString(Resource(name + TopicSuffix));

    /// <summary>The cmdlets' pages as a file in memory, memfd_create(2), for the engine, which reads files only.</summary>
    /// <returns>Its path; null where this system has no such files.</returns>
    public static string? CmdletFile()
    {
        int descriptor = OperatingSystem.IsLinux() ? Libc.MemoryFile("help\0"u8) : -1;
        return descriptor >= 0 && Libc.WriteAll(descriptor, Resource(CmdletPages)) == 0 ? $"/proc/self/fd/{descriptor}" : null;
    }

    private static byte[] Resource(string name)
    {
        using var stream = typeof(HelpPages).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException(EngineMessages.PageMissing(name));
        byte[] content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
