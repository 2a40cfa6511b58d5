using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace K8sNetfilter.Snapshots.Redaction;

/// <summary>
/// Finds addresses in a line in each way that they are written, also where they are part of a name: <c>10.0.0.1</c>, <c>ip-10-0-0-1</c>,
/// <c>fd00::1</c>, <c>02:00:00:00:00:01</c>, <c>02-00-00-00-00-01</c>, <c>0200.0000.0001</c>, <c>02000000000a</c>; and replaces each in its
/// own spelling.
/// </summary>
internal sealed partial class AddressSpelling(RedactedAddresses addresses)
{
    private const int MostKept = 500_000;
    private const int LongestIPv6 = 64;

    private readonly Dictionary<string, string> _known = new(StringComparer.Ordinal);

    /// <summary>The line with other addresses.</summary>
    public string Redact(string line)
    {
        // Most lines of most files have nothing that looks like one.
        if (line.AsSpan().IndexOfAny('.', ':', '-') < 0 && line.AsSpan().IndexOf('_') < 0 && line.Length < 12)
        {
            return line;
        }

        line = Octets().Replace(line, m => m.Length == 23 ? m.Value : Known(m.Value, Hardware));
        line = Quads().Replace(line, m => IsMask(line, m) ? m.Value : Known(m.Value, Quad));
        line = line.Contains(':', StringComparison.Ordinal) ? IPv6(line) : line;
        return line.Length < 12 ? line : Bare()
            .Replace(line, m => m.Value.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0 ? m.Value : Known(m.Value, Hardware));
    }

    private string Known(string text, Func<string, string> map)
    {
        if (_known.TryGetValue(text, out string? known))
        {
            return known;
        }

        string other = map(text);
        if (_known.Count < MostKept)
        {
            _known[text] = other;
        }

        return other;
    }

    // A mask behind a slash says how long a prefix is.
    private static bool IsMask(string line, Match match) =>
        match.Index > 0 && line[match.Index - 1] == '/' && match.Value.StartsWith("255.", StringComparison.Ordinal);

