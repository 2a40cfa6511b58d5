using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using K8sNetfilter.IO;
using K8sNetfilter.Rulesets.Reading;

namespace K8sNetfilter.Rulesets;

/// <summary>
/// A dump whose lines a log has wrapped, each by itself and without loss: Docker's and the journal's JSON, the log files of a container
/// runtime, and what syslog and <c>--timestamps</c> write in front.
/// </summary>
internal sealed partial class WrappedLines
{
    private const int MostLooked = 50;
    private const int LongestLine = 1 << 18;

    private readonly Func<string, string?> _unwrap;

    private WrappedLines(Func<string, string?> unwrap) => _unwrap = unwrap;

    // k8s.io/cri-api: <time> <stream> <P for a part or F for the end of a line> <text>; kubectl and docker logs --timestamps have the time
    // alone.
    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^ ]* (?:(?:stdout|stderr) (?<part>[PF])(?: |$))?(?<text>.*)$",
        RegexOptions.CultureInvariant)]
    private static partial Regex Timestamp();

    // "Nov 29 17:46:17 node name[123]: text", as journalctl and syslog write it.
    [GeneratedRegex(@"^[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d [^ ]+ [^ :\[]+(?:\[\d+\])?:(?: (?<text>.*))?$", RegexOptions.CultureInvariant)]
    private static partial Regex Syslog();

    /// <summary>How the lines are wrapped; null where they are not, or in no way that is known.</summary>
    public static WrappedLines? Find(ReadOnlySpan<byte> head)
    {
        // One that begins as a dump's lines do is none, and most are such.
        var start = head.TrimStart(" \t\r\n"u8);
        if (start.IsEmpty || start[0] is (byte)'#' or (byte)'*' or (byte)'-' or (byte)':')
        {
            return null;
        }

        foreach (var unwrap in (Func<string, string?>[])[FromJson, FromTimestamp, FromSyslog])
        {
            int looked = 0;
            foreach (string line in Encoding.Latin1.GetString(head).Split('\n').Take(MostLooked))
            {
                // The last line may be cut; a table is what shows a dump.
                if (line.Length > 0 && ++looked > 0 && unwrap(line)?.TrimStart() is { Length: > 1 } text
                    && (text[0] == '*' || text.StartsWith("-P ", StringComparison.Ordinal)))
                {
                    return new WrappedLines(unwrap);
                }
            }
        }

        return null;
    }

    /// <summary>Reads a stream to its end.</summary>
    public void Pump(Stream source, RulesetParser parser, CancellationToken cancellation)
    {
        // Bytes as characters, so that none is lost.
        using var reader = new StreamReader(source, Encoding.Latin1, detectEncodingFromByteOrderMarks: false, bufferSize: -1,
            leaveOpen: true);
        var lines = new BoundedLines(reader, LongestLine);
        while (lines.Read() is { } line)
        {
            cancellation.ThrowIfCancellationRequested();
            parser.Add(Encoding.Latin1.GetBytes(_unwrap(line) ?? line + "\n"));
        }
    }

    private static string? FromTimestamp(string line) => Timestamp().Match(line) is { Success: true } match
        ? match.Groups["text"].Value + (match.Groups["part"].Value == "P" ? "" : "\n") : null;

    private static string? FromSyslog(string line) =>
        Syslog().Match(line) is { Success: true } match ? match.Groups["text"].Value + "\n" : null;

    private static string? FromJson(string line)
    {
        if (!line.StartsWith('{'))
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(Encoding.Latin1.GetBytes(line));
            bool isDocker = json.RootElement.TryGetProperty("log", out var text);
            if ((!isDocker && !json.RootElement.TryGetProperty("MESSAGE", out text)) || text.ValueKind != JsonValueKind.String)
            {
                return null;
            }

            // Docker keeps the end of a line in the text; a line longer than 16 KiB comes in parts.
            string plain = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text.GetString()!));
            return isDocker ? plain : plain + "\n";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
