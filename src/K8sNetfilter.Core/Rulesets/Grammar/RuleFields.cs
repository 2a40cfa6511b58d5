namespace K8sNetfilter.Rulesets.Grammar;

/// <summary>
/// The parts of a rule that nearly every rule of kube-proxy's has, found in one pass over its line and without making anything: addresses,
/// interfaces, protocol, comment and target. What else it asks stays as it is written. A line that is not written as iptables-save writes it
/// is left to <see cref="RuleParser"/>.
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

    /// <summary>Looks at a line.</summary>
    /// <returns>False where the line needs the reader; then <paramref name="glance"/> says nothing.</returns>
    public static bool TryRead(ReadOnlySpan<byte> line, out RuleFields glance)
    {
        glance = default;
        int i = 0;
        if (line.Length > 0 && line[0] == '[')
        {
            i = line.IndexOf((byte)']') + 2;
            if (i < 2)
            {
                return false;
            }
        }

        if (i + 4 > line.Length || !line[i..].StartsWith("-A "u8))
        {
            return false;
        }

        i += 3;
        int chain = Word(line, i);
        if (chain == 0)
        {
            return false;
        }

        i += chain;
        while (i < line.Length)
        {
            // One space between words.
            if (line[i] != ' ' || ++i + 3 > line.Length)
            {
                return false;
            }

            bool negated = line[i] == '!';
            if (negated)
            {
                if (line[i + 1] != ' ' || i + 5 > line.Length)
                {
                    return false;
                }

                i += 2;
            }

            if (line[i] != '-' || line[i + 2] != ' ')
            {
                return false;
            }

            byte letter = line[i + 1];
            if (letter == 'm' && !negated)
            {
                if (TryComment(line, ref i, ref glance))
                {
                    continue;
                }

                int start = i;
                if (!TryRest(line, ref i))
                {
                    return false;
                }

                glance.Rest = line[start..i];
                continue;
            }

            i += 3;
            int length = Word(line, i);

            // An old way of negating stands behind the option: -s ! 10.0.0.1
            if (length == 0 || line[i] is (byte)'-' or (byte)'!')
            {
                return false;
            }

            var value = line.Slice(i, length);
            i += length;
            switch (letter)
            {
                case (byte)'s' when glance.Source.IsEmpty && glance.Rest.IsEmpty:
                    glance.Source = value;
                    glance.SourceNegated = negated;
                    break;
                case (byte)'d' when glance.Destination.IsEmpty && glance.Rest.IsEmpty:
                    glance.Destination = value;
                    glance.DestinationNegated = negated;
                    break;
                case (byte)'p' when glance.Protocol.IsEmpty && glance.Rest.IsEmpty:
                    glance.Protocol = value;
                    glance.ProtocolNegated = negated;
                    break;
                case (byte)'i' when glance.In.IsEmpty && glance.Rest.IsEmpty:
                    glance.In = value;
                    glance.InNegated = negated;
                    break;
                case (byte)'o' when glance.Out.IsEmpty && glance.Rest.IsEmpty:
                    glance.Out = value;
                    glance.OutNegated = negated;
                    break;
                case (byte)'j' or (byte)'g' when !negated:
                    // Whatever follows is the target's: iptables-save writes it last.
                    glance.Target = value;
                    glance.IsGoto = letter == 'g';
                    glance.TargetText = line[(i - length)..];
                    return IsTarget(glance.TargetText);
                default:
                    return false;
            }
        }

        return true;
    }

    // No match may follow, which only a line that somebody wrote by hand has.
    private static bool IsTarget(ReadOnlySpan<byte> text)
    {
        for (int i = 0; (i = text[i..].IndexOf(" -"u8) is >= 0 and int found ? i + found + 2 : -1) >= 0 && i < text.Length;)
        {
            if (text[i] != '-' || IsOfEveryRule(text[(i - 1)..]))
            {
                return false;
            }
        }

        return text[^1] != ' ' && text.IndexOfAnyInRange((byte)0, (byte)0x1f) < 0;
    }

    // "--destination 10.0.0.1" belongs to the rule, not to the match or target that it stands behind.
    private static bool IsOfEveryRule(ReadOnlySpan<byte> word)
    {
        if (!word.StartsWith("--"u8))
        {
            return false;
        }

        int end = word.IndexOfAny((byte)' ', (byte)'=');
        return OptionNames.IsOfEveryRule(end < 0 ? word[2..] : word[2..end]);
    }

    // "-m comment --comment TEXT"; only the first is kept.
    private static bool TryComment(ReadOnlySpan<byte> line, ref int at, ref RuleFields glance)
    {
        var prefix = "-m comment --comment "u8;
        var rest = line[at..];
        if (!rest.StartsWith(prefix) || rest.Length == prefix.Length || !glance.Rest.IsEmpty)
        {
            return false;
        }

        int i = prefix.Length;
        int end;
        if (rest[i] == '"')
        {
            end = ++i;
            while (end < rest.Length && rest[end] != '"')
            {
                end += rest[end] == '\\' ? 2 : 1;
            }

            if (end >= rest.Length || (end + 1 < rest.Length && rest[end + 1] != ' '))
            {
                return false;
            }

            if (glance.Comment.IsEmpty)
            {
                glance.Comment = rest[i..end];
            }

            at += end + 1;
            return true;
        }

        int length = Word(rest, i);
        if (length == 0 || rest[i] == '-')
        {
            return false;
        }

        if (glance.Comment.IsEmpty)
        {
            glance.Comment = rest.Slice(i, length);
        }

        at += i + length;
        return true;
    }

    // From "-m" to what comes before the target, or to the end.
    private static bool TryRest(ReadOnlySpan<byte> line, ref int at)
    {
        bool afterName = false;
        bool afterMatch = false;
        for (int i = at; i < line.Length;)
        {
            int start = i;
            bool quoted = line[i] == '"';
            if (quoted)
            {
                for (i++; i < line.Length && line[i] != '"';)
                {
                    i += line[i] == '\\' ? 2 : 1;
                }

                if (++i > line.Length)
                {
                    return false;
                }
            }
            else
            {
                i += Word(line, i);
                if (i == start)
                {
                    return false;
                }

                // What -m names is a match, and what ! stands before is an option of one.
                var word = line[start..i];
                if (afterMatch && (word[0] is (byte)'-' or (byte)'!'))
                {
                    return false;
                }

                if (word.Length == 2 && word[0] == '-')
                {
                    if (word[1] is (byte)'j' or (byte)'g')
                    {
                        // After an option that may take a value it may be that value.
                        at = start - 1;
                        return !afterName;
                    }

                    if (word[1] != 'm')
                    {
                        return false;
                    }
                }

                // So does "-ptcp", whose value is attached.
                if (IsOfEveryRule(word) || (word.Length > 2 && word[0] == '-' && word[1] != '-'))
                {
                    return false;
                }

                afterMatch = word.SequenceEqual("-m"u8);
                afterName = (word.StartsWith("--"u8) || word.SequenceEqual("!"u8)) && !word.SequenceEqual("--rsource"u8);
            }

            afterName &= !quoted;
            afterMatch &= !quoted;
            if (i == line.Length)
            {
                at = i;
                return true;
            }

            if (line[i] != ' ' || ++i == line.Length)
            {
                return false;
            }
        }

        return false;
    }

    // How many bytes the plain word has that begins here; 0 for one with quotes or control characters.
    private static int Word(ReadOnlySpan<byte> line, int at)
    {
        int i = at;
        for (; i < line.Length && line[i] != ' '; i++)
        {
            if (line[i] < ' ' || line[i] == '"')
            {
                return 0;
            }
        }

        return i - at;
    }
}
