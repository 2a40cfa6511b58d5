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
        if (line.Length > 0 && line[0] == '[' && !TryCounters(line, ref i, ref scan))
        {
            return false;
        }

        if (line.Length - i < 4 || line[i] != '-' || line[i + 1] != 'A')
        {
            return false;
        }

        var words = new RuleWords(line, i + 2);
        if (!TryValue(line, ref words, out int start) || line[start] == '!')
        {
            return false;
        }

        scan.Chain = start..words.At;
        bool hasExtension = false, takesMore = false;
        while (words.TryPlain(out start))
        {
            bool isNot = line[start] == '!';
            if (isNot && (words.At - start != 1 || !words.TryPlain(out start)))
            {
                return false;
            }

            if (line[start] != '-')
            {
                // One more value of the option before it.
                if (isNot || !takesMore)
                {
                    return false;
                }
            }
            else if (words.At - start == 2 && line[start + 1] != '-')
            {
                takesMore = false;
                if (!TryShort(line, ref words, line[start + 1], ref scan, ref hasExtension))
                {
                    return false;
                }
            }
            else if (hasExtension && IsLong(line[start..words.At]) && words.TryPlain(out start)
                && line[start] is not ((byte)'-' or (byte)'!'))
            {
                // Without a value, or with one that could be an option, the reader looks at what the option takes.
                takesMore = true;
            }
            else
            {
                return false;
            }
        }

        return words.IsAtEnd;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryCounters(ReadOnlySpan<byte> line, ref int at, ref RuleSpans scan)
    {
        at = 1;
        if (!TryNumber(line, ref at, (byte)':', out scan.Packets) || !TryNumber(line, ref at, (byte)']', out scan.Bytes)
            || at >= line.Length || line[at] != ' ')
        {
            return false;
        }

        scan.HasCounters = true;
        at++;
        return true;
    }

    // An option that every rule can have, with its value.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryShort(ReadOnlySpan<byte> line, ref RuleWords words, byte letter, ref RuleSpans scan, ref bool hasExtension)
    {
        if (!TryValue(line, ref words, out int start) || line[start] == '!')
        {
            return false;
        }

        switch (letter)
        {
            case (byte)'j' or (byte)'g' when scan.Target.End.Value == 0:
                hasExtension = true;
                scan.Target = start..words.At;
                scan.IsGoto = letter == 'g';
                return true;
            case (byte)'m':
                hasExtension = true;
                return true;
            default:
                return letter is (byte)'s' or (byte)'d' or (byte)'i' or (byte)'o' or (byte)'p';
        }
    }

    // A word without quotes that is no option.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryValue(ReadOnlySpan<byte> line, ref RuleWords words, out int start) =>
        words.TryPlain(out start) && line[start] is not ((byte)'"' or (byte)'-');

    // A long name without a value attached. One that every rule can have is left to the reader: iptables-save never writes it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsLong(ReadOnlySpan<byte> word) =>
        word.Length >= 2 && word[1] == '-' && !word.Contains((byte)'=') && !OptionNames.IsOfEveryRule(word[2..]);

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
