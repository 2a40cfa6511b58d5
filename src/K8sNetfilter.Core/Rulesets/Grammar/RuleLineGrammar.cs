using K8sNetfilter.Collections;

namespace K8sNetfilter.Rulesets.Grammar;

/// <summary>
/// Splits a line of the iptables-save(8) grammar into words, and says which of them are options of which part. An option belongs to the
/// newest extension before it that has it, as iptables decides it; without one, to the protocol's extension
/// (<c>-p tcp --dport 80</c>), to the newest extension that is not known here, or to the newest of all.
/// </summary>
internal sealed class RuleLineGrammar
{
    // Of the line that is read: the next word, and what came before it.
    private int _next;
    private bool _hasTarget;
    private bool _hasChain;
    private string? _protocol;

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
        var words = new RuleWords(line);
        while (words.TryRead(out var word))
        {
            Words.Add(word);
        }

        TrailingFrom = words.At;
        if (words.OpenFrom < 0)
        {
            return RuleSyntaxError.None;
        }

        FaultAt = words.OpenFrom..line.Length;
        return RuleSyntaxError.UnclosedQuote;
    }

    private RuleSyntaxError Group(ReadOnlySpan<byte> line)
    {
        Options.Clear();
        Parts.Clear();
        IsInterleaved = false;
        FaultAt = default;
        _hasTarget = _hasChain = false;
        _protocol = null;
        _next = 0;
        ReadOnlySpan<TokenSpan> words = Words.All;
        if (words.Length > 0 && !words[0].Quoted && line[words[0].Start] == '[')
        {
            AddPart(LinePartKind.Counters, "counters", false, null);
            var counters = new LineOption { FirstWord = 0, NameWord = -1, ValueWord = 0, EndWord = 1, Name = "counters" };
            AddOption(ref counters, Parts.Count - 1);
            _next = 1;
        }

        while (_next < words.Length)
        {
            int first = _next;
            bool negated = IsNot(line, words[_next]);
            if (negated && ++_next == words.Length)
            {
                return Fault(RuleSyntaxError.MissingValue, words[_next - 1]);
            }

            var word = words[_next];
            var fault = IsOption(line[word.Start..word.End]) ? ReadOption(line, words, first, negated) : ReadBareWord(word, first, negated);
            if (fault != RuleSyntaxError.None)
            {
                return fault;
            }
        }

        return _hasChain ? RuleSyntaxError.None : RuleSyntaxError.NotARule;
    }

    // A bare word belongs to the extension before it: "-j FOO [unsupported revision]".
    private RuleSyntaxError ReadBareWord(TokenSpan word, int first, bool negated)
    {
        if (!_hasChain)
        {
            return Fault(RuleSyntaxError.NotARule, word);
        }

        if (Parts.Last.Kind is not (LinePartKind.Target or LinePartKind.Match))
        {
            return Fault(RuleSyntaxError.StrayWord, word);
        }

        int at = _next++;
        var option = new LineOption { FirstWord = first, NameWord = -1, ValueWord = at, EndWord = at + 1, Name = "", Negated = negated };
        AddOption(ref option, Parts.Count - 1);
        return RuleSyntaxError.None;
    }

    private RuleSyntaxError ReadOption(ReadOnlySpan<byte> line, ReadOnlySpan<TokenSpan> words, int first, bool negated)
    {
        var word = words[_next];
        string name = ReadName(line[word.Start..word.End], out string? header, out string? attached);
        if (!_hasChain && header is not ("append" or "ipv4" or "ipv6"))
        {
            return Fault(RuleSyntaxError.NotARule, word);
        }

        var option = new LineOption
        {
            FirstWord = first,
            NameWord = _next,
            ValueWord = _next + 1,
            Name = header ?? name,
            Negated = negated,
            Attached = attached,
        };
        _next++;
        return header is null ? ReadExtensionOption(line, words, ref option) : ReadHeaderOption(line, words, ref option);
    }

    // The name of an option. "header" is its long name if every rule can have it, "attached" a value within the same word.
    private static string ReadName(ReadOnlySpan<byte> raw, out string? header, out string? attached)
    {
        attached = null;
        if (raw[1] != '-')
        {
            header = OptionNames.LongOf(raw[1]);
            if (raw.Length > 2 && header is not null)
            {
                attached = RulesetText.Decode(raw[2..]);
            }

            return header ?? RulesetText.Decode(raw[1..]);
        }

        var spelled = raw[2..];
        int equals = spelled.IndexOf((byte)'=');
        if (equals > 0 && !spelled[..equals].Contains((byte)'"'))
        {
            attached = RuleToken.Parse(spelled[(equals + 1)..], null).Text;
            spelled = spelled[..equals];
        }

        string name = OptionNames.Intern(spelled);
        header = OptionNames.LongOf(name);
        return name;
    }

    // An option that every rule can have: its name says how many values it takes.
    private RuleSyntaxError ReadHeaderOption(ReadOnlySpan<byte> line, ReadOnlySpan<TokenSpan> words, ref LineOption option)
    {
        string header = option.Name;
        int count = OptionNames.ValuesOf(header) - (option.Attached is null ? 0 : 1);
        if (count > 0 && _next < words.Length && IsNot(line, words[_next]))
        {
            option.Negated = true;
            option.ValueWord = ++_next;
        }

        if (_next + count > words.Length)
        {
            return Fault(RuleSyntaxError.MissingValue, words[option.NameWord]);
        }

        _next = option.EndWord = _next + Math.Max(count, 0);
        string value = header is "match" or "jump" or "goto" or "protocol"
            ? option.Attached ?? ReadWord(line, words[option.ValueWord]) : "";
        if (header == "append" ? _hasChain : header is "jump" or "goto" && _hasTarget)
        {
            return Fault(header == "append" ? RuleSyntaxError.StrayOption : RuleSyntaxError.SecondTarget, words[option.NameWord]);
        }

        AddHeaderPart(header, value);
        AddOption(ref option, Parts.Count - 1);
        return RuleSyntaxError.None;
    }

    private void AddHeaderPart(string header, string value)
    {
        switch (header)
        {
            case "append":
                _hasChain = true;
                AddPart(LinePartKind.Command, header, false, null);
                break;
            case "match":
                AddPart(LinePartKind.Match, value, true, ExtensionOptions.OfMatch(value));
                break;
            case "jump" or "goto":
                _hasTarget = true;
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
                _protocol = header == "protocol" ? value : _protocol;
                AddPart(LinePartKind.Header, header, false, null);
                break;
        }
    }

    // An option of an extension, or of one that is not known here.
    private RuleSyntaxError ReadExtensionOption(ReadOnlySpan<byte> line, ReadOnlySpan<TokenSpan> words, ref LineOption option)
    {
        int owner = FindOwner(option.Name, _protocol, out bool takesValue);
        if (owner < 0)
        {
            return Fault(RuleSyntaxError.StrayOption, words[option.NameWord]);
        }

        if (takesValue && option.Attached is null)
        {
            if (_next + 1 < words.Length && IsNot(line, words[_next]))
            {
                option.Negated = true;
                option.ValueWord = ++_next;
            }

            if (_next == words.Length)
            {
                return Fault(RuleSyntaxError.MissingValue, words[option.NameWord]);
            }

            _next++;
        }

        // What is neither an option nor "!" still belongs to this one: --tcp-flags takes two, --rateest-bps1 none or one.
        while (_next < words.Length && !IsNot(line, words[_next]) && !IsOption(line[words[_next].Start..words[_next].End]))
        {
            _next++;
        }

        option.EndWord = _next;
        AddOption(ref option, owner);
        return RuleSyntaxError.None;
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

    private void AddOption(ref LineOption option, int part)
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
