using System.Runtime.CompilerServices;
using K8sNetfilter.Rulesets.Grammar;

namespace K8sNetfilter.Rulesets.Reading;

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
    private readonly ParseDiagnostics _report;
    private readonly RulesetBuilder _sections;
    private readonly int _chunkSize;
    private byte[] _buffer = [];
    private int _start;
    private int _scanned;
    private int _end;
    private bool _skipping;
    private bool _hasEscapes;
    private bool _isShared;

    /// <summary>Makes a reader.</summary>
    public RulesetParser(RulesetParserOptions? options = null)
    {
        _options = options ?? new RulesetParserOptions();
        _report = new ParseDiagnostics(_options);
        _sections = new RulesetBuilder(_options, _report);
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
            _report.Line++;
        }

        if (_start < _end)
        {
            ReadLastLine();
        }

        _sections.Complete();
        _report.Complete();
        return new Ruleset(_sections.Tables, _report.Problems, _report.Notices) { Unread = _sections.Unread, Gaps = _sections.Gaps };
    }

    private void Roll()
    {
        int kept = _end - _start;
        if (kept > RulesetLimits.Line)
        {
            ReportTooLong();
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
                    ReportTooLong();
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
                _report.Line++;
                _start = _scanned = end + 1;
                continue;
            }

            int lines = 1;
            if (end - _start > RulesetLimits.Line)
            {
                ReportTooLong();
            }
            else if (!ReadLine(end, isLast, ref lines, ref end))
            {
                return;
            }

            _report.Line += lines;
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

        if (_report.Line == 1 && length >= 3 && buffer.AsSpan(start, 3).SequenceEqual("\uFEFF"u8))
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
                return ReadRule(buffer, start, length, text, isLast, ref lines, ref end);
            case (byte)':':
                _sections.ReadChain(text);
                break;
            case (byte)'*':
                _sections.ReadTable(text);
                break;
            case (byte)'#':
                _sections.ReadComment(text);
                break;
            case (byte)'C' when text.TrimEnd(" \t"u8).SequenceEqual("COMMIT"u8):
                _sections.Commit();
                break;
            default:
                if (!_sections.TryReadPrompt(text))
                {
                    _report.LineProblem(RuleSyntaxError.NotARule, text, text);
                    _sections.TaintTable();
                }

                break;
        }

        return true;
    }

    private void ReportTooLong()
    {
        _report.Problem(nameof(Messages.RulesetLineTooLong), RulesetLimits.Line);
        _sections.TaintTable();
    }

    private void ReadLastLine()
    {
        int lines = 1, end = _end;
        var text = _buffer.AsSpan(_start, _end - _start).Trim(" \t\r"u8);
        bool isCut = _sections.Table is not null && !_sections.IsListing && !text.IsEmpty && text[0] != '#'
            && !text.SequenceEqual("COMMIT"u8);
        if (_end - _start > RulesetLimits.Line)
        {
            ReportTooLong();
        }
        else if (!isCut)
        {
            ReadLine(_end, isLast: true, ref lines, ref end);
        }

        _start = _end;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool ReadRule(byte[] buffer, int start, int length, ReadOnlySpan<byte> text, bool isLast, ref int lines, ref int end)
    {
        if (text.Length > 1 && text[0] == '-' && text[1] is (byte)'P' or (byte)'N' && _sections.TryReadListing(text))
        {
            return true;
        }

        _sections.OpenListed();
        var line = buffer.AsSpan(start, length);
        var fault = RuleSyntaxError.None;
        if (!RuleLineScanner.TryScan(line, out var scan))
        {
            fault = RuleParser.Current.TryScan(line, out scan);
        }

        if (fault == RuleSyntaxError.UnclosedQuote && buffer == _buffer
            && !TryCloseQuotes(start, isLast, ref line, ref fault, ref scan, ref lines, ref end))
        {
            return false;
        }

        if (_sections.Table is null && (fault == RuleSyntaxError.None || LineTokens.IsAppend(text)))
        {
            _report.Problem(nameof(Messages.RulesetNoTable), "unknown");
            _sections.OpenNameless();
        }

        if (fault == RuleSyntaxError.None)
        {
            AddRule(buffer, start, line, scan);
        }
        else if (text[0] != '[' || !_sections.TryReadPrompt(text))
        {
            _sections.CountFaulty(text);
            var at = RuleParser.Current.FaultAt;
            _report.LineProblem(fault, line[at], line);
        }

        return true;
    }

    private void AddRule(byte[] buffer, int start, ReadOnlySpan<byte> line, in RuleSpans scan)
    {
        var chain = _sections.Count(line, scan, out var jumpsTo);
        if (!chain.IsWanted || _options.ChainsOnly)
        {
            return;
        }

        _isShared = true;
        if (_options.OnRule is { } onRule)
        {
            var rule = new NetfilterRule(chain, chain.RuleCount, buffer, start, line.Length, jumpsTo);
            rule.IsUnread = _options.IsUnread?.Invoke(rule) == true;
            onRule(rule);
        }
        else
        {
            chain.Add(buffer, start, line.Length, jumpsTo, _report.Line);
        }
    }

    // Reads a rule whose strings go on in the next lines. False if more bytes are needed to know.
    private bool TryCloseQuotes(
        int start, bool isLast, ref Span<byte> line, ref RuleSyntaxError fault, ref RuleSpans scan, ref int lines, ref int end)
    {
        for (int strings = 0; fault == RuleSyntaxError.UnclosedQuote && strings < RulesetLimits.StringsAcrossLines; strings++)
        {
            int closing = FindClosingLine(line, end, isLast);
            if (closing <= 0)
            {
                return closing < 0;
            }

            lines += _buffer.AsSpan(end, closing - end).Count((byte)'\n');
            end = closing;
            line = _buffer.AsSpan(start, closing - start);
            line = line[^1] == '\r' ? line[..^1] : line;
            fault = RuleParser.Current.TryScan(line, out scan);
        }

        return true;
    }

    // iptables-save writes a line feed within a comment as it is, so that a comment can look like rules of its own. It is one where the
    // string is closed within the longest comment there can be, at the end of a word. Gives the end of the line on which the rule ends;
    // 0 where more bytes are needed to know, -1 where it is not so.
    private int FindClosingLine(ReadOnlySpan<byte> line, int lineEnd, bool isLast)
    {
        int opened = _start + RuleParser.Current.FaultAt.Start.GetOffset(line.Length);
        int limit = opened + 1 + (2 * RulesetLimits.QuotedAcrossLines) + 2;
        if (limit > _end && !isLast)
        {
            return 0;
        }

        int closing = RuleWords.Close(_buffer.AsSpan(0, Math.Min(limit, _end)), lineEnd);
        if (closing < 0 || (closing + 1 < _end && _buffer[closing + 1] is not ((byte)' ' or (byte)'\n' or (byte)'\r')))
        {
            return -1;
        }

        int rest = _buffer.AsSpan(closing, _end - closing).IndexOf((byte)'\n');
        return rest >= 0 ? closing + rest : isLast || _end - _start > RulesetLimits.Line ? -1 : 0;
    }
}
