using System.Text;

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

            yield return new TextLine(Encoding.Latin1.GetString(content.Span[start..end]), number);
            start = SkipEnd(content.Span, end, ref number);
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