    // "10.0.0.1", "10.0.0.0/8", "10.0.0.1-10.0.0.9", "10-0-0-1", "10_0_0_1".
    private string Quad(string text)
    {
        char separator = text[text.AsSpan().IndexOfAnyExceptInRange('0', '9')];
        if (separator != '.')
        {
            return IPAddress.TryParse(text.Replace(separator, '.'), out var named)
                ? addresses.Map(named).ToString().Replace('.', separator) : text;
        }

        int slash = text.IndexOf('/', StringComparison.Ordinal), dash = text.IndexOf('-', StringComparison.Ordinal);
        string head = slash >= 0 ? text[..slash] : dash >= 0 ? text[..dash] : text;
        if (!IPAddress.TryParse(Plain(head), out var first))
        {
            return text;
        }

        if (dash >= 0)
        {
            return IPAddress.TryParse(Plain(text[(dash + 1)..]), out var last) ? Pair(addresses.Range(first, last)) : text;
        }

        int length = slash >= 0 && int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int bits)
            ? bits : -1;
        return addresses.Map(first, length) + (slash >= 0 ? text[slash..] : "");
    }

    // A number with a leading zero is octal to a parser, and decimal to most who write it.
    private static string Plain(string quad) =>
        string.Join('.', quad.Split('.').Select(part => part.TrimStart('0') is { Length: > 0 } digits ? digits : "0"));

    private static string Pair((IPAddress First, IPAddress Last) range) => $"{range.First}-{range.Last}";

    private string Hardware(string text)
    {
        byte[] octets = Convert.FromHexString(string.Concat(text.Where(char.IsAsciiHexDigit)));
        string other = Convert.ToHexString(addresses.Hardware(octets)).ToLowerInvariant();
        var result = new StringBuilder(text.Length);
        int next = 0;
        foreach (char c in text)
        {
            result.Append(char.IsAsciiHexDigit(c) ? other[next++] : c);
        }

        return result.ToString();
    }

    // Runs of the characters of IPv6 addresses; what does not parse as one stays as it is.
    private string IPv6(string line)
    {
        StringBuilder? result = null;
        int kept = 0;
        for (int i = 0; i < line.Length;)
        {
            if (!IsPart(line[i]))
            {
                i++;
                continue;
            }

            int start = i, colons = 0;
            while (i < line.Length && IsPart(line[i]))
            {
                colons += line[i] == ':' ? 1 : 0;
                i++;
            }

            if (colons < 2 || i - start > LongestIPv6 || Address(line, ref start, ref i) is not { } first)
            {
                continue;
            }

            string other;
            if (i < line.Length && line[i] == '-' && Next(line, i + 1, out int end) is { } last)
            {
                (other, i) = (Pair(addresses.Range(first, last)), end);
            }
            else
            {
                other = Known($"{line.AsSpan(start, i - start)}/{Length(line, i)}", _ => addresses.Map(first, Length(line, i)).ToString());
            }

            (result ??= new StringBuilder(line.Length + 32)).Append(line, kept, start - kept).Append(other);
            kept = i;
        }

        return result is null ? line : result.Append(line, kept, line.Length - kept).ToString();
    }

    // The address within a run: without a colon or a dot at its end, and without letters in front that are also hexadecimal digits. Eight
    // groups and one more are an address and a port.
    private static IPAddress? Address(string line, ref int start, ref int end)
    {
        while (end > start && (line[end - 1] == '.' || (line[end - 1] == ':' && line[end - 2] != ':')))
        {
            end--;
        }

        if (line.AsSpan(start, end - start).Count(':') == 8 && line.AsSpan(start, end - start).IndexOf("::") < 0)
        {
            end = line.LastIndexOf(':', end - 1);
        }

        for (int from = start; from < end - 1 && from < start + 28; from++)
        {
            if (IPAddress.TryParse(line.AsSpan(from, end - from), out var found) && found.AddressFamily == AddressFamily.InterNetworkV6)
            {
                start = from;
                return found;
            }

            // Only what comes before the first colon can belong to a word.
            if (line[from] == ':' && from > start)
            {
                return null;
            }
        }

        return null;
    }

    private static IPAddress? Next(string line, int start, out int end)
    {
        end = start;
        while (end < line.Length && IsPart(line[end]) && end - start <= LongestIPv6)
        {
            end++;
        }

        int from = start;
        return end > start ? Address(line, ref from, ref end) is { } found && from == start ? found : null : null;
    }

    private static int Length(string line, int at)
    {
        int end = at + 1;
        while (at < line.Length && line[at] == '/' && end < line.Length && end - at < 4 && char.IsAsciiDigit(line[end]))
        {
            end++;
        }

        return end > at + 1 ? int.Parse(line.AsSpan(at + 1, end - at - 1), CultureInfo.InvariantCulture) : -1;
    }

    private static bool IsPart(char c) => char.IsAsciiHexDigit(c) || c is '.' or ':';

    [GeneratedRegex(@"(?<![0-9.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9]|\.[0-9])(?:/[0-9]{1,2}(?![0-9.])|-[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9]|\.[0-9]))?|(?<![0-9])(?<![0-9]-)[0-9]{1,3}(?:-[0-9]{1,3}){3}(?!-?[0-9])|(?<![0-9])(?<![0-9]_)[0-9]{1,3}(?:_[0-9]{1,3}){3}(?!_?[0-9])", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Quads();

    // Twenty octets (InfiniBand), eight groups (an IPv6 address), six octets; then with dashes, and in threes.
    [GeneratedRegex(@"(?<![0-9a-fA-F])(?<!\b[0-9a-fA-F]{1,4}:)[0-9a-fA-F]{2}(?:(?::[0-9a-fA-F]{2}){19}|(?::[0-9a-fA-F]{2}){7}|(?::[0-9a-fA-F]{2}){5})(?![0-9a-fA-F])|(?<![0-9a-fA-F])(?<![0-9a-fA-F]{2}-)[0-9a-fA-F]{2}(?:-[0-9a-fA-F]{2}){5}(?!-?[0-9a-fA-F])|(?<![0-9a-fA-F.])[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}(?![0-9a-fA-F]|\.[0-9a-fA-F])", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Octets();

    [GeneratedRegex("(?<![0-9a-zA-Z])[0-9a-fA-F]{12}(?![0-9a-zA-Z])", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Bare();
}
