using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace K8sNetfilter.Rulesets;

/// <summary>
/// Takes one line of the iptables-save(8) grammar apart. Nothing in it is lost: whatever is not understood stays as words, so that the
/// same line can be written again. An option belongs to the newest extension before it that has it, as iptables decides it; without one,
/// to the protocol's extension (<c>-p tcp --dport 80</c>), to the newest extension that is not known here, or to the newest of all.
/// </summary>
internal sealed class RuleReader
{
    private const int CacheSlots = 2048;
    private const int CacheKey = 200;

    [ThreadStatic]
    private static RuleReader? t_reader;

    // Parts that stand in rule after rule ("-p tcp", "-m tcp --dport 80", "-j KUBE-MARK-MASQ") are made once. An entry is immutable and
    // its slot is overwritten by the next that falls on it, so that outside text can't make it grow.
    private static readonly CachedPart?[] Cache = new CachedPart?[CacheSlots];

    private readonly List<Word> _words = [];
    private readonly List<Option> _options = [];
    private readonly List<Part> _parts = [];
    private int _trailingFrom;
    private bool _interleaved;

    private RuleReader()
    {
    }

    /// <summary>This thread's reader: it keeps its lists from line to line.</summary>
    public static RuleReader Current => t_reader ??= new RuleReader();

    /// <summary>The word that the last fault is about; empty where it is about the whole line.</summary>
    public Range FaultAt { get; private set; }

    /// <summary>Takes a line apart.</summary>
    /// <param name="line">The line without its end.</param>
    /// <param name="jumpsTo">The chain that its target jumps or goes to; null for any other target.</param>
    /// <param name="content">What is in it.</param>
    public RuleFault TryRead(ReadOnlySpan<byte> line, NetfilterChain? jumpsTo, out RuleContent? content)
    {
        content = null;
        var fault = Split(line);
        if (fault == RuleFault.None)
        {
            fault = Group(line);
        }

        if (fault == RuleFault.None)
        {
            content = Build(line, jumpsTo);
        }

        return fault;
    }

    /// <summary>Checks a line and finds the few things in it that every rule is indexed by.</summary>
    public RuleFault TryScan(ReadOnlySpan<byte> line, out RuleScan scan)
    {
        scan = default;
        var fault = Split(line);
        if (fault == RuleFault.None)
        {
            fault = Group(line);
        }

        if (fault != RuleFault.None)
        {
            return fault;
        }

        foreach (ref readonly var part in CollectionsMarshal.AsSpan(_parts))
        {
            if (part.Kind == PartKind.Target)
            {
                var word = _words[_options[part.FirstOption].ValueWord];
                scan.Target = word.Start..word.End;
                scan.IsGoto = part.IsGoto;
            }
            else if (part.Kind == PartKind.Command)
            {
                var word = _words[_options[part.FirstOption].ValueWord];
                scan.Chain = word.Start..word.End;
            }
            else if (part.Kind == PartKind.Counters)
            {
                ReadCounters(line, part, ref scan);
            }
        }

        return RuleFault.None;
    }

    /// <summary>Reads <c>[packets:bytes]</c>.</summary>
    public static bool TryReadCounters(ReadOnlySpan<byte> word, out ulong packets, out ulong bytes)
    {
        packets = bytes = 0;
        int colon = word.IndexOf((byte)':');
        return word.Length > 4 && word[0] == '[' && word[^1] == ']' && colon > 1
            && TryReadNumber(word[1..colon], out packets) && TryReadNumber(word[(colon + 1)..^1], out bytes);
    }

    private static bool TryReadNumber(ReadOnlySpan<byte> digits, out ulong value)
    {
        value = 0;
        return digits.Length is > 0 and <= 20
            && System.Buffers.Text.Utf8Parser.TryParse(digits, out value, out int used) && used == digits.Length;
    }

    private void ReadCounters(ReadOnlySpan<byte> line, in Part part, ref RuleScan scan)
    {
        var option = _options[part.FirstOption];
        var first = _words[option.FirstWord];
        if (option.NameWord < 0)
        {
            scan.HasCounters = TryReadCounters(line[first.Start..first.End], out scan.Packets, out scan.Bytes);
        }
        else
        {
            var packets = _words[option.ValueWord];
            var bytes = _words[option.ValueWord + 1];
            scan.HasCounters = TryReadNumber(line[packets.Start..packets.End], out scan.Packets)
                && TryReadNumber(line[bytes.Start..bytes.End], out scan.Bytes);
        }
    }

    private RuleFault Split(ReadOnlySpan<byte> line)
    {
        _words.Clear();
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
                _trailingFrom = lead;
                return RuleFault.None;
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
                return RuleFault.UnclosedQuote;
            }

