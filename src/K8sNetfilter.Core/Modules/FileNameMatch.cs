namespace K8sNetfilter.Modules;

/// <summary>
/// fnmatch(3) with no flags, in the C locale, as libkmod uses it for aliases and for the module names of install, remove and softdep:
/// <c>*</c> and <c>?</c> match any character, <c>/</c> and a leading dot too.
/// </summary>
internal static class FileNameMatch
{
    /// <summary>Whether the whole of <paramref name="text"/> matches. Takes at most the product of both lengths.</summary>
    public static bool IsMatch(string pattern, string text)
    {
        int p = 0, t = 0, starPattern = -1, starText = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                starPattern = ++p;
                starText = t;
            }
            else if (p < pattern.Length && MatchOne(pattern, ref p, text[t]))
            {
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

    private static bool MatchOne(string pattern, ref int p, char c)
    {
        switch (pattern[p])
        {
            case '?':
                p++;
                return true;
            case '[' when TryMatchSet(pattern, p, c, out int next, out bool isMatch):
                p = isMatch ? next : p;
                return isMatch;
            case '\\' when p + 1 < pattern.Length:
                if (pattern[p + 1] != c)
                {
                    return false;
                }

                p += 2;
                return true;
            default:
                if (pattern[p] != c)
                {
                    return false;
                }

                p++;
                return true;
        }
    }

    // A '[' without its ']' is an ordinary character: then this gives false.
    private static bool TryMatchSet(string pattern, int open, char c, out int next, out bool isMatch)
    {
        int at = open + 1;
        bool negated = at < pattern.Length && pattern[at] is '!' or '^';
        if (negated)
        {
            at++;
        }

        bool found = false;
        for (int first = at; at < pattern.Length; )
        {
            if (pattern[at] == ']' && at != first)
            {
                next = at + 1;
                isMatch = found != negated;
                return true;
            }

            char low = Member(pattern, ref at);
            char high = low;
            if (at + 1 < pattern.Length && pattern[at] == '-' && pattern[at + 1] != ']')
            {
                at++;
                high = Member(pattern, ref at);
            }

            found |= c >= low && c <= high;
        }

        next = open;
        isMatch = false;
        return false;
    }

    private static char Member(string pattern, ref int at)
    {
        if (pattern[at] == '\\' && at + 1 < pattern.Length)
        {
            at++;
        }

        return pattern[at++];
    }
}
