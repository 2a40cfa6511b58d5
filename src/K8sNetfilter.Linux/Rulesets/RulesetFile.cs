using System.Text;
using K8sNetfilter.Errors;
using K8sNetfilter.Packets;

namespace K8sNetfilter.Rulesets;

/// <summary>Reads a dump that somebody saved: the output of iptables-save(8), as it is or through an editor, a mail or a terminal.</summary>
public static class RulesetFile
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">Where it is, on this machine.</param>
    /// <param name="options">What to do with what is read; its source is set to the path.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="NodeException"><c>RulesetFileUnreadable</c>.</exception>
    public static Ruleset Read(string path, RulesetParserOptions options, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(options);
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            return Read(file, options with { Source = path, IsTranscript = true, LastFamily = FamilyFrom(path) }, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            var failure = NodeException.Create(
                Messages.ResourceManager, nameof(Messages.RulesetFileUnreadable), NodeErrorCategory.ResourceUnavailable, Printable.Text(path), e.Message);
            failure.Subject = path;
            throw failure;
        }
    }

    /// <summary>Reads a stream to its end.</summary>
    public static Ruleset Read(Stream source, RulesetParserOptions options, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(source);
        var parser = new RulesetParser(options);
        // Windows PowerShell's ">" writes UTF-16, and so does some mail: only its two bytes at the start can tell.
        Span<byte> mark = stackalloc byte[2];
        int length = source.ReadAtLeast(mark, 2, throwOnEndOfStream: false);
        bool isLittle = length == 2 && mark is [0xFF, 0xFE];
        bool isBig = length == 2 && mark is [0xFE, 0xFF];
        if (isLittle || isBig)
        {
            using var utf8 = Encoding.CreateTranscodingStream(source, isBig ? Encoding.BigEndianUnicode : Encoding.Unicode, Encoding.UTF8, leaveOpen: true);
            Pump(utf8, parser, cancellation);
        }
        else
        {
            parser.Add(mark[..length]);
            Pump(source, parser, cancellation);
        }

        return parser.Complete();
    }

    private static void Pump(Stream source, RulesetParser parser, CancellationToken cancellation)
    {
        int count;
        while ((count = source.Read(parser.GetBuffer().Span)) > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            parser.Advance(count);
        }
    }

    // iptables-persistent saves rules.v6, sosreport ip6tables-save: what to believe where neither a header nor an address says it.
    private static IPFamily FamilyFrom(string path)
    {
        string name = Path.GetFileName(path);
        return name.Contains("ip6", StringComparison.OrdinalIgnoreCase) || name.EndsWith("v6", StringComparison.OrdinalIgnoreCase) ? IPFamily.IPv6 : IPFamily.IPv4;
    }
}
