using System.Text;
using K8sNetfilter.Collections;
using K8sNetfilter.Rulesets.Grammar;
using K8sNetfilter.Rulesets.Parts;

namespace K8sNetfilter.Rulesets;

/// <summary>
/// Takes one line of the iptables-save(8) grammar apart. Nothing in it is lost: whatever is not understood stays as words, so that the
/// same line can be written again.
/// </summary>
internal sealed class RuleParser
{
    // Of all threads: parts never change.
    private static readonly PartCache<RulePart> Made = new(2048);

    [ThreadStatic]
    private static RuleParser? s_reader;

    private readonly RuleLineGrammar _grammar = new();

    private RuleParser()
    {
    }

    /// <summary>This thread's reader: it keeps its lists from line to line.</summary>
    public static RuleParser Current => s_reader ??= new RuleParser();

    /// <summary>The word that the last fault is about; empty where it is about the whole line.</summary>
    public Range FaultAt => _grammar.FaultAt;

    /// <summary>Takes a line apart.</summary>
    /// <param name="line">The line without its end.</param>
    /// <param name="jumpsTo">The chain that its target jumps or goes to; null for any other target.</param>
    /// <param name="content">What is in it.</param>
    public RuleSyntaxError TryRead(ReadOnlySpan<byte> line, NetfilterChain? jumpsTo, out ParsedRule? content)
    {
        content = null;
        var fault = _grammar.Read(line);
        if (fault == RuleSyntaxError.None)
        {
            content = Build(line, jumpsTo);
        }

        return fault;
    }

    /// <summary>Checks a line and finds the few things in it that every rule is indexed by.</summary>
    public RuleSyntaxError TryScan(ReadOnlySpan<byte> line, out RuleSpans scan)
    {
        scan = default;
        var fault = _grammar.Read(line);
        if (fault != RuleSyntaxError.None)
        {
            return fault;
        }

        foreach (ref readonly var part in _grammar.Parts.All)
        {
            if (part.Kind == LinePartKind.Target)
            {
                scan.Target = ValueAt(line, _grammar.Options[part.FirstOption]);
                scan.IsGoto = part.IsGoto;
            }
            else if (part.Kind == LinePartKind.Command)
            {
                scan.Chain = ValueAt(line, _grammar.Options[part.FirstOption]);
            }
            else if (part.Kind == LinePartKind.Counters)
            {
                ReadCounters(line, part, ref scan);
            }
        }

        return RuleSyntaxError.None;
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

    private void ReadCounters(ReadOnlySpan<byte> line, in LinePart part, ref RuleSpans scan)
    {
        var option = _grammar.Options[part.FirstOption];
        var first = _grammar.Words[option.FirstWord];
        if (option.NameWord < 0)
        {
            scan.HasCounters = TryReadCounters(line[first.Start..first.End], out scan.Packets, out scan.Bytes);
        }
        else
        {
            var bytes = _grammar.Words[option.EndWord - 1];
            scan.HasCounters = TryReadNumber(line[ValueAt(line, option)], out scan.Packets)
                && TryReadNumber(line[bytes.Start..bytes.End], out scan.Bytes);
        }
    }

    // Where the first value of an option stands: a word of its own, or behind the name (-jACCEPT, --jump=ACCEPT).
    private Range ValueAt(ReadOnlySpan<byte> line, in LineOption option)
    {
        if (option.Attached is null)
        {
            var value = _grammar.Words[option.ValueWord];
            return value.Start..value.End;
        }

        var name = _grammar.Words[option.NameWord];
        return (line[name.Start + 1] == '-' ? name.Start + line[name.Start..name.End].IndexOf((byte)'=') + 1 : name.Start + 2)..name.End;
    }

    private ParsedRule Build(ReadOnlySpan<byte> line, NetfilterChain? jumpsTo)
    {
        var options = _grammar.Options.All;
        var parts = _grammar.Parts.All;
        var built = new RulePart[parts.Length];
        var order = _grammar.IsInterleaved ? new RuleOption[options.Length] : null;
        for (int p = 0; p < parts.Length; p++)
        {
            ref readonly var part = ref parts[p];
            var chain = part.Kind == LinePartKind.Target ? jumpsTo : null;
            if (!_grammar.IsInterleaved && chain is null && IsOften(part))
            {
                int last = options[part.FirstOption + part.Count - 1].EndWord - 1;
                var slice = line[_grammar.Words[options[part.FirstOption].FirstWord].Lead.._grammar.Words[last].End];
                if (Made.Find(slice) is { } known)
                {
                    built[p] = known;
                    continue;
                }

                Made.Keep(slice, default, built[p] = BuildPart(line, part, p, null, null));
                continue;
            }

            built[p] = BuildPart(line, part, p, chain, order);
        }

        return new ParsedRule(built, order, _grammar.TrailingFrom == line.Length ? "" : RulesetText.Decode(line[_grammar.TrailingFrom..]));
    }

    private static bool IsOften(in LinePart part) => part.Kind switch
    {
        LinePartKind.Header => part.Name is not ("source" or "destination"),
        LinePartKind.Match => part.Introduced,
        LinePartKind.Target => part.Count == 1 || part.Name is not ("DNAT" or "SNAT" or "NETMAP"),
        _ => false,
    };

    private RulePart BuildPart(ReadOnlySpan<byte> line, in LinePart part, int index, NetfilterChain? chain, RuleOption[]? order)
    {
        var made = new RuleOption[part.Count];
        int count = 0;
        for (int o = part.FirstOption; count < made.Length; o++)
        {
            if (_grammar.Options[o].Part == index)
            {
                made[count] = BuildOption(line, _grammar.Options[o]);
                if (order is not null)
                {
                    order[o] = made[count];
                }

                count++;
            }
        }

        var words = new RulePartSource(part.Name, made, part.Introduced);
        return part.Kind switch
        {
            LinePartKind.Header or LinePartKind.Match => RuleMatch.Create(words),
            LinePartKind.Target => ChainTarget.Of(words, chain),
            _ => new RuleCommandPart(words),
        };
    }

    private RuleOption BuildOption(ReadOnlySpan<byte> line, in LineOption option)
    {
        var words = new RuleToken[option.EndWord - option.FirstWord];
        for (int i = 0; i < words.Length; i++)
        {
            var word = _grammar.Words[option.FirstWord + i];
            words[i] = RuleToken.Parse(line[word.Start..word.End], Lead(line[word.Lead..word.Start]));
        }

        return new RuleOption(
            option.Name, option.Negated, words, option.NameWord < 0 ? -1 : option.NameWord - option.FirstWord,
            option.ValueWord - option.FirstWord, option.Attached);
    }

    private static string? Lead(ReadOnlySpan<byte> space) => space.Length == 1 && space[0] == ' ' ? null : Encoding.ASCII.GetString(space);
}
