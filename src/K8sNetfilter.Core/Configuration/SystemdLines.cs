using K8sNetfilter.Text;

namespace K8sNetfilter.Configuration;

/// <summary>
/// Lines as systemd's tools read them: LF, CR and NUL each end a line, and a run of different ones (CR LF) ends one line only. A line of
/// 1 MiB or more ends the reading of the file (<c>read_line()</c> with <c>LONG_LINE_MAX</c>, systemd src/basic/fileio.c).
/// </summary>
public static class SystemdLines
{
    /// <summary>The length from which a line makes the tool give up on the rest of the file.</summary>
    public const int LongLine = 1024 * 1024;

    /// <summary>Splits a file. Lines are numbered as an editor numbers them, by LF.</summary>
    public static IEnumerable<TextLine> Read(ReadOnlyMemory<byte> content)
    {
        foreach (var (start, end, _, line) in Ranges(content))
        {
            yield return new TextLine(ByteText.Decode(content.Span[start..end]), line);
        }
    }

    /// <summary>
    /// Where the lines are: from where to where, where the next one starts (behind the end of this one), and the line's number.
    /// </summary>
    internal static IEnumerable<(int Start, int End, int Next, int Line)> Ranges(ReadOnlyMemory<byte> content)
    {
        int start = 0;
        int number = 1;
        while (start < content.Length)
        {
            int length = content.Span[start..].IndexOfAny((byte)'\n', (byte)'\r', (byte)0);
            int end = length < 0 ? content.Length : start + length;
            if (end - start >= LongLine)
            {
                yield break;
            }

            int line = number;
            int next = SkipEnd(content.Span, end, ref number);
            yield return (start, end, next, line);
            start = next;
        }
    }

    private static int SkipEnd(ReadOnlySpan<byte> content, int at, ref int number)
    {
        bool lf = false, cr = false;
        while (at < content.Length)
        {
            switch (content[at])
            {
                case (byte)'\n' when !lf:
                    lf = true;
                    number++;
                    break;
                case (byte)'\r' when !cr:
                    cr = true;
                    break;
                case 0:
                    return at + 1;
                default:
                    return at;
            }

            at++;
        }

        return at;
    }
}
