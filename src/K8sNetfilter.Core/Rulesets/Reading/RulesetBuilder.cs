using System.Runtime.CompilerServices;
using System.Text;
using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets.Grammar;
using K8sNetfilter.Rulesets.Parts.Matches;
using K8sNetfilter.Text;

namespace K8sNetfilter.Rulesets.Reading;

/// <summary>The tables and chains of a dump while it is read.</summary>
internal sealed partial class RulesetBuilder
{
    private readonly RulesetParserOptions _options;
    private readonly ParseDiagnostics _report;
    private readonly List<RulesetTable> _tables = [];
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly List<UnreadTable> _unread = [];
    private readonly List<RulesetGap> _gaps = [];
    private readonly List<(string Table, string Place)> _incompatible = [];
    private int _chainCount;
    private int _ruleCount;
    private NetfilterBackend? _backend;
    private IPFamily _family;

    public RulesetBuilder(RulesetParserOptions options, ParseDiagnostics report)
    {
        _options = options;
        _report = report;
        _backend = options.Backend;
        _family = options.Family;
    }

    /// <summary>The tables that were begun.</summary>
    public IReadOnlyList<RulesetTable> Tables => _tables;

    /// <summary>Tables that iptables-nft could not print whole, by its own word.</summary>
    public IReadOnlyList<UnreadTable> Unread => _unread;

    /// <summary>What the text itself says that it does not show.</summary>
    public IReadOnlyList<RulesetGap> Gaps => _gaps;

    /// <summary>The table that is open; null between tables.</summary>
    public RulesetTable? Table { get; private set; }

    /// <summary>The chain of the last rule: the next one is mostly of the same.</summary>
    public NetfilterChain? Chain { get; set; }

    /// <summary>True for the output of <c>iptables -S</c>, which has no end to wait for.</summary>
    public bool IsListing { get; set; }

    /// <summary>True once a rule stood in a chain that the table does not declare.</summary>
    public bool HasUndeclared { get; set; }

    /// <summary><c>*table</c>.</summary>
    public void ReadTable(ReadOnlySpan<byte> text)
    {
        EndListing();
        var name = text[1..].TrimEnd(" \t"u8);
        if (name.IsEmpty || name.IndexOfAny(" \t"u8) >= 0)
        {
            _report.LineProblem(RuleSyntaxError.NotARule, text, text);
            AddGap(new(IPFamily.Unspecified, RulesetMessages.TableAt(_report.Place)));
            return;
        }

        OpenTable(OptionNames.Intern(name));
    }

    /// <summary>Rules come, and no line said of which table.</summary>
    public void OpenNameless()
    {
        AddGap(new(IPFamily.Unspecified, RulesetMessages.NamelessTable(_report.Place)));
        OpenTable("unknown");
        IsListing = true;
    }

    /// <summary>The text is at its end.</summary>
    public void Complete()
    {
        EndListing();
        ResolveIncompatible(_family != IPFamily.Unspecified ? _family : _options.LastFamily);
    }

    private void AddGap(RulesetGap gap)
    {
        if (_gaps.Count < RulesetLimits.Problems)
        {
            _gaps.Add(gap);
        }
    }

    // The notice stands ahead of the header that tells the family (iptables/xtables-save.c, __do_output).
    private void ResolveIncompatible(IPFamily family)
    {
        foreach (var (table, place) in _incompatible)
        {
            if (_unread.Count == RulesetLimits.Problems)
            {
                break;
            }

            _unread.Add(new UnreadTable(table, NetfilterBackend.Nft, family,
                $"nft list table {(family == IPFamily.IPv6 ? "ip6" : "ip")} {Printable.Text(table, 40)}") { Place = place });
        }

        _incompatible.Clear();
    }

    /// <summary>Begins a table.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="line">The line where it starts; 0 for the one that is read.</param>
    public void OpenTable(string name, int line = 0)
    {
        if (_tables.Count >= _options.MostTables)
        {
            throw TooLarge(_options.MostTables, "tables");
        }

        Table = new RulesetTable(name, _backend, _family, line == 0 ? _report.Line : line) { Source = _options.Source };
        _tables.Add(Table);
        IsListing = false;
        HasUndeclared = false;
        Chain = null;
    }

    /// <summary><c>COMMIT</c>.</summary>
    public void Commit()
    {
        if (Table is not null)
        {
            Table.IsComplete = true;
        }

        CloseTable();
    }

