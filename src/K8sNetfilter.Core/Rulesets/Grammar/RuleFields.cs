namespace K8sNetfilter.Rulesets.Grammar;

/// <summary>
/// The parts of a rule that nearly every rule of kube-proxy's has, found in one pass over its line and without making anything: addresses,
/// interfaces, protocol, comment and target. What else it asks stays as it is written. A line that is not written as iptables-save writes
/// it is left to <see cref="RuleParser"/>.
/// </summary>
internal ref struct RuleFields
{
    public ReadOnlySpan<byte> Source;
    public ReadOnlySpan<byte> Destination;
    public ReadOnlySpan<byte> Protocol;
    public ReadOnlySpan<byte> In;
    public ReadOnlySpan<byte> Out;
    public bool SourceNegated;
    public bool DestinationNegated;
    public bool ProtocolNegated;
    public bool InNegated;
    public bool OutNegated;

    /// <summary>The first comment without its quotes, still with its backslashes.</summary>
    public ReadOnlySpan<byte> Comment;

    /// <summary>The other matches, from their first <c>-m</c> to the target.</summary>
    public ReadOnlySpan<byte> Rest;

    /// <summary>The target's name.</summary>
    public ReadOnlySpan<byte> Target;

    /// <summary>The target with its options: <c>MARK --set-xmark 0x4000/0x4000</c>.</summary>
    public ReadOnlySpan<byte> TargetText;

    /// <summary>The target is gone to (<c>-g</c>), not called.</summary>
    public bool IsGoto;

    /// <summary>Reads a line.</summary>
    /// <returns>False for a line that only the reader can decide; then <paramref name="fields"/> says nothing.</returns>
    public static bool TryRead(ReadOnlySpan<byte> line, out RuleFields fields)
    {
        fields = default;
        int i = line.Length > 0 && line[0] == '[' ? line.IndexOf((byte)']') + 2 : 0;
        if ((i < 2 && line.Length > 0 && line[0] == '[') || i + 4 > line.Length || !line[i..].StartsWith("-A "u8))
        {
            return false;
        }

        var words = new RuleWords(line, i + 2);
        if (!words.TryPlain(out int start) || line[start] is (byte)'"' or (byte)'!')
        {
            return false;
        }

        while (words.TryPlain(out start))
        {
            bool negated = line[start] == '!';
            if (negated && (words.At - start != 1 || !words.TryPlain(out start)))
            {
                return false;
            }

            if (line[start] != '-' || words.At - start != 2)
            {
                return false;
            }

            byte letter = line[start + 1];
            if (letter == 'm' && !negated)
            {
                int at = words.At;
                if (!fields.TryMatch(line, start, ref at))
                {
                    return false;
                }

                words = new RuleWords(line, at);
                continue;
            }

            // An old way of negating has the "!" after the option: -s ! 10.0.0.1
            if (!words.TryPlain(out start) || line[start] is (byte)'-' or (byte)'!' or (byte)'"')
            {
                return false;
            }

            if (letter is (byte)'j' or (byte)'g')
            {
                return !negated && fields.TryTarget(line, start, words.At, letter);
            }

            if (!fields.TryHeader(line[start..words.At], letter, negated))
            {
                return false;
            }
        }

        return words.At == line.Length;
    }

    // "-m", which begins at "from" and ends at "at": a comment, or the first of the matches that stay as they are.
    private bool TryMatch(ReadOnlySpan<byte> line, int from, ref int at)
    {
        if (Rest.IsEmpty && TryComment(line, ref at))
        {
            return true;
        }

        if (!TryRest(line, ref at))
        {
            return false;
        }

        Rest = line[from..at];
        return true;
    }

    // "comment --comment TEXT" after "-m"; only the first is kept.
    private bool TryComment(ReadOnlySpan<byte> line, ref int at)
    {
        var name = " comment --comment"u8;
        if (!line[at..].StartsWith(name))
        {
            return false;
        }

        var words = new RuleWords(line, at + name.Length);
        if (!words.TryPlain(out int start) || line[start] == '-')
        {
            return false;
        }

        if (Comment.IsEmpty)
        {
            Comment = line[start] == '"' ? line[(start + 1)..(words.At - 1)] : line[start..words.At];
        }

        at = words.At;
        return true;
    }

    // From the name that follows "-m" to what comes before the target, or to the end.
    private static bool TryRest(ReadOnlySpan<byte> line, ref int at)
    {
        var words = new RuleWords(line, at);
        bool afterName = false, afterMatch = true;
        while (words.TryPlain(out int start))
        {
            var word = line[start..words.At];
            if (word[0] == '"')
            {
                afterName = afterMatch = false;
            }
            else if (afterMatch)
            {
                // What -m names is a match.
                afterMatch = false;
                if (word[0] is (byte)'-' or (byte)'!')
                {
                    return false;
                }
            }
            else if (word.Length >= 2 && word[0] == '-' && word[1] != '-')
            {
                if (word.Length == 2 && word[1] is (byte)'j' or (byte)'g')
                {
                    // After an option that may take a value it may be that value.
                    return !afterName;
                }

                // Any other option that every rule can have is left to the reader, so "-ptcp" with its value attached.
                afterMatch = word.Length == 2 && word[1] == 'm';
                afterName = false;
                if (!afterMatch)
                {
                    return false;
                }
            }
            else if (IsOfEveryRule(word))
            {
                return false;
            }
            else
            {
                afterName = (word.StartsWith("--"u8) || (word.Length == 1 && word[0] == '!')) && !word.SequenceEqual("--rsource"u8);
            }

            at = words.At;
        }

        return words.At == line.Length;
    }

    // Whatever follows is the target's: iptables-save writes it last. A match after it is only in a line that somebody wrote by hand.
    private bool TryTarget(ReadOnlySpan<byte> line, int start, int end, byte letter)
    {
        Target = line[start..end];
        TargetText = line[start..];
        IsGoto = letter == 'g';
        var words = new RuleWords(line, end);
        while (words.TryPlain(out start))
        {
            var word = line[start..words.At];
            if (word[0] == '-' && word.Length > 1 && (word[1] != '-' || IsOfEveryRule(word)))
            {
                return false;
            }
        }

        return words.At == line.Length;
    }

    private bool TryHeader(ReadOnlySpan<byte> value, byte letter, bool negated)
    {
        if (!Rest.IsEmpty)
        {
            return false;
        }

        switch (letter)
        {
            case (byte)'s' when Source.IsEmpty:
                Source = value;
                SourceNegated = negated;
                return true;
            case (byte)'d' when Destination.IsEmpty:
                Destination = value;
                DestinationNegated = negated;
                return true;
            case (byte)'p' when Protocol.IsEmpty:
                Protocol = value;
                ProtocolNegated = negated;
                return true;
            case (byte)'i' when In.IsEmpty:
                In = value;
                InNegated = negated;
                return true;
            case (byte)'o' when Out.IsEmpty:
                Out = value;
                OutNegated = negated;
                return true;
            default:
                return false;
        }
    }

    // "--destination 10.0.0.1" belongs to the rule, not to the match or target before it.
    private static bool IsOfEveryRule(ReadOnlySpan<byte> word)
    {
        if (!word.StartsWith("--"u8))
        {
            return false;
        }

        int end = word.IndexOf((byte)'=');
        return OptionNames.IsOfEveryRule(end < 0 ? word[2..] : word[2..end]);
    }
}
