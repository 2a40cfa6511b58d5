using System.Runtime.CompilerServices;

namespace K8sNetfilter.Rulesets.Grammar;

/// <summary>
/// Checks the rules that iptables-save writes by far most often, in one pass and without making anything: options with one value each,
/// single spaces, no doubt about which word is an option. Any other line is left to <see cref="RuleParser"/>, which decides it; a line
/// that passes here passes there too (a property that the tests hold both to).
/// </summary>
internal static class RuleLineScanner
{
    /// <summary>Scans a line.</summary>
    /// <returns>False where the line needs the reader; then <paramref name="scan"/> says nothing.</returns>
    // Compiled well at once: a ruleset is read before the runtime would have found out that this is hot.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool TryScan(ReadOnlySpan<byte> line, out RuleSpans scan)
    {
        scan = default;
        int i = 0;
        if (line.Length > 0 && line[0] == '[')
        {
            i = 1;
            if (!TryNumber(line, ref i, (byte)':', out scan.Packets) || !TryNumber(line, ref i, (byte)']', out scan.Bytes)
                || i >= line.Length || line[i] != ' ')
            {
                return false;
            }

            scan.HasCounters = true;
            i++;
        }

        if (line.Length - i < 4 || line[i] != '-' || line[i + 1] != 'A' || line[i + 2] != ' ')
        {
            return false;
        }

        i += 3;
        int start = i;
        if (line[i] == '!' || !TryBare(line, ref i))
        {
            return false;
        }

        scan.Chain = start..i;
        bool hasExtension = false, hasTarget = false, takesMore = false;
        while (i < line.Length)
        {
            // One space, and something after it.
            if (++i == line.Length)
            {
                return true;
            }

            byte first = line[i];
            if (first == '!')
            {
                if (line.Length - i < 4 || line[i + 1] != ' ' || line[i + 2] != '-')
                {
                    return false;
                }

                i += 2;
                first = (byte)'-';
            }

            if (first != '-')
            {
                if (!takesMore || !(first == '"' ? TryQuoted(line, ref i) : TryBare(line, ref i)))
                {
                    return false;
                }

                continue;
            }

            if (line.Length - i < 4)
            {
                return false;
            }

            byte letter = line[i + 1];
            if (letter != '-')
            {
                if (line[i + 2] != ' ')
                {
                    return false;
                }

                takesMore = false;
                i += 3;
                start = i;
                if (line[i] is (byte)'-' or (byte)'!' || !TryBare(line, ref i))
                {
                    return false;
                }

                switch (letter)
                {
                    case (byte)'j' or (byte)'g' when !hasTarget:
                        hasTarget = hasExtension = true;
                        scan.Target = start..i;
                        scan.IsGoto = letter == 'g';
                        break;
                    case (byte)'m':
                        hasExtension = true;
                        break;
                    case (byte)'s' or (byte)'d' or (byte)'i' or (byte)'o' or (byte)'p':
                        break;
                    default:
                        return false;
                }

                continue;
            }

            // --name value: without a value, or with one that could be an option, the reader looks at what the option takes. So it does with
            // the long name of an option that every rule can have, which iptables-save never writes.
            start = i + 2;
            if (!hasExtension || !TryBare(line, ref i, isName: true) || line.Length - i < 2 || line[i + 1] is (byte)'-' or (byte)'!' or (byte)' ' or (byte)'\t'
                || OptionNames.IsOfEveryRule(line[start..i]))
            {
                return false;
            }

            takesMore = true;
            i++;
            if (!(line[i] == '"' ? TryQuoted(line, ref i) : TryBare(line, ref i)))
            {
                return false;
            }
        }

        return true;
    }

    // To the end of a word without quotes, tabs or control characters.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryBare(ReadOnlySpan<byte> line, ref int at, bool isName = false)
    {
        int i = at;
        for (; i < line.Length; i++)
        {
            byte b = line[i];
            if (b <= ' ' || b == '"' || (isName && b == '='))
            {
                break;
            }
        }

        bool isWord = i > at && (i == line.Length || line[i] == ' ');
        at = i;
        return isWord;
    }

    // To the end of a word that is one quoted string.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryQuoted(ReadOnlySpan<byte> line, ref int at)
    {
        for (int i = at + 1; i < line.Length; i++)
        {
            byte b = line[i];
            if (b == '"')
            {
                at = i + 1;
                return at == line.Length || line[at] == ' ';
            }

            if (b == '\\')
            {
                i++;
            }
        }

        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryNumber(ReadOnlySpan<byte> line, ref int at, byte end, out ulong value)
    {
        value = 0;
        int i = at;
        for (; i < line.Length && line[i] is >= (byte)'0' and <= (byte)'9' && i - at < 19; i++)
        {
            value = (value * 10) + (uint)(line[i] - '0');
        }

        bool isNumber = i > at && i < line.Length && line[i] == end;
        at = i + 1;
        return isNumber;
    }
}