    /// <summary>Ends the open table, if there is one.</summary>
    public void CloseTable()
    {
        if (Table is null)
        {
            return;
        }

        if (Table.Family == IPFamily.Unspecified)
        {
            Table.Family = _options.LastFamily;
        }

        if (!Table.IsComplete && !IsListing)
        {
            _report.Problem(nameof(Messages.RulesetTruncated), Table.Name);
            SetFault(RulesetMessages.TextEnds(_report.Place, Printable.Text(Table.Name)));
        }

        if (!_seen.Add($"{Table.Family} {Table.Backend} {Table.Name}"))
        {
            _report.Notice(RulesetMessages.TableTwice(_options.Source, Printable.Text(Table.Name), Table.Family));
        }

        if (HasUndeclared)
        {
            Table.ResolveLate();
        }

        Table = null;
        Chain = null;
    }

    /// <summary>Notes a line that may have been a rule of any chain of the open table.</summary>
    public void TaintTable()
    {
        if (Table is { Fault: null })
        {
            SetFault(RulesetMessages.LineUnread(_report.Place, Printable.Text(Table.Name)));
        }
    }

    private void SetFault(string text) => Table!.Fault ??= text;

    /// <summary><c>:CHAIN POLICY [packets:bytes]</c>.</summary>
    public void ReadChain(ReadOnlySpan<byte> text)
    {
        if (Table is null)
        {
            _report.LineProblem(RuleSyntaxError.NotARule, text, text);
            return;
        }

        // :NAME POLICY [packets:bytes]
        var name = LineTokens.Word(text[1..], out var rest);
        var policy = LineTokens.Word(rest, out rest);
        var counters = LineTokens.Word(rest, out rest);
        if (name.IsEmpty || policy.IsEmpty || !LineTokens.Word(rest, out _).IsEmpty)
        {
            _report.LineProblem(RuleSyntaxError.NotARule, text, text);
            TaintTable();
            return;
        }

        var chain = AddChain(name);
        chain.IsDeclared = true;
        chain.Policy = policy.SequenceEqual("-"u8) ? null : OptionNames.Intern(policy);
        if (RuleParser.TryReadCounters(counters, out ulong packets, out ulong bytes))
        {
            chain.Packets = packets;
            chain.Bytes = bytes;
        }
    }

    /// <summary>The chain of that name in the open table, made where there is none.</summary>
    public NetfilterChain AddChain(ReadOnlySpan<byte> name)
    {
        int before = Table!.Chains.Count;
        var chain = Table.AddChain(name);
        if (before != Table.Chains.Count)
        {
            if (++_chainCount > _options.MostChains)
            {
                throw TooLarge(_options.MostChains, "chains");
            }

            chain.IsWanted = _options.WantsChain?.Invoke(chain) != false;
        }

        return chain;
    }

    // The family from what a rule asks for.
    private void LearnFamily(ReadOnlySpan<byte> line)
    {
        RuleParser.Current.TryRead(line, null, out var content);
        foreach (var match in content?.Matches ?? [])
        {
            if (match is AddressMatch { Family: var family })
            {
                Table!.Family = family;
                return;
            }

            if (match.Name is "icmp6" or "ipv6header" or "hl" or "frag" or "rt" or "mh" or "hbh" or "dst" or "srh" or "eui64"
                || match is ProtocolMatch { Protocol: IPProtocolName.IcmpV6, Negated: false })
            {
                Table!.Family = IPFamily.IPv6;
                return;
            }

            if (match.Name is "icmp" or "ttl" or "realm")
            {
                Table!.Family = IPFamily.IPv4;
                return;
            }
        }
    }