            _words.Add(new Word(lead, start, at, quoted));
        }
    }

    private RuleFault Group(ReadOnlySpan<byte> line)
    {
        _options.Clear();
        _parts.Clear();
        _interleaved = false;
        FaultAt = default;
        var words = CollectionsMarshal.AsSpan(_words);
        bool hasTarget = false, hasChain = false;
        string? protocol = null;
        int i = 0;
        if (words.Length > 0 && !words[0].Quoted && line[words[0].Start] == '[')
        {
            AddPart(PartKind.Counters, "counters", false, null);
            AddOption(new Option { FirstWord = 0, NameWord = -1, ValueWord = 0, EndWord = 1, Name = "counters" }, _parts.Count - 1);
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
                    return Fault(RuleFault.MissingValue, words[i - 1]);
                }
            }

            var word = words[i];
            var raw = line[word.Start..word.End];
            if (!IsOption(raw))
            {
                // Bare words go with the extension that they stand behind: "-j FOO [unsupported revision]".
                if (!hasChain)
                {
                    return Fault(RuleFault.NotARule, word);
                }

                if (_parts[^1].Kind is not (PartKind.Target or PartKind.Match))
                {
                    return Fault(RuleFault.StrayWord, word);
                }

                AddOption(new Option { FirstWord = first, NameWord = -1, ValueWord = i, EndWord = i + 1, Name = "", Negated = negated }, _parts.Count - 1);
                i++;
                continue;
            }

            string? attached = null;
            string? header = null;
            string name = "";
            if (raw[1] != '-')
            {
                header = RuleNames.LongOf(raw[1]);
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
                    attached = RuleWord.Parse(spelled[(equals + 1)..], null).Text;
                    spelled = spelled[..equals];
                }

                name = RuleNames.Intern(spelled);
                header = RuleNames.LongOf(name);
            }

            if (!hasChain && header is not ("append" or "ipv4" or "ipv6"))
            {
                return Fault(RuleFault.NotARule, word);
            }

            var option = new Option { FirstWord = first, NameWord = i, ValueWord = i + 1, Name = header ?? name, Negated = negated, Attached = attached };
            i++;
            if (header is not null)
            {
                int count = RuleNames.ValuesOf(header) - (attached is null ? 0 : 1);
                if (count > 0 && i < words.Length && IsNot(line, words[i]))
                {
                    option.Negated = true;
                    option.ValueWord = ++i;
                }

                if (i + count > words.Length)
                {
                    return Fault(RuleFault.MissingValue, word);
                }

                option.EndWord = i + Math.Max(count, 0);
                i = option.EndWord;
                string value = header is "match" or "jump" or "goto" or "protocol" ? attached ?? ReadWord(line, words[option.ValueWord]) : "";
                switch (header)
                {
                    case "append":
                        if (hasChain)
                        {
                            return Fault(RuleFault.StrayOption, word);
                        }

                        hasChain = true;
                        AddPart(PartKind.Command, header, false, null);
                        break;
                    case "match":
                        AddPart(PartKind.Match, value, true, ExtensionOptions.OfMatch(value));
                        break;
                    case "jump" or "goto":
                        if (hasTarget)
                        {
                            return Fault(RuleFault.SecondTarget, word);
                        }

                        hasTarget = true;
                        AddPart(PartKind.Target, value, true, ExtensionOptions.OfTarget(value));
                        CollectionsMarshal.AsSpan(_parts)[^1].IsGoto = header == "goto";
                        break;
                    case "set-counters":
                        AddPart(PartKind.Counters, header, false, null);
                        break;
                    case "ipv4" or "ipv6":
                        AddPart(PartKind.Note, header, false, null);
                        break;
                    default:
                        protocol = header == "protocol" ? value : protocol;
                        AddPart(PartKind.Header, header, false, null);
                        break;
                }

                AddOption(option, _parts.Count - 1);
                continue;
            }

            int owner = FindOwner(name, protocol, out bool takesValue);
            if (owner < 0)
            {
                return Fault(RuleFault.StrayOption, word);
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
                    return Fault(RuleFault.MissingValue, word);
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

        return hasChain ? RuleFault.None : RuleFault.NotARule;
    }

    private RuleFault Fault(RuleFault fault, Word word)
    {
        FaultAt = word.Start..word.End;
        return fault;
    }

    // The newest part that has the option; -1 where the rule has no extension at all.
    private int FindOwner(string name, string? protocol, out bool takesValue)
    {
        takesValue = false;
        int unknown = -1, newest = -1;
        for (int p = _parts.Count - 1; p >= 0; p--)
        {
            var part = _parts[p];
            if (part.Kind is not (PartKind.Match or PartKind.Target))
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
            AddPart(PartKind.Match, protocol, false, known);
            return _parts.Count - 1;
        }

        return unknown >= 0 ? unknown : newest;
    }

    private void AddPart(PartKind kind, string name, bool introduced, ExtensionOptions? known) =>
        _parts.Add(new Part { Kind = kind, Name = name, Introduced = introduced, Known = known, FirstOption = _options.Count });

    private void AddOption(Option option, int part)
    {
        option.Part = part;
        _interleaved |= part != _parts.Count - 1;
        _options.Add(option);
        CollectionsMarshal.AsSpan(_parts)[part].Count++;
    }

    private RuleContent Build(ReadOnlySpan<byte> line, NetfilterChain? jumpsTo)
    {
        var options = CollectionsMarshal.AsSpan(_options);
        var parts = CollectionsMarshal.AsSpan(_parts);
        var built = new RulePart[parts.Length];
        var order = _interleaved ? new RuleOption[options.Length] : null;
        for (int p = 0; p < parts.Length; p++)
        {
            ref readonly var part = ref parts[p];
            var chain = part.Kind == PartKind.Target ? jumpsTo : null;
            if (!_interleaved && chain is null && IsOften(part))
            {
                var slice = line[_words[options[part.FirstOption].FirstWord].Lead.._words[options[part.FirstOption + part.Count - 1].EndWord - 1].End];
                built[p] = FromCache(slice) ?? AddToCache(slice, BuildPart(line, part, p, null, null));
                continue;
            }

            built[p] = BuildPart(line, part, p, chain, order);
        }

        return new RuleContent(built, order, _trailingFrom == line.Length ? "" : RulesetText.Decode(line[_trailingFrom..]));
    }

    private static bool IsOften(in Part part) => part.Kind switch
    {
        PartKind.Header => part.Name is not ("source" or "destination"),
        PartKind.Match => part.Introduced,
        PartKind.Target => part.Count == 1 || part.Name is not ("DNAT" or "SNAT" or "NETMAP"),
        _ => false,
    };

    private RulePart BuildPart(ReadOnlySpan<byte> line, in Part part, int index, NetfilterChain? chain, RuleOption[]? order)
    {
        var made = new RuleOption[part.Count];
        int count = 0;
        for (int o = part.FirstOption; count < made.Length; o++)
        {
            if (_options[o].Part == index)
            {
                made[count] = BuildOption(line, _options[o]);
                if (order is not null)
                {
                    order[o] = made[count];
                }

                count++;
            }
        }

        var words = new RulePartWords(part.Name, made, part.Introduced);
        return part.Kind switch
        {
            PartKind.Header or PartKind.Match => RuleMatch.Create(words),
            PartKind.Target => RuleTarget.Create(words, chain),
            _ => new RuleNote(words),
        };
    }

    private RuleOption BuildOption(ReadOnlySpan<byte> line, in Option option)
    {
        var words = new RuleWord[option.EndWord - option.FirstWord];
        for (int i = 0; i < words.Length; i++)
        {
            var word = _words[option.FirstWord + i];
            words[i] = RuleWord.Parse(line[word.Start..word.End], Lead(line[word.Lead..word.Start]));
        }

        return new RuleOption(
            option.Name, option.Negated, words, option.NameWord < 0 ? -1 : option.NameWord - option.FirstWord, option.ValueWord - option.FirstWord, option.Attached);
    }

    private static string? Lead(ReadOnlySpan<byte> space) => space.Length == 1 && space[0] == ' ' ? null : Encoding.ASCII.GetString(space);

    private static string ReadWord(ReadOnlySpan<byte> line, Word word) =>
        word.Quoted ? RuleWord.Parse(line[word.Start..word.End], null).Text : RuleNames.Intern(line[word.Start..word.End]);

    private static bool IsOption(ReadOnlySpan<byte> word) => word.Length > 1 && word[0] == '-';

    private static bool IsNot(ReadOnlySpan<byte> line, Word word) => word.End - word.Start == 1 && line[word.Start] == '!';

    private static RulePart? FromCache(ReadOnlySpan<byte> slice)
    {
        if (slice.Length > CacheKey)
        {
            return null;
        }

        var entry = Cache[Slot(slice)];
        return entry is not null && slice.SequenceEqual(entry.Key) ? entry.Part : null;
    }

    private static RulePart AddToCache(ReadOnlySpan<byte> slice, RulePart part)
    {
        if (slice.Length <= CacheKey)
        {
            Cache[Slot(slice)] = new CachedPart(slice.ToArray(), part);
        }

        return part;
    }

    private static int Slot(ReadOnlySpan<byte> slice)
    {
        var hash = new HashCode();
        hash.AddBytes(slice);
        return hash.ToHashCode() & (CacheSlots - 1);
    }

    private enum PartKind : byte
    {
        Note,
        Command,
        Counters,
        Header,
        Match,
        Target,
    }

    private readonly record struct Word(int Lead, int Start, int End, bool Quoted);

    private struct Option
    {
        public string Name;
        public string? Attached;
        public int FirstWord;
        public int NameWord;
        public int ValueWord;
        public int EndWord;
        public int Part;
        public bool Negated;
    }

    private struct Part
    {
        public PartKind Kind;
        public bool Introduced;
        public bool IsGoto;
        public string Name;
        public ExtensionOptions? Known;
        public int FirstOption;
        public int Count;
    }

    private sealed record CachedPart(byte[] Key, RulePart Part);
}
