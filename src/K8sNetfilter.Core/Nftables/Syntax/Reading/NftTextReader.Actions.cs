namespace K8sNetfilter.Nftables.Syntax.Reading;

/// <summary>Statements that do something with a packet.</summary>
internal ref partial struct NftTextReader
{
    private LogSyntax? ReadLog()
    {
        _lexer.Next();
        var log = new LogSyntax();
        while (_lexer.Current.Kind == TokenKind.Word)
        {
            if (TakeWord("prefix"))
            {
                log = log with { Prefix = TakeName() };
            }
            else if (TakeWord("level"))
            {
                log = log with { Level = TakeName() };
            }
            else if (TakeWord("group"))
            {
                log = log with { Group = TakeNumber(out ulong group) ? (int)Math.Min(group, ushort.MaxValue) : null };
            }
            else if (TakeWord("snaplen"))
            {
                log = log with { Snaplen = TakeNumber(out ulong length) ? (uint)Math.Min(length, uint.MaxValue) : null };
            }
            else if (TakeWord("queue-threshold"))
            {
                log = log with { QueueThreshold = TakeNumber(out ulong threshold) ? (int)Math.Min(threshold, ushort.MaxValue) : null };
            }
            else if (TakeWord("flags"))
            {
                if (ReadLogFlags() is not { } flags)
                {
                    return null;
                }

                log = log with { Flags = LogFlags.InOrder([.. log.Flags, .. flags]) };
            }
            else
            {
                break;
            }
        }

        return _reason is null ? log : null;
    }

    // "tcp sequence,options", "ip options", "skuid", "ether", "all"
    private List<string>? ReadLogFlags()
    {
        string? group = TakeName();
        var flags = new List<string>();
        if (group is not ("tcp" or "ip"))
        {
            return group is "skuid" or "ether" or "all" ? [group] : Fail<List<string>>($"\"{group}\" is not a known flag of log");
        }

        do
        {
            flags.Add($"{group} {TakeName()}");
        }
        while (TakeMark(","));
        return flags;
    }

    // reject with icmp type host-unreachable, reject with tcp reset
    private RejectSyntax? ReadReject()
    {
        _lexer.Next();
        if (!TakeWord("with"))
        {
            return new(null, null);
        }

        string? kind = TakeName();
        if (kind == "tcp")
        {
            return TakeWord("reset") ? new("tcp reset", null) : Fail<RejectSyntax>("\"tcp reset\" is expected");
        }

        TakeWord("type");
        var type = kind switch { "icmp" => DataTypes.IcmpCode, "icmpv6" => DataTypes.IcmpV6Code, "icmpx" => DataTypes.IcmpXCode,
            _ => null };
        return type is null ? Fail<RejectSyntax>($"\"{kind}\" is not a known kind of reject") : ReadValue(type) is { } code ? new(kind,
            code) : null;
    }

    private QueueSyntax? ReadQueue()
    {
        _lexer.Next();
        IReadOnlyList<string> flags = TakeWord("flags") ? TakeWords() : [];
        ExpressionSyntax? number = new ValueSyntax(DataTypes.Integer, 0);
        if (TakeWord("to") || TakeWord("num"))
        {
            number = ReadValue(DataTypes.Integer);
        }

        while (_lexer.IsWord("bypass") || _lexer.IsWord("fanout"))
        {
            flags = [.. flags, .. TakeWords()];
        }

        return number is null ? null : new(number, [.. ((string[])["bypass", "fanout"]).Where(flags.Contains)]);
    }

    private DupSyntax? ReadDup()
    {
        _lexer.Next();
        if (!TakeWord("to"))
        {
            return Fail<DupSyntax>("\"to\" is expected");
        }

        if (_table?.Family is not ("ip" or "ip6" or "inet"))
        {
            return ReadMapped(DataTypes.Interface) is { } only ? new(null, only) : null;
        }

        if (ReadNatAddress() is not { } address)
        {
            return null;
        }

        ExpressionSyntax? device = null;
        return TakeWord("device") && (device = ReadMapped(DataTypes.Interface)) is null ? null : new(address, device);
    }

    private ForwardSyntax? ReadForward()
    {
        _lexer.Next();
        string? family = _lexer.IsWord("ip") || _lexer.IsWord("ip6") ? TakeName() : null;
        if (!TakeWord("to"))
        {
            return Fail<ForwardSyntax>("\"to\" is expected");
        }

        if (family is null)
        {
            return ReadMapped(DataTypes.Interface) is { } only ? new(null, null, only) : null;
        }

        return ReadNatAddress() is { } address && TakeWord("device") && ReadMapped(DataTypes.Interface) is { } device ? new(family,
            address, device)
            : Fail<ForwardSyntax>("the address or device is not understood");
    }

    private FlowSyntax? ReadFlow()
    {
        _lexer.Next();
        if (!TakeWord("add") && !TakeWord("offload"))
        {
            return Fail<FlowSyntax>("\"add\" is expected");
        }

        return TakeMark("@") && TakeName() is { } name ? new(name) : Fail<FlowSyntax>("the flowtable is missing");
    }

    // update @s { ip saddr . tcp dport timeout 1m counter : 10.0.0.1 }
    private SetStatementSyntax? ReadSetStatement()
    {
        string operation = TakeName()!;
        if (!TakeMark("@") || TakeName() is not { } set || !TakeMark("{"))
        {
            return Fail<SetStatementSyntax>("the set and its element are expected");
        }

        SkipSeparators();
        ElementDetails? details = null;
        if (ReadConcatenation() is not { } key || !ReadDetails(ref details))
        {
            return null;
        }

        ExpressionSyntax? data = null;
        if (TakeMark(":"))
        {
            var type = _table?.FindSet(set)?.Head.Data;
            data = type is not null ? ReadMappedKey(type) : ReadConcatenation();
            if (data is null)
            {
                return null;
            }
        }

        SkipSeparators();
        return Expect("}") ? new(operation, set, new(key, data) { Details = details }) : null;
    }

    private StatementSyntax? ReadSynproxyStatement()
    {
        _lexer.Next();
        return TakeWord("name") ? ReadObjectName("synproxy") : ReadSynproxy(false);
    }

    // mss 1460 wscale 7 timestamp sack-perm; in an object there are lines between them
    private SynproxySyntax? ReadSynproxy(bool lines)
    {
        ulong mss = 0, scale = 0;
        bool hasMss = false, hasScale = false;
        var flags = new List<string>();
        while (true)
        {
            if (lines)
            {
                SkipSeparators();
            }

            if (TakeWord("mss"))
            {
                hasMss = TakeNumber(out mss);
            }
            else if (TakeWord("wscale"))
            {
                hasScale = TakeNumber(out scale);
            }
            else if (_lexer.IsWord("timestamp") || _lexer.IsWord("sack-perm"))
            {
                flags.Add(TakeName()!);
            }
            else
            {
                break;
            }
        }

        return mss <= ushort.MaxValue && scale <= byte.MaxValue ? new(hasMss ? (ushort)mss : null, hasScale ? (byte)scale : null, flags)
            : Fail<SynproxySyntax>("a number of synproxy is too large");
    }

    private ResetOptionSyntax? ReadReset()
    {
        _lexer.Next();
        return TakeWord("tcp") && TakeWord("option") && ReadOptionHeader(OptionKind.Tcp) is { } option ? new(option)
            : Fail<ResetOptionSyntax>("\"tcp option\" and its name are expected");
    }
}
