using System.Globalization;
using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets.Grammar;
using K8sNetfilter.Rulesets.Parts;
using K8sNetfilter.Rulesets.Parts.Matches;
using K8sNetfilter.Text;

namespace K8sNetfilter.Rulesets;

/// <summary>
/// One rule of a chain. The line stays as it was read, and its conditions and target are taken from it when they are asked for: that
/// takes about a microsecond each time, so that code that needs them often keeps what it got.
/// </summary>
public sealed class NetfilterRule
{
    private readonly byte[]? _buffer;
    private readonly int _offset;
    private readonly int _length;
    private readonly ParsedRule? _content;

    internal NetfilterRule(NetfilterChain chain, int number, byte[]? buffer, int offset, int length, NetfilterChain? jumpsTo)
    {
        InChain = chain;
        Number = number;
        _buffer = buffer;
        _offset = offset;
        _length = length;
        JumpsTo = jumpsTo;
    }

    /// <summary>Makes a rule as iptables-save would write it.</summary>
    /// <param name="chain">The chain that it stands in.</param>
    /// <param name="number">Its place in the chain, from 1.</param>
    /// <param name="matches">Its conditions.</param>
    /// <param name="target">Its target; null for a rule that only counts.</param>
    /// <param name="packets">Packets counted; null for a line without counters.</param>
    /// <param name="bytes">Bytes counted.</param>
    public NetfilterRule(
        NetfilterChain chain, int number, IEnumerable<RuleMatch> matches, RuleTarget? target, ulong? packets = null, ulong? bytes = null)
    {
        ArgumentNullException.ThrowIfNull(chain);
        ArgumentNullException.ThrowIfNull(matches);
        InChain = chain;
        Number = number;
        JumpsTo = (target as ChainTarget)?.Chain;
        var parts = new List<RulePart>();
        if (packets is not null)
        {
            string counters = string.Create(CultureInfo.InvariantCulture, $"[{packets}:{bytes ?? 0}]");
            parts.Add(new RuleCommandPart(new RulePartSource("counters",
                [new RuleOption("", false, [RuleToken.Bare(counters, "")], -1, 0, null)], false)));
        }

        RuleToken[] command = [RuleToken.Bare("-A", packets is null ? "" : null), RuleToken.Bare(chain.Name)];
        parts.Add(new RuleCommandPart(new RulePartSource("append", [new RuleOption("append", false, command, 0, 1, null)], false)));
        parts.AddRange(matches);
        if (target is not null)
        {
            parts.Add(target);
        }

        _content = new ParsedRule([.. parts], null, "") { Counters = packets is { } count ? (count, bytes ?? 0) : null };
    }

    /// <summary>Which part of the kernel holds it; null where the dump does not say.</summary>
    public NetfilterBackend? Backend => InChain.Backend;

    /// <summary>The family.</summary>
    public IPFamily Family => InChain.Family;

    /// <summary>The table's name.</summary>
    public string Table => InChain.Table;

    /// <summary>The chain's name.</summary>
    public string Chain => InChain.Name;

    /// <summary>The place in the chain, from 1, as iptables(8) counts.</summary>
    public int Number { get; }

    /// <summary>
    /// What a packet must meet, in the order in which the rule says it: <c>-s</c>, <c>-p</c> and the like, and each <c>-m</c>.
    /// </summary>
    public ValueList<RuleMatch> Matches => Conditions;

    /// <summary>The same for code that goes through many rules.</summary>
    internal RuleMatch[] Conditions => Read().Matches;

    /// <summary>What the rule does; null for a rule that only counts.</summary>
    public RuleTarget? Target => Read().Target;

    /// <summary>The comment; null if there is none.</summary>
    public string? Comment => Read().Matches.OfType<CommentMatch>().FirstOrDefault()?.Comment;

    /// <summary>Packets that met the rule; null where the dump has no counters.</summary>
    public ulong? Packets => Counters?.Packets;

    /// <summary>Bytes of the packets that met the rule; null where the dump has no counters.</summary>
    public ulong? Bytes => Counters?.Bytes;

    /// <summary>
    /// The line as it was read, without its end. A control character in it shows as U+DC00 + its code (<see cref="RulesetText"/>), so that
    /// no terminal obeys it.
    /// </summary>
    public string Text => _buffer is null ? ToString() : RulesetText.Decode(Line);

    /// <summary>The line without its counters.</summary>
    internal string Bare
    {
        get
        {
            string text = ToString().Trim();
            int at = text.StartsWith('[') ? text.IndexOf("] ", StringComparison.Ordinal) : -1;
            return at < 0 ? text : text[(at + 2)..];
        }
    }

    /// <summary>True where the kernel's rule has parts that iptables cannot express, so that the line is not what the rule means.</summary>
    public bool IsUnread { get; internal set; }

    /// <summary>The chain that the rule stands in.</summary>
    internal NetfilterChain InChain { get; }

    /// <summary>The chain that the target jumps or goes to; null for any other target.</summary>
    internal NetfilterChain? JumpsTo { get; }

    /// <summary>The line's bytes; empty for a rule that was not read.</summary>
    internal ReadOnlySpan<byte> Line => new(_buffer, _offset, _length);

    private (ulong Packets, ulong Bytes)? Counters
    {
        get
        {
            if (_content is not null)
            {
                return _content.Counters;
            }

            if (!RuleLineScanner.TryScan(Line, out var scan))
            {
                RuleParser.Current.TryScan(Line, out scan);
            }

            return scan.HasCounters ? (scan.Packets, scan.Bytes) : null;
        }
    }

    /// <summary>
    /// The chain that the rule stands in: complete when all of its table is read. A method, so that a rule that is sent to another session
    /// does not take its chain along.
    /// </summary>
    public NetfilterChain GetChain() => InChain;

    /// <summary>Takes the rule apart.</summary>
    internal ParsedRule Read()
    {
        if (_content is not null)
        {
            return _content;
        }

        // The line was read once without fault, so it has none now.
        RuleParser.Current.TryRead(Line, JumpsTo, out var content);
        return content!;
    }

    /// <summary>The line written from the model: the same, byte for byte, as the one that was read.</summary>
    public override string ToString() => Read().Write();
}
