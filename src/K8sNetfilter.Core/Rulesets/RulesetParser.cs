using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using K8sNetfilter.Configuration;
using K8sNetfilter.Errors;
using K8sNetfilter.Packets;

namespace K8sNetfilter.Rulesets;

/// <summary>
/// Reads the output of iptables-save(8) and ip6tables-save(8) as it comes: bytes go in piece by piece, and each rule is there as soon as
/// its line is. It also takes the output of <c>iptables -S</c>, and several dumps in a row. A line that is no rule is a problem with file
/// and line, and the rest is still read. Work and memory grow with the text and with nothing else.
/// </summary>
/// <example>
/// <code>
/// while ((n = source.Read(parser.GetBuffer().Span)) > 0) parser.Advance(n);
/// Ruleset ruleset = parser.Complete();
/// </code>
/// </example>
public sealed class RulesetParser
{
    // Rules point into the pieces: large ones that never move where they are kept, small ones that are soon let go where they are not.
    private const int KeptChunk = 1 << 20;
    private const int PassingChunk = 80_000;
    private const int LeastFree = 4096;

    private readonly RulesetParserOptions _options;
    private readonly List<RulesetTable> _tables = [];
    private readonly List<NodeException> _problems = [];
    private readonly List<string> _notices = [];
    private readonly HashSet<(string, NetfilterBackend?, IPFamily)> _seen = [];
    private readonly int _chunkSize;
    private byte[] _buffer = [];
    private int _start;
    private int _scanned;
    private int _end;
    private int _line = 1;
    private int _problemCount;
    private bool _skipping;
    private bool _hasEscapes;
    private bool _isShared;
    private RulesetTable? _table;
    private bool _isListing;
    private bool _hasUndeclared;
    private NetfilterChain? _chain;
    private NetfilterBackend? _backend;
    private IPFamily _family;

    /// <summary>Makes a reader.</summary>
    public RulesetParser(RulesetParserOptions? options = null)
    {
        _options = options ?? new RulesetParserOptions();
        _backend = _options.Backend;
        _family = _options.Family;
        _chunkSize = _options.OnRule is null && !_options.ChainsOnly ? KeptChunk : PassingChunk;
    }

    /// <summary>Reads a whole text.</summary>
    public static Ruleset Parse(ReadOnlySpan<byte> text, RulesetParserOptions? options = null)
    {
        var parser = new RulesetParser(options);
        parser.Add(text);
        return parser.Complete();
    }

    /// <summary>Reads a whole text.</summary>
    public static Ruleset Parse(string text, RulesetParserOptions? options = null) => Parse(RulesetText.Encode(text), options);

    /// <summary>Where the next bytes go. Never empty.</summary>
    public Memory<byte> GetBuffer()
    {
        if (_buffer.Length - _end < LeastFree)
        {
            Roll();
        }

        return _buffer.AsMemory(_end);
    }

    /// <summary>Says how many bytes were put into <see cref="GetBuffer"/>, and reads the lines that they complete.</summary>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _buffer.Length - _end);
        if (_options.IsTranscript && _buffer.AsSpan(_end, count).Contains((byte)0x1B))
        {
            _hasEscapes = true;
        }

