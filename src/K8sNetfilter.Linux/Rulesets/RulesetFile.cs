using System.Text;
using K8sNetfilter.Addressing;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Text;

namespace K8sNetfilter.Rulesets;

/// <summary>
/// Reads a dump that somebody saved: the output of iptables-save(8), as it is or through an editor, a mail or a terminal.
/// </summary>
public static class RulesetFile
{
    // A table stands near the top of a dump, behind a prompt and a warning or two.
    private const int MostHeld = 1000;
    private const int HeadBytes = 4096;

    /// <summary>Reads a file.</summary>
    /// <param name="path">Where it is, on this machine.</param>
    /// <param name="options">What to do with what is read; its source is set to the path.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="NodeException"><c>RulesetFileUnreadable</c>, or <c>RulesetFileNoDump</c>: there is text in it, and no
    /// table.</exception>
    public static Ruleset Read(string path, RulesetParserOptions options, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(options);
        if (Directory.Exists(path))
        {
            throw Unreadable(path, Messages.RulesetFile_Folder);
        }

        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            var ruleset = ReadDump(file, options with { Source = path, IsTranscript = true, LastFamily = FamilyFrom(path) }, cancellation);
            return ruleset.Tables.Count > 0 ? ruleset
                : new Ruleset([], [],
                [.. ruleset.Notices, string.Format(System.Globalization.CultureInfo.InvariantCulture, Messages.RulesetFile_Empty,
                Printable.Text(path))])
                {
                    Unread = ruleset.Unread,
                    Gaps = ruleset.Gaps,
                };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw Unreadable(path, e.Message);
        }
    }

    /// <summary>Reads a stream that is to be a dump.</summary>
    /// <exception cref="NodeException"><c>RulesetFileNoDump</c>: there is text in it, and no table.</exception>
    internal static Ruleset ReadDump(Stream source, RulesetParserOptions options, CancellationToken cancellation)
    {
        // Of a file that is no dump at all every line would be a problem of its own: they wait until a table shows that it is one.
        var held = new List<NodeException>();
        int count = 0;
        bool isDump = false;
        void Hold(NodeException problem)
        {
            count++;
            if (isDump)
            {
                options.OnProblem!(problem);
            }
            else if (held.Count < MostHeld)
            {
                held.Add(problem);
            }
        }

        void Release()
        {
            isDump = true;
            held.ForEach(options.OnProblem!);
            held.Clear();
        }

        bool Wants(NetfilterChain chain)
        {
            if (!isDump && options.OnProblem is not null)
            {
                Release();
            }

            isDump = true;
            return options.WantsChain?.Invoke(chain) != false;
        }

        var ruleset = Read(source, options with { OnProblem = options.OnProblem is null ? null : Hold, WantsChain = Wants }, cancellation,
            out byte[] head);
        if (ruleset.Tables.Count == 0 && ruleset.Unread.Count == 0 && count + ruleset.Problems.Count > 0)
        {
            var failure = NodeException.Create(
                Messages.ResourceManager, nameof(Messages.RulesetFileNoDump), NodeErrorCategory.InvalidData, Printable.Text(options.Source),
                RulesetFileKind.Describe(head));
            failure.Subject = options.Source;
            throw failure;
        }

        if (!isDump && options.OnProblem is not null)
        {
            Release();
        }

        return ruleset;
    }

    private static NodeException Unreadable(string path, string why)
    {
        var failure = NodeException.Create(Messages.ResourceManager, nameof(Messages.RulesetFileUnreadable),
            NodeErrorCategory.ResourceUnavailable, Printable.Text(path), why.TrimEnd('.'));
        failure.Subject = path;
        return failure;
    }

    /// <summary>Reads a stream to its end.</summary>
    public static Ruleset Read(Stream source, RulesetParserOptions options, CancellationToken cancellation) =>
        Read(source, options, cancellation, out _);

    private static Ruleset Read(Stream source, RulesetParserOptions options, CancellationToken cancellation, out byte[] head)
    {
        ArgumentNullException.ThrowIfNull(source);
        var parser = new RulesetParser(options);
        head = Head(source);
        // Windows PowerShell's ">" writes UTF-16, and so does some mail: only its two bytes at the start can tell.
        bool isLittle = head is [0xFF, 0xFE, ..];
        if (isLittle || head is [0xFE, 0xFF, ..])
        {
            using var rest = new JoinedStream(head.AsMemory(2), source, default);
            using var utf8 = Encoding.CreateTranscodingStream(rest, isLittle ? Encoding.Unicode : Encoding.BigEndianUnicode, Encoding.UTF8,
                leaveOpen: true);
            head = Head(utf8);
            Pump(utf8, head, parser, cancellation);
        }
        else
        {
            Pump(source, head, parser, cancellation);
        }

        return parser.Complete();
    }

    private static byte[] Head(Stream source)
    {
        byte[] head = new byte[HeadBytes];
        return head[..source.ReadAtLeast(head, HeadBytes, throwOnEndOfStream: false)];
    }

    private static void Pump(Stream source, byte[] head, RulesetParser parser, CancellationToken cancellation)
    {
        if (WrappedLines.Find(head) is { } wrapped)
        {
            using var all = new JoinedStream(head, source, default);
            wrapped.Pump(all, parser, cancellation);
            return;
        }

        // Old Macintosh line ends, as some editors write them: then there is no line feed at all.
        bool isReturn = head.Contains((byte)'\r') && !head.Contains((byte)'\n');
        if (isReturn)
        {
            head.AsSpan().Replace((byte)'\r', (byte)'\n');
        }

        parser.Add(head);
        int count;
        while ((count = source.Read(parser.GetBuffer().Span)) > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            if (isReturn)
            {
                parser.GetBuffer().Span[..count].Replace((byte)'\r', (byte)'\n');
            }

            parser.Advance(count);
        }
    }

    // iptables-persistent saves rules.v6, sosreport ip6tables-save: what to believe where neither a header nor an address says it.
    private static IPFamily FamilyFrom(string path)
    {
        string name = Path.GetFileName(path);
        return name.Contains("ip6", StringComparison.OrdinalIgnoreCase) || name.EndsWith("v6", StringComparison.OrdinalIgnoreCase)
            ? IPFamily.IPv6 : IPFamily.IPv4;
    }
}
