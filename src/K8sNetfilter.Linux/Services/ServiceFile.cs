using System.Text;
using K8sNetfilter.Errors;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Text;

namespace K8sNetfilter.Services;

/// <summary>
/// Reads Services from a file that somebody saved: iptables-save(8), <c>nft -j list table ip kube-proxy</c>, or /proc/net/ip_vs. Which of
/// them it is follows from how it begins.
/// </summary>
public static class ServiceFile
{
    // What nft prints for 50,000 Services x 3 is under a tenth of this.
    private const long MostBytes = 1L << 30;

    /// <summary>Reads a file.</summary>
    /// <param name="path">Where it is, on this machine.</param>
    /// <param name="names">Names to try where rules carry no comments.</param>
    /// <param name="options">What to do with problems of rules.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="NodeException"><c>RulesetFileUnreadable</c>, <c>ServiceTableInvalid</c>.</exception>
    public static IReadOnlyList<NodeService> Read(string path, IEnumerable<string> names, RulesetParserOptions options,
        CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string start;
        if (Directory.Exists(path))
        {
            // It says so.
            RulesetFile.Read(path, options, cancellation);
        }

        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            byte[] head = new byte[64];
            start = Encoding.UTF8.GetString(head, 0, file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false))
                .TrimStart('\uFEFF', ' ', '\n', '\r', '\t');
            if (start.StartsWith('{') && file.Length <= MostBytes)
            {
                byte[] all = new byte[file.Length];
                file.Position = 0;
                int length = file.ReadAtLeast(all, all.Length, throwOnEndOfStream: false);
                int skip = all.AsSpan(0, length).StartsWith(Encoding.UTF8.Preamble) ? 3 : 0;
                return NftServiceReader.Read(all.AsMemory(skip, length - skip), path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            var failure = NodeException.Create(
                Messages.ResourceManager, nameof(Messages.RulesetFileUnreadable), NodeErrorCategory.ResourceUnavailable,
                Printable.Text(path), e.Message.TrimEnd('.'));
            failure.Subject = path;
            throw failure;
        }

        return start.StartsWith(VirtualServerReader.Heading, StringComparison.Ordinal)
            ? [.. VirtualServerReader.Read(File.ReadLines(path), null)]
            : [.. ServiceReader.Read(RulesetFile.Read(path, options, cancellation), names)];
    }
}
