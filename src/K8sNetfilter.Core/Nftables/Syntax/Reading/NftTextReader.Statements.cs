namespace K8sNetfilter.Nftables.Syntax.Reading;

/// <summary>Rules and their statements.</summary>
internal ref partial struct NftTextReader
{
    /// <summary>Reads a rule to the end of its line; one that is not understood is kept as text.</summary>
    private RuleSyntax ReadRule(int line)
    {
        int start = _lexer.Current.Start;
        var statements = new List<StatementSyntax>();
        string? comment = null;
        while (_lexer.Current.Kind is not (TokenKind.Separator or TokenKind.End) && !_lexer.IsMark("}"))
        {
            if (_lexer.IsWord("comment"))
            {
                _lexer.Next();
                comment = TakeName();
                continue;
            }

            if (ReadStatement() is not { } statement)
            {
                string raw = Skip(start);
                int mark = raw.LastIndexOf(" # handle ", StringComparison.Ordinal);
                return new([]) { Raw = mark > 0 ? raw[..mark].TrimEnd() : raw, Line = line, Handle = _lexer.TakeHandle() };
            }

            statements.Add(statement);
        }

        return new(statements) { Comment = comment, Line = line, Handle = _lexer.TakeHandle() };
    }

    private StatementSyntax? ReadStatement()
    {
        if (_lexer.Current.Kind == TokenKind.Word)
        {
            switch (_lexer.Word)
            {
                case "accept" or "drop" or "continue" or "return" or "jump" or "goto" or "break":
                    return ReadVerdictStatement();
                case "counter":
                    return ReadCounter();
                case "limit":
                    return ReadLimitStatement();
                case "quota":
                    return ReadQuotaStatement();
                case "last":
                    return ReadLast();
                case "log":
                    return ReadLog();
                case "reject":
                    return ReadReject();
                case "snat" or "dnat" or "masquerade" or "redirect":
                    return ReadNat();
                case "tproxy":
                    return ReadTproxy();
                case "queue":
                    return ReadQueue();
                case "notrack":
                    _lexer.Next();
                    return new NotrackSyntax();
                case "dup":
                    return ReadDup();
                case "fwd":
                    return ReadForward();
                case "flow":
                    return ReadFlow();
                case "add" or "update" or "delete":
                    return ReadSetStatement();
                case "synproxy":
                    return ReadSynproxyStatement();
                case "reset":
                    return ReadReset();
                case "xt":
                    return Fail<StatementSyntax>("a match or target of iptables is not nft's: add what iptables-save prints");
            }
        }

        return ReadExpressionStatement();
    }

    private StatementSyntax? ReadVerdictStatement()
    {
        int start = _lexer.Current.Start;
        bool jump = _lexer.Word is "jump" or "goto";
        if (jump)
        {
            string verdict = _lexer.Word.ToString();
            _lexer.Next();
            if (_lexer.IsMark("{"))
            {
                return Fail<StatementSyntax>("a chain inside of a rule is not read");
            }

            return TakeName() is { } chain ? new VerdictStatementSyntax(new VerdictSyntax(verdict, chain))
                : Fail<StatementSyntax>($"the chain is missing after \"{_text[start.._lexer.PreviousEnd]}\"");
        }

        return ReadVerdict() is { } read ? new VerdictStatementSyntax(read) : null;
    }

    private ExpressionSyntax? ReadVerdict()
    {
        if (_lexer.Current.Kind != TokenKind.Word)
        {
            return Fail<ExpressionSyntax>($"a verdict is expected in place of \"{Shown()}\"");
        }

        string verdict = _lexer.Word.ToString();
        if (verdict is "jump" or "goto")
        {
            _lexer.Next();
            return TakeName() is { } chain ? new VerdictSyntax(verdict,
                chain) : Fail<ExpressionSyntax>("the chain of the verdict is missing");
        }

        if (verdict is not ("accept" or "drop" or "continue" or "return" or "queue" or "break"))
        {
            return Fail<ExpressionSyntax>($"\"{Shown()}\" is no verdict");
        }

        _lexer.Next();
        return new VerdictSyntax(verdict);
    }

    private StatementSyntax? ReadCounter()
    {
        _lexer.Next();
        if (TakeWord("name"))
        {
            return ReadObjectName("counter");
        }

        if (!TakeWord("packets"))
        {
            return new CounterSyntax(null, null);
        }

        return TakeNumber(out ulong packets) && TakeWord("bytes") && TakeNumber(out ulong bytes) ? new CounterSyntax(packets,
            bytes) : null;
    }

    /// <summary>The name of an object, or a map that gives it.</summary>
    private ObjectStatementSyntax? ReadObjectName(string kind)
    {
        if (_lexer.Current.Kind == TokenKind.Quoted)
        {
            return new(kind, new TextSyntax(TakeName()!));
        }

        var saved = _lexer;
        if (ReadConcatenation() is { } key && TakeWord("map") && ReadMapContent(key, DataTypes.Text, kind) is { } map)
        {
            return new(kind, map);
        }

        _lexer = saved;
        _reason = null;
        return TakeName() is { } name ? new(kind,
            new TextSyntax(name)) : Fail<ObjectStatementSyntax>("the name of the object is missing");
    }

    private StatementSyntax? ReadLimitStatement()
    {
        _lexer.Next();
        return TakeWord("name") ? ReadObjectName("limit") : ReadLimit();
    }

    // rate over 10 mbytes/second burst 5 packets
    private LimitSyntax? ReadLimit()
    {
        if (!TakeWord("rate"))
        {
            return Fail<LimitSyntax>("the rate of the limit is missing");
        }

        bool over = TakeWord("over");
        if (!over)
        {
            TakeWord("until");
        }

        // "10/second" is a word; "10 mbytes/second" are two.
        if (_lexer.Current.Kind != TokenKind.Word || TakeRate() is not var (rate, unit, per))
        {
            return Fail<LimitSyntax>($"the rate \"{Shown()}\" is not understood");
        }

        ulong burst = unit is null ? 5UL : 0UL;
        string burstUnit = unit is null ? "packets" : "bytes";
        if (TakeWord("burst"))
        {
            if (!TakeNumber(out burst) || burst > uint.MaxValue || TakeName() is not { } word)
            {
                return Fail<LimitSyntax>("the burst of the limit is not understood");
            }

            burstUnit = word;
        }

        return new(rate, unit, per, over, (uint)burst, burstUnit);
    }

    private (ulong Rate, string? Unit, string Per)? TakeRate()
    {
        var word = _lexer.Word;
        string? unit = null;
        if (word.IndexOf('/') < 0)
        {
            if (!TakeNumber(out ulong number))
            {
                return null;
            }

            word = _lexer.Word;
            int middle = word.IndexOf('/');
            unit = middle < 0 ? word.ToString() : word[..middle].ToString();
            string after = middle < 0 ? "" : word[(middle + 1)..].ToString();
            _lexer.Next();
            if (middle < 0 && !TakeWord("/"))
            {
                return null;
            }

            after = after.Length > 0 ? after : TakeName() ?? "";
            return after.Length > 0 ? (number, unit.Length > 0 ? unit : null, after) : null;
        }

        int slash = word.IndexOf('/');
        string per = word[(slash + 1)..].ToString();
        if (!ulong.TryParse(word[..slash], System.Globalization.CultureInfo.InvariantCulture,
            out ulong rate) || per is not ("second" or "minute" or "hour" or "day" or "week"))
        {
            return null;
        }

        _lexer.Next();
        return (rate, unit, per);
    }

    private StatementSyntax? ReadQuotaStatement()
    {
        _lexer.Next();
        return TakeWord("name") ? ReadObjectName("quota") : ReadQuota();
    }

    // over 25 mbytes used 3 bytes
    private QuotaSyntax? ReadQuota()
    {
        bool over = TakeWord("over");
        if (!over)
        {
            TakeWord("until");
        }

        if (!TakeBytes(out ulong bytes))
        {
            return null;
        }

        ulong used = 0;
        return !TakeWord("used") || TakeBytes(out used) ? new(over, bytes, used) : null;
    }

    private bool TakeBytes(out ulong bytes)
    {
        if (!TakeNumber(out bytes))
        {
            return false;
        }

        ulong factor = TakeName() switch { "bytes" => 1, "kbytes" => 1024, "mbytes" => 1024 * 1024, _ => 0 };
        if (factor == 0 || bytes > ulong.MaxValue / factor)
        {
            return Fail("a number of bytes is expected");
        }

        bytes *= factor;
        return true;
    }

    private LastSyntax? ReadLast()
    {
        _lexer.Next();
        if (!TakeWord("used") || TakeWord("never"))
        {
            return new(null);
        }

        return TakeTime(out var used) ? new(used) : null;
    }
}
