using K8sNetfilter.Collections;

namespace K8sNetfilter.Rulesets.Grammar;

/// <summary>
/// Splits a line of the iptables-save(8) grammar into words, and says which of them are options of which part. An option belongs to the
/// newest extension before it that has it, as iptables decides it; without one, to the protocol's extension
/// (<c>-p tcp --dport 80</c>), to the newest extension that is not known here, or to the newest of all.
/// </summary>
internal sealed class RuleLineGrammar
{
    /// <summary>The words of the line that was read last.</summary>
    public RefList<TokenSpan> Words { get; } = new();

    /// <summary>Its options, in the order of the line.</summary>
    public RefList<LineOption> Options { get; } = new();

    /// <summary>Its parts, in the order in which they first appear.</summary>
    public RefList<LinePart> Parts { get; } = new();

    /// <summary>Where the white space at its end begins.</summary>
    public int TrailingFrom { get; private set; }

    /// <summary>True where the options of a part do not all stand together.</summary>
    public bool IsInterleaved { get; private set; }

    /// <summary>The word that the last fault is about; empty where it is about the whole line.</summary>
    public Range FaultAt { get; private set; }

    /// <summary>Reads a line.</summary>
    public RuleSyntaxError Read(ReadOnlySpan<byte> line)
    {
        var fault = Split(line);
        return fault == RuleSyntaxError.None ? Group(line) : fault;
    }

    private RuleSyntaxError Split(ReadOnlySpan<byte> line)
    {
        Words.Clear();
        int at = 0;
        while (true)
        {
            int lead = at;
            while (at < line.Length && line[at] is (byte)' ' or (byte)'\t')
            {
                at++;
            }

            if (at == line.Length)
            {
                TrailingFrom = lead;
                return RuleSyntaxError.None;
            }

            int start = at;
            bool open = false, quoted = false;
            for (; at < line.Length; at++)
            {
                byte b = line[at];
                if (b == '"')
                {
                    open = !open;
                    quoted = true;
                }
                else if (open)
                {
                    if (b == '\\')
                    {
                        at++;
                    }
                }
                else if (b is (byte)' ' or (byte)'\t')
                {
                    break;
                }
            }

            if (open || at > line.Length)
            {
                FaultAt = start..line.Length;
                return RuleSyntaxError.UnclosedQuote;
            }

            Words.Add(new TokenSpan(lead, start, at, quoted));
        }
    }