    /// <summary>A comment line: the header, or a warning of the tool.</summary>
    public void ReadComment(ReadOnlySpan<byte> text)
    {
        if (ListingCommand.IsLikely(text) && TryReadPrompt(text))
        {
            return;
        }

        if (text.StartsWith("# Generated by "u8))
        {
            ReadHeader(text["# Generated by "u8.Length..]);
            return;
        }

        // "# Table `nat' is incompatible, use 'nft' tool.", "# Table `nat' contains incompatible base-chains, use 'nft' tool to list them."
        // and "# Warning: iptables-legacy tables present, use iptables-legacy-save to see them" (iptables/xtables-save.c, nft.c).
        bool isWarning = text.StartsWith("# Warning: "u8);
        if (!isWarning && !(text.StartsWith("# Table "u8) && text.IndexOf(" incompatible"u8) > 0))
        {
            return;
        }

        _report.Notice($"{_options.Source}: {Printable.Text(RulesetText.Decode(text[2..]), 200)}");
        if (isWarning && text.IndexOf("tables-legacy tables present"u8) is > 0 and int at)
        {
            bool v6 = text[..at].EndsWith("ip6"u8);
            AddGap(new(v6 ? IPFamily.IPv6 : IPFamily.IPv4, RulesetMessages.LegacyTablesToo(v6 ? "ip6" : "ip", _report.Place))
            {
                Backend = NetfilterBackend.Legacy,
            });
        }
        else if (!isWarning && _incompatible.Count < RulesetLimits.Problems)
        {
            var name = text["# Table "u8.Length..].Trim("`'\""u8);
            int end = name.IndexOfAny("'\" "u8);
            _incompatible.Add((OptionNames.Intern(end < 0 ? name : name[..end]), _report.Place));
            if (_options.Family != IPFamily.Unspecified)
            {
                ResolveIncompatible(_options.Family);
            }
        }
    }

    private void ReadHeader(ReadOnlySpan<byte> tool)
    {
        // 1.8.0 to 1.8.2 called themselves xtables-save, for both families; before 1.8 there was no other than legacy.
        bool isNft = tool.IndexOf("nf_tables"u8) >= 0 || tool.StartsWith("xtables-save"u8) || tool.IndexOf("-nft-save"u8) >= 0;
        _backend = _options.Backend ?? (isNft ? NetfilterBackend.Nft : NetfilterBackend.Legacy);
        _family = _options.Family != IPFamily.Unspecified ? _options.Family
            : tool.StartsWith("ip6tables"u8) ? IPFamily.IPv6
            : tool.StartsWith("iptables"u8) ? IPFamily.IPv4
            : IPFamily.Unspecified;
        ResolveIncompatible(_family != IPFamily.Unspecified ? _family : _options.LastFamily);
    }

    /// <summary>Counts a rule into its chain, and finds the chain that it leads to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public NetfilterChain Count(ReadOnlySpan<byte> line, in RuleSpans scan, out NetfilterChain? jumpsTo)
    {
        var table = Table!;
        var chainName = line[scan.Chain];
        var chain = Chain;
        if (chain is null || !IsNamed(chain, chainName))
        {
            chain = AddChain(chainName);
            Chain = chain;
            HasUndeclared |= !chain.IsDeclared;
        }

        chain.RuleCount++;
        table.RuleCount++;
        if (++_ruleCount > _options.MostRules)
        {
            throw TooLarge(_options.MostRules, "rules");
        }

        jumpsTo = null;
        var target = line[scan.Target];
        if (!target.IsEmpty && (scan.IsGoto || !LineTokens.IsVerdict(target)) && (jumpsTo = table.FindChain(target)) is not null)
        {
            jumpsTo.AddReferrer(chain);
        }

        if (table.Family == IPFamily.Unspecified)
        {
            LearnFamily(line);
        }

        return chain;
    }

    /// <summary>
    /// Counts a rule that could not be read: it stands in the kernel all the same, and the rules after it keep their numbers. A line that
    /// names no chain may be the rest of any rule.
    /// </summary>
    public void CountFaulty(ReadOnlySpan<byte> text)
    {
        if (Table is null)
        {
            return;
        }

        var rest = text;
        if (LineTokens.IsAppend(text))
        {
            if (text[0] == '[')
            {
                LineTokens.Word(text, out rest);
            }

            LineTokens.Word(rest, out rest);
            var name = LineTokens.Word(rest, out _);
            if (!name.IsEmpty && name[0] is not ((byte)'-' or (byte)'!' or (byte)'"'))
            {
                var holder = AddChain(name);
                HasUndeclared |= !holder.IsDeclared;
                holder.RuleCount++;
                Table.RuleCount++;
                if (holder.Fault is null)
                {
                    holder.SetFault(RulesetMessages.RuleUnread(_report.Place, holder.RuleCount, Printable.Text(Table.Name),
                        Printable.Text(holder.Name)));
                }

                return;
            }
        }

        TaintTable();
    }

    private static bool IsNamed(NetfilterChain chain, ReadOnlySpan<byte> name) =>
        chain.Name.Length == name.Length && Ascii.Equals(name, chain.Name);
}
