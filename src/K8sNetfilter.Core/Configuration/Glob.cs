namespace K8sNetfilter.Configuration;

/// <summary>
/// Shell patterns as glob(3) and fnmatch(3) take them in the C locale: <c>*</c>, <c>?</c>, <c>[a-z]</c>, <c>[!a]</c>,
/// <c>[[:digit:]]</c> and <c>\</c>. The time is bounded by pattern length times the length of pattern and text, whatever the pattern.
/// </summary>
public static class Glob
{
    /// <summary>True where the text holds one of the characters that make it a pattern (<c>*</c>, <c>?</c>, <c>[</c>).</summary>
    public static bool IsPattern(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.AsSpan().ContainsAny('*', '?', '[');
    }

    /// <summary>Matches as fnmatch(3) does without flags: <c>*</c> also matches <c>/</c> and a leading dot.</summary>
    public static bool MatchesText(string pattern, string text) => Match(pattern, text, leadingDot: true);

    /// <summary>Matches as glob(3) does: name by name, and a name that starts with a dot only where the pattern writes that dot.</summary>
    public static bool MatchesPath(string pattern, string path)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        ArgumentNullException.ThrowIfNull(path);
        ReadOnlySpan<char> patterns = pattern, names = path;
        while (true)
        {
            int p = patterns.IndexOf('/'), n = names.IndexOf('/');
            if ((p < 0) != (n < 0))
            {
                return false;
            }

            if (p < 0)
            {
                return Match(patterns, names, leadingDot: false);
            }

            if (!Match(patterns[..p], names[..n], leadingDot: false))
            {
                return false;
            }

            patterns = patterns[(p + 1)..];
            names = names[(n + 1)..];
        }
    }

    private static bool Match(ReadOnlySpan<char> pattern, ReadOnlySpan<char> text, bool leadingDot)
    {
        if (!leadingDot && text.StartsWith(".") && !pattern.StartsWith(".") && !pattern.StartsWith("\\."))
        {
            return false;
        }

        // Only the last star ever needs another try: what an earlier star took too much or too little of, a later one makes up for.
        int p = 0, t = 0, starPattern = -1, starText = 0;
        HashSet<int>? unclosed = null;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                starPattern = ++p;
                starText = t;
            }
            else if (p < pattern.Length && One(pattern[p..], text[t], p, ref unclosed, out int used))
            {
                p += used;
                t++;
            }
            else if (starPattern >= 0)
            {
                p = starPattern;
                t = ++starText;
            }
            else
            {
                return false;
            }
        }

        while (p < pattern.Length && pattern[p] == '*')
        {
            p++;
        }

        return p == pattern.Length;
    }

    /// <summary>Matches one character with the pattern's start and gives how much of the pattern that took.</summary>
    private static bool One(ReadOnlySpan<char> pattern, char c, int place, ref HashSet<int>? unclosed, out int used)
    {
        switch (pattern[0])
        {
            case '?':
                used = 1;
                return true;
            case '[' when unclosed?.Contains(place) != true:
                if (Set(pattern, c, out used, out bool inSet))
                {
                    return inSet;
                }

                // To look for the end again for every character of the text would take for ever.
                (unclosed ??= []).Add(place);
                goto default;
            case '\\' when pattern.Length > 1:
                used = 2;
                return pattern[1] == c;
            default:
                used = 1;
                return pattern[0] == c && !(pattern[0] == '\\' && pattern.Length == 1);
        }
    }

    /// <summary>Reads a bracket expression; false where it is never closed, and the bracket is an ordinary character then.</summary>
    private static bool Set(ReadOnlySpan<char> pattern, char c, out int used, out bool inSet)
    {
        used = 0;
        inSet = false;
        int i = 1;
        bool negated = i < pattern.Length && pattern[i] is '!' or '^';
        i += negated ? 1 : 0;
        for (int first = i; i < pattern.Length; first = -1)
        {
            if (pattern[i] == ']' && i != first)
            {
                used = i + 1;
                inSet ^= negated;
                return true;
            }

            if (pattern[i] == '[' && i + 1 < pattern.Length && pattern[i + 1] == ':')
            {
                int end = pattern[(i + 2)..].IndexOf(":]");
                if (end >= 0)
                {
                    inSet |= InClass(pattern.Slice(i + 2, end), c);
                    i += end + 4;
                    continue;
                }
            }

            if (!Literal(pattern, ref i, out char low))
            {
                return false;
            }

            char high = low;
            if (i + 1 < pattern.Length && pattern[i] == '-' && pattern[i + 1] != ']')
            {
                i++;
                if (!Literal(pattern, ref i, out high))
                {
                    return false;
                }
            }

            inSet |= c >= low && c <= high;
        }

        return false;
    }

    private static bool Literal(ReadOnlySpan<char> pattern, ref int i, out char c)
    {
        if (pattern[i] == '\\')
        {
            i++;
        }

        c = i < pattern.Length ? pattern[i] : '\0';
        return i++ < pattern.Length;
    }

    private static bool InClass(ReadOnlySpan<char> name, char c) => name switch
    {
        "alpha" => char.IsAsciiLetter(c),
        "digit" => char.IsAsciiDigit(c),
        "alnum" => char.IsAsciiLetterOrDigit(c),
        "upper" => char.IsAsciiLetterUpper(c),
        "lower" => char.IsAsciiLetterLower(c),
        "xdigit" => char.IsAsciiHexDigit(c),
        "space" => c is ' ' or (>= '\t' and <= '\r'),
        "blank" => c is ' ' or '\t',
        "punct" => c is > ' ' and < '\x7f' && !char.IsAsciiLetterOrDigit(c),
        "print" => c is >= ' ' and < '\x7f',
        "graph" => c is > ' ' and < '\x7f',
        "cntrl" => c is < ' ' or '\x7f',
        _ => false,
    };
}
