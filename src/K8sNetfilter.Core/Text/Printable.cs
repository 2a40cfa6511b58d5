using System.Globalization;
using System.Text;

namespace K8sNetfilter.Text;

/// <summary>
/// Makes outside text safe to show. Rule comments, file contents and names are hostile: an escape sequence in them could rewrite a
/// terminal, and a bidirectional override could make a report read differently from what it says.
/// </summary>
public static class Printable
{
    /// <summary>Gives the text with control and format characters written as <c>\xNN</c> or <c>\uNNNN</c>, and at most so long.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="maximum">The most characters to keep; the rest is replaced by <c>...</c>.</param>
    public static string Text(string text, int maximum = 500)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length <= maximum && !text.AsSpan().ContainsUnsafe())
        {
            return text;
        }

        var result = new StringBuilder(Math.Min(text.Length, maximum) + 16);
        for (int i = 0; i < text.Length; i++)
        {
            if (result.Length >= maximum)
            {
                return result.Append("...").ToString();
            }

            char c = text[i];
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                result.Append(c).Append(text[++i]);
            }
            else if (IsSafe(c))
            {
                result.Append(c);
            }
            else
            {
                result.Append(c < 0x100 ? string.Create(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}")
                    : string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"));
            }
        }

        return result.ToString();
    }

    /// <summary>
    /// The text as one line: line breaks and other white space become blanks, and the rest is as <see cref="Text"/> gives it.
    /// </summary>
    /// <param name="text">Any text; nothing gives an empty line.</param>
    /// <param name="maximum">The most characters to keep; the rest is replaced by <c>...</c>.</param>
    public static string Line(string? text, int maximum = 500)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }

        return Text(string.Create(text.Length, text, static (line, from) =>
        {
            for (int i = 0; i < line.Length; i++)
            {
                line[i] = char.IsWhiteSpace(from[i]) ? ' ' : from[i];
            }
        }), maximum);
    }

    /// <summary>The text with line breaks at blanks, so that no line but one of a single long word is longer than a column.</summary>
    /// <param name="text">Any text; nothing gives an empty line.</param>
    /// <param name="width">The column's width in characters.</param>
    public static string Wrap(string? text, int width)
    {
        var rest = text.AsSpan().TrimEnd();
        var result = new StringBuilder(rest.Length + 8);
        while (rest.Length > width)
        {
            int end = width;
            while (end > 0 && !char.IsWhiteSpace(rest[end]))
            {
                end--;
            }

            // A word that is longer than the column stands whole.
            for (end = end == 0 ? width : end; end < rest.Length && !char.IsWhiteSpace(rest[end]); end++)
            {
            }

            result.Append(rest[..end].TrimEnd()).Append('\n');
            rest = rest[end..].TrimStart();
        }

        return result.Append(rest).ToString().TrimEnd();
    }

    private static bool ContainsUnsafe(this ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (!IsSafe(c))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsSafe(char c) =>
        c is >= ' ' and < '\x7f'
        || (c > '\x9f' && char.GetUnicodeCategory(c) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse));
}
