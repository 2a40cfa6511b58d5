using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using K8sNetfilter.Packets;

namespace K8sNetfilter.Rulesets;

/// <summary>The tables and chains of a dump while it is read.</summary>
internal sealed class RulesetSections
{
    private readonly RulesetParserOptions _options;
    private readonly RulesetReport _report;
    private readonly List<RulesetTable> _tables = [];
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private NetfilterBackend? _backend;
    private IPFamily _family;

    public RulesetSections(RulesetParserOptions options, RulesetReport report)
    {
        _options = options;
        _report = report;
        _backend = options.Backend;
        _family = options.Family;
    }

    /// <summary>The tables that were begun.</summary>
    public IReadOnlyList<RulesetTable> Tables => _tables;

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
        CloseTable();
        var name = text[1..].TrimEnd(" \t"u8);
        if (name.IsEmpty || name.IndexOfAny(" \t"u8) >= 0)
        {
            _report.LineProblem(RuleFault.NotARule, text, text);
            return;
        }

        OpenTable(RuleNames.Intern(name));
    }

    /// <summary>Begins a table.</summary>
    public void OpenTable(string name)
    {
        Table = new RulesetTable(name, _backend, _family, _report.Line);
        _tables.Add(Table);
        IsListing = false;
        HasUndeclared = false;
        Chain = null;
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
        }

        if (!_seen.Add($"{Table.Family} {Table.Backend} {Table.Name}"))
        {
            _report.Notice($"{_options.Source}: table {Printable.Text(Table.Name)} ({Table.Family}) comes more than once; each is shown.");
        }

        if (HasUndeclared)
        {
            ResolveLate(Table);
        }

        Table = null;
        Chain = null;
    }

    // A dump whose head was cut off has rules of chains that it does not declare; what jumps there may stand above them.
    private static void ResolveLate(RulesetTable table)
    {
        foreach (var chain in table.Chains)
        {
            foreach (var rule in chain.Rules)
            {
                if (rule.JumpsTo is null && chain.Make(rule.Index).Target is { Kind: RuleTargetKind.Extension or RuleTargetKind.Goto } target
                    && table.FindChain(target.Name) is { } found)
                {
                    chain.Resolve(rule.Index, found);
                }
            }
        }
    }

    /// <summary><c>:CHAIN POLICY [packets:bytes]</c>.</summary>
    public void ReadChain(ReadOnlySpan<byte> text)
    {
        if (Table is null)
        {
            _report.LineProblem(RuleFault.NotARule, text, text);
            return;
        }

        // :NAME POLICY [packets:bytes]
        var name = LineText.Word(text[1..], out var rest);
        var policy = LineText.Word(rest, out rest);
        var counters = LineText.Word(rest, out rest);
        if (name.IsEmpty || policy.IsEmpty || !LineText.Word(rest, out _).IsEmpty)
        {
            _report.LineProblem(RuleFault.NotARule, text, text);
            return;
        }

        var chain = AddChain(name);
        chain.IsDeclared = true;
        chain.Policy = policy.SequenceEqual("-"u8) ? null : RuleNames.Intern(policy);
        if (RuleReader.TryReadCounters(counters, out ulong packets, out ulong bytes))
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
        if (before != Table.Chains.Count && _options.WantsChain is { } wants)
        {
            chain.IsWanted = wants(chain);
        }

        return chain;
    }

    /// <summary><c>-P CHAIN POLICY</c> and <c>-N CHAIN</c>, as <c>iptables -S</c> prints them.</summary>
    public bool TryReadListing(ReadOnlySpan<byte> text)
    {
        var command = LineText.Word(text, out var rest);
        bool isPolicy = command.SequenceEqual("-P"u8);
        if (!isPolicy && !command.SequenceEqual("-N"u8))
        {
            return false;
        }

        var name = LineText.Word(rest, out rest);
        var policy = isPolicy ? LineText.Word(rest, out rest) : default;
        if (name.IsEmpty || (isPolicy && policy.IsEmpty))
        {
            return false;
        }

        if (Table is null)
        {
            OpenTable("filter");
            IsListing = true;
            _report.Notice($"{_options.Source}: this is the output of iptables -S, which does not name the table. It is taken for filter, the default.");
        }

        var chain = AddChain(name);
        chain.IsDeclared = true;
        chain.Policy = isPolicy ? RuleNames.Intern(policy) : null;
        // "-c packets bytes" with -v.
        if (LineText.Word(rest, out rest).SequenceEqual("-c"u8)
            && ulong.TryParse(RulesetText.Decode(LineText.Word(rest, out rest)), NumberStyles.None, CultureInfo.InvariantCulture, out ulong packets)
            && ulong.TryParse(RulesetText.Decode(LineText.Word(rest, out rest)), NumberStyles.None, CultureInfo.InvariantCulture, out ulong bytes))
        {
            chain.Packets = packets;
            chain.Bytes = bytes;
        }

        return true;
    }

    // The family from what a rule asks for.
    private void LearnFamily(ReadOnlySpan<byte> line)
    {
        RuleReader.Current.TryRead(line, null, out var content);
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
        if (text.StartsWith("# Generated by "u8))
        {
            var tool = text["# Generated by "u8.Length..];
            // 1.8.0 to 1.8.2 called themselves xtables-save, for both families; before 1.8 there was no other than legacy.
            bool isNft = tool.IndexOf("nf_tables"u8) >= 0 || tool.StartsWith("xtables-save"u8) || tool.IndexOf("-nft-save"u8) >= 0;
            _backend = _options.Backend ?? (isNft ? NetfilterBackend.Nft : NetfilterBackend.Legacy);
            _family = _options.Family != IPFamily.Unspecified ? _options.Family
                : tool.StartsWith("ip6tables"u8) ? IPFamily.IPv6
                : tool.StartsWith("iptables"u8) ? IPFamily.IPv4
                : IPFamily.Unspecified;
            return;
        }

        // "# Table `nat' is incompatible, use 'nft' tool.", "# Table `nat' contains incompatible base-chains, use 'nft' tool to list them." and
        // "# Warning: iptables-legacy tables present, use iptables-legacy-save to see them" (iptables/xtables-save.c, nft.c).
        if ((text.StartsWith("# Table "u8) && text.IndexOf(" incompatible"u8) > 0) || text.StartsWith("# Warning: "u8))
        {
            _report.Notice($"{_options.Source}: {Printable.Text(RulesetText.Decode(text[2..]), 200)}");
        }
    }

    /// <summary>Counts a rule into its chain, and finds the chain that it leads to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public NetfilterChain Count(ReadOnlySpan<byte> line, in RuleScan scan, out NetfilterChain? jumpsTo)
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
        jumpsTo = null;
        var target = line[scan.Target];
        if (!target.IsEmpty && (scan.IsGoto || !LineText.IsVerdict(target)) && (jumpsTo = table.FindChain(target)) is not null)
        {
            jumpsTo.AddReferrer(chain);
        }

        if (table.Family == IPFamily.Unspecified)
        {
            LearnFamily(line);
        }

        return chain;
    }

    /// <summary>Counts a rule that could not be read: it stands in the kernel all the same, and the rules after it keep their numbers.</summary>
    public void CountFaulty(ReadOnlySpan<byte> text)
    {
        if (Table is null || !LineText.IsAppend(text))
        {
            return;
        }

        if (text[0] == '[')
        {
            LineText.Word(text, out text);
        }

        LineText.Word(text, out var rest);
        var name = LineText.Word(rest, out _);
        if (!name.IsEmpty)
        {
            var holder = AddChain(name);
            HasUndeclared |= !holder.IsDeclared;
            holder.RuleCount++;
            Table.RuleCount++;
        }
    }

    private static bool IsNamed(NetfilterChain chain, ReadOnlySpan<byte> name) =>
        chain.Name.Length == name.Length && Ascii.Equals(name, chain.Name);
}
