using System.Runtime.CompilerServices;

namespace K8sNetfilter.Rulesets.Grammar;

/// <summary>
/// The words of one rule's line, in place. Every reader of rules takes its words and quotes from here, so that no two of them can disagree.
/// Only double quotes quote, anywhere in a word; within them a backslash escapes the next byte, outside it is an ordinary character
/// (add_param_to_argv, iptables/xshared.c).
/// </summary>
/// <param name="line">The line.</param>
/// <param name="at">Where to begin: at the white space before a word, or at 0.</param>
internal ref struct RuleWords(ReadOnlySpan<byte> line, int at = 0)
{
    private readonly ReadOnlySpan<byte> _line = line;
    private int _at = at;

    /// <summary>The end of the word that was read last: white space follows, or nothing.</summary>
    public readonly int At => _at;

    /// <summary>Where the word begins whose quote is not closed; -1 if there is none up to here.</summary>
    public int OpenFrom { get; private set; } = -1;

    /// <summary>True after the last word, except for one space that may follow it.</summary>
    public readonly bool IsAtEnd => _at >= _line.Length || (_at + 1 == _line.Length && _line[_at] == ' ');

    /// <summary>Reads the next word, however it is spelled.</summary>
    /// <returns>False after the last word, and at one whose quote is not closed.</returns>
    public bool TryRead(out TokenSpan word)
    {
        var line = _line;
        int start = _at;
        while (start < line.Length && line[start] is (byte)' ' or (byte)'\t')
        {
            start++;
        }

        word = default;
        bool quoted = false;
        int end = start;
        for (; end < line.Length; end++)
        {
            byte b = line[end];
            if (b is (byte)' ' or (byte)'\t')
            {
                break;
            }

            if (b == '"')
            {
                quoted = true;
                end = Close(line, end + 1);
                if (end < 0)
                {
                    OpenFrom = start;
                    return false;
                }
            }
        }

        if (end == start)
        {
            return false;
        }

        word = new TokenSpan(_at, start, end, quoted);
        _at = end;
        return true;
    }

    /// <summary>
    /// Reads the next word if it is spelled as iptables-save spells it: after exactly one space, and either without quotes and control
    /// characters or as one quoted string.
    /// </summary>
    /// <returns>False for any other word, which is not read then, and at the end.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryPlain(out int start)
    {
        var line = _line;
        int i = _at;
        start = i + 1;
        if ((uint)i >= (uint)line.Length || line[i] != ' ' || ++i == line.Length)
        {
            return false;
        }

        if (line[i] == '"')
        {
            i = Close(line, i + 1) + 1;
        }
        else
        {
            while (i < line.Length && line[i] > ' ' && line[i] != '"')
            {
                i++;
            }
        }

        if (i <= start || (i < line.Length && line[i] != ' '))
        {
            return false;
        }

        _at = i;
        return true;
    }

    /// <summary>The quote that closes a string; -1 if it is not closed.</summary>
    /// <param name="line">The bytes.</param>
    /// <param name="at">The first byte of the string, after its quote.</param>
    public static int Close(ReadOnlySpan<byte> line, int at = 0)
    {
        for (int i = at; i < line.Length; i++)
        {
            if (line[i] == '"')
            {
                return i;
            }

            if (line[i] == '\\')
            {
                i++;
            }
        }

        return -1;
    }

    /// <summary>Writes what a word says, without quotes and escapes, and gives its length.</summary>
    /// <param name="word">The word as it is written, with its quotes closed.</param>
    /// <param name="plain">Room for as many bytes.</param>
    public static int Unquote(ReadOnlySpan<byte> word, Span<byte> plain)
    {
        int length = 0;
        bool open = false;
        for (int i = 0; i < word.Length; i++)
        {
            if (word[i] == '"')
            {
                open = !open;
                continue;
            }

            if (word[i] == '\\' && open && i + 1 < word.Length)
            {
                i++;
            }

            plain[length++] = word[i];
        }

        return length;
    }
}