    private RuleSyntaxError Group(ReadOnlySpan<byte> line)
    {
        Options.Clear();
        Parts.Clear();
        IsInterleaved = false;
        FaultAt = default;
        var words = Words.All;
        bool hasTarget = false, hasChain = false;
        string? protocol = null;
        int i = 0;
        if (words.Length > 0 && !words[0].Quoted && line[words[0].Start] == '[')
        {
            AddPart(LinePartKind.Counters, "counters", false, null);
            AddOption(new LineOption { FirstWord = 0, NameWord = -1, ValueWord = 0, EndWord = 1, Name = "counters" }, Parts.Count - 1);
            i = 1;
        }

        while (i < words.Length)
        {
            int first = i;
            bool negated = false;
            if (IsNot(line, words[i]))
            {
                negated = true;
                if (++i == words.Length)
                {
                    return Fault(RuleSyntaxError.MissingValue, words[i - 1]);
                }
            }

            var word = words[i];
            var raw = line[word.Start..word.End];
            if (!IsOption(raw))
            {
                // Bare words go with the extension that they stand behind: "-j FOO [unsupported revision]".
                if (!hasChain)
                {
                    return Fault(RuleSyntaxError.NotARule, word);
                }

                if (Parts.Last.Kind is not (LinePartKind.Target or LinePartKind.Match))
                {
                    return Fault(RuleSyntaxError.StrayWord, word);
                }

                AddOption(new LineOption { FirstWord = first, NameWord = -1, ValueWord = i, EndWord = i + 1, Name = "", Negated = negated }, Parts.Count - 1);
                i++;
                continue;
            }

            string? attached = null;
            string? header = null;
            string name = "";
            if (raw[1] != '-')
            {
                header = OptionNames.LongOf(raw[1]);
                if (raw.Length > 2)
                {
                    attached = header is null ? null : RulesetText.Decode(raw[2..]);
                }

                name = header ?? RulesetText.Decode(raw[1..]);
            }
            else
            {
                var spelled = raw[2..];
                int equals = spelled.IndexOf((byte)'=');
                if (equals > 0 && !spelled[..equals].Contains((byte)'"'))
                {
                    attached = RuleToken.Parse(spelled[(equals + 1)..], null).Text;
                    spelled = spelled[..equals];
                }

                name = OptionNames.Intern(spelled);
                header = OptionNames.LongOf(name);
            }

            if (!hasChain && header is not ("append" or "ipv4" or "ipv6"))
            {
                return Fault(RuleSyntaxError.NotARule, word);
            }

            var option = new LineOption { FirstWord = first, NameWord = i, ValueWord = i + 1, Name = header ?? name, Negated = negated, Attached = attached };
            i++;
            if (header is not null)
            {
                int count = OptionNames.ValuesOf(header) - (attached is null ? 0 : 1);
                if (count > 0 && i < words.Length && IsNot(line, words[i]))
                {
                    option.Negated = true;
                    option.ValueWord = ++i;
                }

                if (i + count > words.Length)
                {
                    return Fault(RuleSyntaxError.MissingValue, word);
                }

                option.EndWord = i + Math.Max(count, 0);
                i = option.EndWord;
                string value = header is "match" or "jump" or "goto" or "protocol" ? attached ?? ReadWord(line, words[option.ValueWord]) : "";
                switch (header)
                {
                    case "append":
                        if (hasChain)
                        {
                            return Fault(RuleSyntaxError.StrayOption, word);
                        }

                        hasChain = true;
                        AddPart(LinePartKind.Command, header, false, null);
                        break;
                    case "match":
                        AddPart(LinePartKind.Match, value, true, ExtensionOptions.OfMatch(value));
                        break;
                    case "jump" or "goto":
                        if (hasTarget)
                        {
                            return Fault(RuleSyntaxError.SecondTarget, word);
                        }

                        hasTarget = true;
                        AddPart(LinePartKind.Target, value, true, ExtensionOptions.OfTarget(value));
                        Parts.Last.IsGoto = header == "goto";
                        break;
                    case "set-counters":
                        AddPart(LinePartKind.Counters, header, false, null);
                        break;
                    case "ipv4" or "ipv6":
                        AddPart(LinePartKind.Note, header, false, null);
                        break;
                    default:
                        protocol = header == "protocol" ? value : protocol;
                        AddPart(LinePartKind.Header, header, false, null);
                        break;
                }

                AddOption(option, Parts.Count - 1);
                continue;
            }

            int owner = FindOwner(name, protocol, out bool takesValue);
            if (owner < 0)
            {
                return Fault(RuleSyntaxError.StrayOption, word);
            }

            if (takesValue && attached is null)
            {
                if (i + 1 < words.Length && IsNot(line, words[i]))
                {
                    option.Negated = true;
                    option.ValueWord = ++i;
                }

                if (i == words.Length)
                {
                    return Fault(RuleSyntaxError.MissingValue, word);
                }

                i++;
            }

            // What is neither an option nor "!" still belongs to this one: --tcp-flags takes two, --rateest-bps1 none or one.
            while (i < words.Length && !IsNot(line, words[i]) && !IsOption(line[words[i].Start..words[i].End]))
            {
                i++;
            }

            option.EndWord = i;
            AddOption(option, owner);
        }

        return hasChain ? RuleSyntaxError.None : RuleSyntaxError.NotARule;
    }

    private RuleSyntaxError Fault(RuleSyntaxError fault, TokenSpan word)
    {
        FaultAt = word.Start..word.End;
        return fault;
    }

    // The newest part that has the option; -1 where the rule has no extension at all.
    private int FindOwner(string name, string? protocol, out bool takesValue)
    {
        takesValue = false;
        int unknown = -1, newest = -1;
        for (int p = Parts.Count - 1, last = Math.Max(0, Parts.Count - RulesetLimits.OwnersLookedAt); p >= last; p--)
        {
            var part = Parts[p];
            if (part.Kind is not (LinePartKind.Match or LinePartKind.Target))
            {
                continue;
            }

            if (part.Known is null)
            {
                unknown = unknown < 0 ? p : unknown;
            }
            else if (part.Known.TryGet(name, out takesValue))
            {
                return p;
            }

            newest = newest < 0 ? p : newest;
        }

        if (protocol is not null && ExtensionOptions.OfMatch(protocol) is { } known && known.TryGet(name, out takesValue))
        {
            AddPart(LinePartKind.Match, protocol, false, known);
            return Parts.Count - 1;
        }

        return unknown >= 0 ? unknown : newest;
    }

    private void AddPart(LinePartKind kind, string name, bool introduced, ExtensionOptions? known) =>
        Parts.Add(new LinePart { Kind = kind, Name = name, Introduced = introduced, Known = known, FirstOption = Options.Count });

    private void AddOption(LineOption option, int part)
    {
        option.Part = part;
        IsInterleaved |= part != Parts.Count - 1;
        Options.Add(option);
        Parts[part].Count++;
    }

    private static string ReadWord(ReadOnlySpan<byte> line, TokenSpan word) =>
        word.Quoted ? RuleToken.Parse(line[word.Start..word.End], null).Text : OptionNames.Intern(line[word.Start..word.End]);

    private static bool IsOption(ReadOnlySpan<byte> word) => word.Length > 1 && word[0] == '-';

    private static bool IsNot(ReadOnlySpan<byte> line, TokenSpan word) => word.End - word.Start == 1 && line[word.Start] == '!';
}
