using System.Text;
using K8sNetfilter.Errors;
using K8sNetfilter.Packets;

namespace K8sNetfilter.Rulesets;

/// <summary>Reads a dump that somebody saved: the output of iptables-save(8), as it is or through an editor, a mail or a terminal.</summary>
public static class RulesetFile
{
    // A table stands near the top of a dump, behind a prompt and a warning or two.
    private const int MostHeld = 1000;

    /// <summary>Reads a file.</summary>
    /// <param name="path">Where it is, on this machine.</param>
    /// <param name="options">What to do with what is read; its source is set to the path.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="NodeException"><c>RulesetFileUnreadable</c>, or <c>RulesetFileNoDump</c>: there is text in it, and no table.</exception>
    public static Ruleset Read(string path, RulesetParserOptions options, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(options);
        if (Directory.Exists(path))
        {
            throw Unreadable(path, Messages.RulesetFile_Folder);
        }

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

        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            var ruleset = Read(file, options with
            {
                Source = path,
                IsTranscript = true,
                LastFamily = FamilyFrom(path),
                OnProblem = options.OnProblem is null ? null : Hold,
                WantsChain = Wants,
            }, cancellation);
            if (ruleset.Tables.Count == 0)
            {
                if (count + ruleset.Problems.Count > 0)
                {
                    var failure = NodeException.Create(Messages.ResourceManager, nameof(Messages.RulesetFileNoDump), NodeErrorCategory.InvalidData, Printable.Text(path));
                    failure.Subject = path;
                    throw failure;
                }

                return new Ruleset([], [], [.. ruleset.Notices, string.Format(System.Globalization.CultureInfo.InvariantCulture, Messages.RulesetFile_Empty, Printable.Text(path))]);
            }

            if (!isDump && options.OnProblem is not null)
            {
                Release();
            }

            return ruleset;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw Unreadable(path, e.Message);
        }
    }

    private static NodeException Unreadable(string path, string why)
    {
        var failure = NodeException.Create(Messages.ResourceManager, nameof(Messages.RulesetFileUnreadable), NodeErrorCategory.ResourceUnavailable, Printable.Text(path), why.TrimEnd('.'));
        failure.Subject = path;
        return failure;
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