        _end += count;
        ReadLines(isLast: false);
    }

    /// <summary>Adds bytes.</summary>
    public void Add(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            var space = GetBuffer().Span;
            int count = Math.Min(space.Length, text.Length);
            text[..count].CopyTo(space);
            Advance(count);
            text = text[count..];
        }
    }

    /// <summary>Adds text that is one or more whole lines; its end is the end of a line.</summary>
    public void AddLine(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        // A line feed in the text is one; any other control character keeps its place.
        Add(RulesetText.Encode(text));
        if (!text.EndsWith('\n'))
        {
            Add("\n"u8);
        }
    }

    /// <summary>Reads what is left and gives the tables.</summary>
    public Ruleset Complete()
    {
        ReadLines(isLast: true);
        if (_skipping)
        {
            _skipping = false;
            _line++;
        }

        if (_start < _end)
        {
            ReadLastLine();
        }

        CloseTable();
        if (_problemCount > RulesetLimits.Problems)
        {
            Tell(NodeException.Create(
                Messages.ResourceManager, nameof(Messages.RulesetMoreProblems), NodeErrorCategory.InvalidData, _options.Source, _problemCount - RulesetLimits.Problems));
        }

        return new Ruleset(_tables, _problems, _notices);
    }

    private void Roll()
    {
        int kept = _end - _start;
        if (kept > RulesetLimits.Line)
        {
            Problem(nameof(Messages.RulesetLineTooLong), RulesetLimits.Line);
            _skipping = true;
            kept = 0;
        }

        if (!_isShared && kept + (2 * LeastFree) <= _buffer.Length)
        {
            // Nothing points into this piece yet: it can be filled again.
            _buffer.AsSpan(_end - kept, kept).CopyTo(_buffer);
            _scanned = kept == 0 ? 0 : _scanned - _start;
            _start = 0;
            _end = kept;
            return;
        }

        byte[] next = GC.AllocateUninitializedArray<byte>(Math.Max(_chunkSize, kept + (2 * LeastFree)));
        _buffer.AsSpan(_end - kept, kept).CopyTo(next);
        _buffer = next;
        _scanned = kept == 0 ? 0 : _scanned - _start;
        _start = 0;
        _end = kept;
        _isShared = false;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ReadLines(bool isLast)
    {
        while (true)
        {
            int length = _buffer.AsSpan(_scanned, _end - _scanned).IndexOf((byte)'\n');
            if (length < 0)
            {
                _scanned = _end;
                if (_end - _start > RulesetLimits.Line && !_skipping)
                {
                    Problem(nameof(Messages.RulesetLineTooLong), RulesetLimits.Line);
                    _skipping = true;
                }

                if (_skipping)
                {
                    _start = _end;
                }

                return;
            }

            int end = _scanned + length;
            if (_skipping)
            {
                _skipping = false;
                _line++;
                _start = _scanned = end + 1;
                continue;
            }

            int lines = 1;
            if (end - _start > RulesetLimits.Line)
            {
                Problem(nameof(Messages.RulesetLineTooLong), RulesetLimits.Line);
            }
            else if (!ReadLine(end, isLast, ref lines, ref end))
            {
                return;
            }

            _line += lines;
            _start = _scanned = end + 1;
        }
    }

    // Reads [_start, end). False where a quoted string goes on in a next line that is not there yet.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool ReadLine(int lineEnd, bool isLast, ref int lines, ref int end)
    {
        byte[] buffer = _buffer;
        int start = _start, length = lineEnd - start;
        if (length > 0 && buffer[lineEnd - 1] == '\r')
        {
            length--;
        }

        if (_line == 1 && length >= 3 && buffer.AsSpan(start, 3).SequenceEqual("\uFEFF"u8))
        {
            start += 3;
            length -= 3;
        }

        if (_hasEscapes && buffer.AsSpan(start, length).Contains((byte)0x1B))
        {
            buffer = TerminalColour.Remove(buffer.AsSpan(start, length));
            start = 0;
            length = buffer.Length;
        }

        int at = start, stop = start + length;
        while (at < stop && buffer[at] is (byte)' ' or (byte)'\t')
        {
            at++;
        }

        if (at == stop)
        {
            return true;
        }

        var text = buffer.AsSpan(at, stop - at);
        switch (text[0])
        {
            case (byte)'-' or (byte)'[':
                return ReadRule(buffer, start, length, text, lineEnd, isLast, ref lines, ref end);
            case (byte)':':
                ReadChain(text);
                break;
            case (byte)'*':
                ReadTable(text);
                break;
            case (byte)'#':
                ReadComment(text);
                break;
            case (byte)'C' when text.TrimEnd(" \t"u8).SequenceEqual("COMMIT"u8):
                if (_table is not null)
                {
                    _table.IsComplete = true;
                }

                CloseTable();
                break;
            default:
                LineProblem(RuleFault.NotARule, text, text);
                break;
        }

        return true;
    }

    private void ReadLastLine()
    {
        int lines = 1, end = _end;
        var text = _buffer.AsSpan(_start, _end - _start).Trim(" \t\r"u8);
        bool isCut = _table is not null && !_isListing && !text.IsEmpty && text[0] != '#' && !text.SequenceEqual("COMMIT"u8);
        if (_end - _start > RulesetLimits.Line)
        {
            Problem(nameof(Messages.RulesetLineTooLong), RulesetLimits.Line);
        }
        else if (!isCut)
        {
            ReadLine(_end, isLast: true, ref lines, ref end);
        }

        _start = _end;
    }

    private void ReadTable(ReadOnlySpan<byte> text)
    {
        CloseTable();
        var name = text[1..].TrimEnd(" \t"u8);
        if (name.IsEmpty || name.IndexOfAny(" \t"u8) >= 0)
        {
            LineProblem(RuleFault.NotARule, text, text);
            return;
        }

        OpenTable(RuleNames.Intern(name));
    }

    private void OpenTable(string name)
    {
        _table = new RulesetTable(name, _backend, _family, _line);
        _tables.Add(_table);
        _isListing = false;
        _hasUndeclared = false;
        _chain = null;
    }

    private void CloseTable()
    {
        if (_table is null)
        {
            return;
        }

        if (_table.Family == IPFamily.Unspecified)
        {
            _table.Family = _options.LastFamily;
        }

        if (!_table.IsComplete && !_isListing)
        {
            Problem(nameof(Messages.RulesetTruncated), _table.Name);
        }

        if (!_seen.Add((_table.Name, _table.Backend, _table.Family)))
        {
            Notice($"{_options.Source}: table {Printable.Text(_table.Name)} ({_table.Family}) comes more than once; each is shown.");
        }

        if (_hasUndeclared)
        {
            ResolveLate(_table);
        }

        _table = null;
        _chain = null;
    }

    // A dump whose head was cut off has rules of chains that it does not declare; what jumps there may stand above them.
    private static void ResolveLate(RulesetTable table)
    {
        foreach (var chain in table.Chains)
        {
            foreach (var rule in chain.Rules)
            {
                if (rule.JumpsTo is null && rule.Target is { Kind: RuleTargetKind.Extension or RuleTargetKind.Goto } target
                    && table.FindChain(target.Name) is { } found)
                {
                    rule.Resolve(found);
                    found.AddReferrer(chain);
                }
            }
        }
    }

    private void ReadChain(ReadOnlySpan<byte> text)
    {
        if (_table is null)
        {
            LineProblem(RuleFault.NotARule, text, text);
            return;
        }

        // :NAME POLICY [packets:bytes]
        var name = Word(text[1..], out var rest);
        var policy = Word(rest, out rest);
        var counters = Word(rest, out rest);
        if (name.IsEmpty || policy.IsEmpty || !Word(rest, out _).IsEmpty)
        {
            LineProblem(RuleFault.NotARule, text, text);
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

    private NetfilterChain AddChain(ReadOnlySpan<byte> name)
    {
        int before = _table!.Chains.Count;
        var chain = _table.AddChain(name);
        if (before != _table.Chains.Count && _options.WantsChain is { } wants)
        {
            chain.IsWanted = wants(chain);
        }

        return chain;
    }

    // -P CHAIN POLICY and -N CHAIN, as "iptables -S" prints them.
    private bool TryReadListing(ReadOnlySpan<byte> text)
    {
        var command = Word(text, out var rest);
        bool isPolicy = command.SequenceEqual("-P"u8);
        if (!isPolicy && !command.SequenceEqual("-N"u8))
        {
            return false;
        }

        var name = Word(rest, out rest);
        var policy = isPolicy ? Word(rest, out rest) : default;
        if (name.IsEmpty || (isPolicy && policy.IsEmpty))
        {
            return false;
        }

        if (_table is null)
        {
            OpenTable("filter");
            _isListing = true;
            Notice($"{_options.Source}: this is the output of iptables -S, which does not name the table. It is taken for filter, the default.");
        }

        var chain = AddChain(name);
        chain.IsDeclared = true;
        chain.Policy = isPolicy ? RuleNames.Intern(policy) : null;
        // "-c packets bytes" with -v.
        if (Word(rest, out rest).SequenceEqual("-c"u8)
            && ulong.TryParse(RulesetText.Decode(Word(rest, out rest)), NumberStyles.None, CultureInfo.InvariantCulture, out ulong packets)
            && ulong.TryParse(RulesetText.Decode(Word(rest, out rest)), NumberStyles.None, CultureInfo.InvariantCulture, out ulong bytes))
        {
            chain.Packets = packets;
            chain.Bytes = bytes;
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool ReadRule(
        byte[] buffer, int start, int length, ReadOnlySpan<byte> text, int lineEnd, bool isLast, ref int lines, ref int end)
    {
        if (text.Length > 1 && text[0] == '-' && text[1] is (byte)'P' or (byte)'N' && TryReadListing(text))
        {
            return true;
        }

        var line = buffer.AsSpan(start, length);
        var fault = RuleFault.None;
        if (!RuleScanner.TryScan(line, out var scan))
        {
            fault = RuleReader.Current.TryScan(line, out scan);
        }

        if (fault == RuleFault.UnclosedQuote && buffer == _buffer)
        {
            int closing = FindClosingLine(line, lineEnd, isLast);
            if (closing == 0)
            {
                return false;
            }

            if (closing > 0)
            {
                lines += _buffer.AsSpan(lineEnd, closing - lineEnd).Count((byte)'\n');
                end = closing;
                length = closing - start;
                line = buffer.AsSpan(start, length);
                fault = RuleReader.Current.TryScan(line, out scan);
            }
        }

        if (_table is null && (fault == RuleFault.None || IsAppend(text)))
        {
            Problem(nameof(Messages.RulesetNoTable), "unknown");
            OpenTable("unknown");
            _isListing = true;
        }

        if (fault != RuleFault.None)
        {
            if (_table is not null && IsAppend(text))
            {
                // It stands in the kernel all the same: the rules after it keep their numbers.
                Word(text, out var rest);
                var name = Word(rest, out _);
                if (!name.IsEmpty && (_table.FindChain(name) is { } holder))
                {
                    holder.RuleCount++;
                    _table.RuleCount++;
                }
            }

            var at = RuleReader.Current.FaultAt;
            LineProblem(fault, line[at], line);
            return true;
        }

        var table = _table!;
        var chainName = line[scan.Chain];
        var chain = _chain;
        if (chain is null || !IsNamed(chain, chainName))
        {
            chain = AddChain(chainName);
            _chain = chain;
            _hasUndeclared |= !chain.IsDeclared;
        }

        chain.RuleCount++;
        table.RuleCount++;
        NetfilterChain? jumpsTo = null;
        var target = line[scan.Target];
        if (!target.IsEmpty && (scan.IsGoto || !IsVerdict(target)) && (jumpsTo = table.FindChain(target)) is not null)
        {
            jumpsTo.AddReferrer(chain);
        }

        if (table.Family == IPFamily.Unspecified)
        {
            LearnFamily(line);
        }

        if (!chain.IsWanted || _options.ChainsOnly)
        {
            return true;
        }

        _isShared = true;
        var rule = new NetfilterRule(chain, chain.RuleCount, buffer, start, length, scan, jumpsTo);
        if (_options.OnRule is { } onRule)
        {
            onRule(rule);
        }
        else
        {
            chain.Add(rule);
        }

        return true;
    }

    // iptables-save writes a line feed within a comment as it is, so that a comment can look like rules of its own. It is one where the
    // string is closed within the longest comment there can be, at the end of a word. Gives the end of the line on which the rule ends;
    // 0 where more bytes are needed to know, -1 where it is not so.
    private int FindClosingLine(ReadOnlySpan<byte> line, int lineEnd, bool isLast)
    {
        int opened = _start + RuleReader.Current.FaultAt.Start.GetOffset(line.Length);
        int limit = opened + 1 + (2 * RulesetLimits.QuotedAcrossLines) + 2;
        if (limit > _end && !isLast)
        {
            return 0;
        }

        for (int i = lineEnd; i < Math.Min(limit, _end); i++)
        {
            if (_buffer[i] == '\\')
            {
                i++;
            }
            else if (_buffer[i] == '"')
            {
                if (i + 1 < _end && _buffer[i + 1] is not ((byte)' ' or (byte)'\n' or (byte)'\r'))
                {
                    return -1;
                }

                int rest = _buffer.AsSpan(i, _end - i).IndexOf((byte)'\n');
                return rest >= 0 ? i + rest : isLast || _end - _start > RulesetLimits.Line ? -1 : 0;
            }
        }

        return -1;
    }

    private void LearnFamily(ReadOnlySpan<byte> line)
    {
        RuleReader.Current.TryRead(line, null, out var content);
        foreach (var match in content?.Matches ?? [])
        {
            if (match is AddressMatch { Family: var family })
            {
                _table!.Family = family;
                return;
            }

            if (match.Name is "icmp6" or "ipv6header" or "hl" or "frag" or "rt" or "mh" or "hbh" or "dst" or "srh" or "eui64"
                || match is ProtocolMatch { Protocol: IPProtocolName.IcmpV6, Negated: false })
            {
                _table!.Family = IPFamily.IPv6;
                return;
            }

            if (match.Name is "icmp" or "ttl" or "realm")
            {
                _table!.Family = IPFamily.IPv4;
                return;
            }
        }
    }

    private void ReadComment(ReadOnlySpan<byte> text)
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
            Notice($"{_options.Source}: {Printable.Text(RulesetText.Decode(text[2..]), 200)}");
        }
    }

    private void LineProblem(RuleFault fault, ReadOnlySpan<byte> word, ReadOnlySpan<byte> line)
    {
        string why = fault switch
        {
            RuleFault.UnclosedQuote => Messages.RuleUnclosedQuote,
            RuleFault.MissingValue => Messages.RuleMissingValue,
            RuleFault.StrayWord => Messages.RuleStrayWord,
            RuleFault.StrayOption => Messages.RuleStrayOption,
            RuleFault.SecondTarget => Messages.RuleSecondTarget,
            _ => Messages.RuleNotARule,
        };
        string shown = Printable.Text(RulesetText.Decode(word[..Math.Min(word.Length, 60)]), 40);
        Problem(nameof(Messages.RulesetLineInvalid), string.Format(CultureInfo.InvariantCulture, why, shown), Printable.Text(RulesetText.Decode(line[..Math.Min(line.Length, 200)]), 120));
    }

    private void Problem(string id, params object[] arguments)
    {
        if (++_problemCount > RulesetLimits.Problems)
        {
            return;
        }

        var place = new SourceLine(Printable.Text(_options.Source), _line);
        var problem = NodeException.Create(Messages.ResourceManager, id, NodeErrorCategory.InvalidData, [place, .. arguments]);
        problem.Subject = place.ToString();
        Tell(problem);
    }

    private void Tell(NodeException problem)
    {
        if (_options.OnProblem is { } onProblem)
        {
            onProblem(problem);
        }
        else
        {
            _problems.Add(problem);
        }
    }

    private void Notice(string text)
    {
        if (_notices.Count < RulesetLimits.Problems)
        {
            _notices.Add(text);
        }
    }

    private static bool IsAppend(ReadOnlySpan<byte> text)
    {
        if (text[0] == '[')
        {
            Word(text, out text);
        }

        return Word(text, out _) is var command && (command.SequenceEqual("-A"u8) || command.SequenceEqual("--append"u8));
    }

    private static bool IsVerdict(ReadOnlySpan<byte> target) =>
        target.SequenceEqual("ACCEPT"u8) || target.SequenceEqual("DROP"u8) || target.SequenceEqual("RETURN"u8) || target.SequenceEqual("QUEUE"u8);

    private static bool IsNamed(NetfilterChain chain, ReadOnlySpan<byte> name) =>
        chain.Name.Length == name.Length && Ascii.Equals(name, chain.Name);

    private static ReadOnlySpan<byte> Word(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> rest)
    {
        text = text.TrimStart(" \t"u8);
        int end = text.IndexOfAny((byte)' ', (byte)'\t');
        rest = end < 0 ? default : text[end..];
        return end < 0 ? text : text[..end];
    }
}
