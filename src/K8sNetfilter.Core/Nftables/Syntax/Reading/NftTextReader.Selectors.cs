namespace K8sNetfilter.Nftables.Syntax.Reading;

/// <summary>What is loaded from a packet, and operations on it.</summary>
internal ref partial struct NftTextReader
{
    /// <summary>Expressions with dots between them: ip saddr . tcp dport.</summary>
    private ExpressionSyntax? ReadConcatenation()
    {
        var first = ReadBinary(null, 0);
        if (first is null || !_lexer.IsWord("."))
        {
            return first;
        }

        var parts = new List<ExpressionSyntax> { first };
        while (TakeWord("."))
        {
            if (ReadBinary(null, 0) is not { } part)
            {
                return null;
            }

            parts.Add(part);
        }

        return new ConcatenationSyntax(DataType.Concatenation([.. parts.Select(p => p.Type)]), parts);
    }

    /// <summary>An operation on bits, or what one works on.</summary>
    /// <param name="type">The type of a value; null if something is loaded first, which has the type of the values then.</param>
    /// <param name="level">The lowest level of operator that is taken: 0 for |, 1 for ^, 2 for &amp;, 3 for shifts.</param>
    private ExpressionSyntax? ReadBinary(DataType? type, int level)
    {
        if (++_depth > MaxDepth)
        {
            _depth--;
            return Fail<ExpressionSyntax>("expressions are in each other too deep");
        }

        var left = type is null ? ReadSelector() : ReadPrimary(type);
        while (left is not null && LevelOf(out string operation) is var found && found >= level)
        {
            _lexer.Next();
            var right = ReadBinary(found == 3 ? DataTypes.Integer : left.Type, found + 1);
            left = right is null ? null : new BinarySyntax(operation, left, right);
        }

        _depth--;
        return left;
    }

    private readonly int LevelOf(out string operation)
    {
        operation = "";
        if (_lexer.Current.Kind is not (TokenKind.Mark or TokenKind.Word))
        {
            return -1;
        }

        (operation, int level) = _lexer.Word switch
        {
            "|" or "or" => ("|", 0),
            "^" or "xor" => ("^", 1),
            "&" or "and" => ("&", 2),
            "<<" or "lshift" => ("<<", 3),
            ">>" or "rshift" => (">>", 3),
            _ => ("", -1),
        };
        return level;
    }

    /// <summary>Whether the word begins something that is loaded.</summary>
    private readonly bool IsSelector() =>
        _lexer.IsMark("@") || (_lexer.Current.Kind == TokenKind.Word && (IsPlainMeta(_lexer.Word) || _lexer.Word is
        "meta" or "ct" or "rt" or "socket" or "osf" or "fib" or "numgen" or "jhash" or "symhash" or "exthdr" or "ipsec" or "ip" or
            "ip6" or "tcp" or "udp" or
        "udplite" or "sctp" or "dccp" or "th" or "icmp" or "icmpv6" or "igmp" or "ether" or "vlan" or "arp" or "ah" or "esp" or "comp" or
            "gre" or "hbh" or "rt0" or
        "rt2" or "srh" or "frag" or "dst" or "mh"));

    // The keys of meta that nft takes without "meta".
    private static bool IsPlainMeta(ReadOnlySpan<char> word) =>
        word is "mark" or "iif" or "iifname" or "iiftype" or "iifgroup" or "oif" or "oifname" or "oiftype" or
        "oifgroup" or "skuid" or "skgid" or "nftrace" or "rtclassid" or "ibrname" or "obrname" or "ibriport" or "obriport" or "pkttype" or
            "cpu" or "cgroup";

    private ExpressionSyntax? ReadSelector()
    {
        if (TakeMark("("))
        {
            var inner = ReadBinary(null, 0);
            return inner is not null && Expect(")") ? inner : null;
        }

        if (TakeMark("@"))
        {
            return ReadRawPayload();
        }

        if (!IsSelector())
        {
            return Fail<ExpressionSyntax>($"\"{Shown()}\" is no statement or expression that is known");
        }

        string word = TakeName()!;
        return word switch
        {
            "meta" => ReadMeta(),
            "ct" => ReadCt(),
            "rt" => ReadRt(),
            "socket" => ReadSocket(),
            "osf" => ReadOsf(),
            "fib" => ReadFib(),
            "numgen" => ReadNumgen(),
            "jhash" or "symhash" => ReadHash(word == "symhash"),
            "exthdr" => ReadOptionHeader(OptionKind.Ip6Header) is { } header ? new OptionSyntax(header, null) : null,
            "ipsec" => ReadIPsec(),
            "hbh" or "rt0" or "rt2" or "srh" or "frag" or "dst" or "mh" => ReadOptionField(OptionFields.Find(OptionKind.Ip6Header,
                word)!),
            "tcp" or "ip" when TakeWord("option") => ReadOption(word == "tcp" ? OptionKind.Tcp : OptionKind.Ip),
            "sctp" when TakeWord("chunk") => ReadOption(OptionKind.SctpChunk),
            "dccp" when TakeWord("option") => ReadOption(OptionKind.Dccp),
            _ when HeaderFields.IsHeader(word) => ReadHeaderField(word),
            _ => SelectorKeys.Meta(word) is { } key ? new MetaSyntax(key)
                : Fail<ExpressionSyntax>($"\"{word}\" is not a known key of meta"),
        };
    }

    private ExpressionSyntax? ReadHeaderField(string header)
    {
        string name = TakeName() ?? "";
        if (header == "arp" && name is "saddr" or "daddr" && _lexer.Current.Kind == TokenKind.Word)
        {
            name = string.Concat(name, " ", _lexer.Word);
            _lexer.Next();
        }

        return HeaderFields.Find(header, name) is { } field ? new PayloadSyntax(field)
            : Fail<ExpressionSyntax>($"{header} has no field \"{name}\" that is known");
    }

    // @nh,32,16
    private RawPayloadSyntax? ReadRawPayload()
    {
        HeaderBase? from = TakeName() switch
        {
            "ll" => HeaderBase.Link, "nh" => HeaderBase.Network, "th" => HeaderBase.Transport, "ih" => HeaderBase.Inner, _ => null,
        };
        if (from is null || !TakeMark(",") || !TakeNumber(out ulong offset) || !TakeMark(",") || !TakeNumber(out ulong length))
        {
            return Fail<RawPayloadSyntax>("@base,offset,length is expected");
        }

        return offset <= 65536 && length is > 0 and <= 128 ? new(from.Value, (int)offset,
            (int)length) : Fail<RawPayloadSyntax>("only up to 128 bits of a packet are read");
    }

    private MetaSyntax? ReadMeta()
    {
        string name = TakeName() ?? "";
        name = name switch { "ibriport" => "ibrname", "obriport" => "obrname", "secpath" => "ipsec", _ => name };
        return SelectorKeys.Meta(name) is { } key ? new(key) : Fail<MetaSyntax>($"\"{name}\" is not a known key of meta");
    }

    // ct original ip saddr
    private CtSyntax? ReadCt()
    {
        string name = TakeName() ?? "";
        string? direction = null;
        if (name is "original" or "reply")
        {
            direction = name;
            name = TakeName() ?? "";
        }

        if (name is "ip" or "ip6" && _lexer.Current.Kind == TokenKind.Word)
        {
            name = string.Concat(name, " ", _lexer.Word);
            _lexer.Next();
        }
        else if (name is "saddr" or "daddr")
        {
            // As older versions of nft write it: the family is that of the table.
            name = (_table?.Family == "ip6" ? "ip6 " : "ip ") + name;
        }

        return SelectorKeys.Ct(name) is { } key ? new(key, direction) : Fail<CtSyntax>($"\"{name}\" is not a known key of ct");
    }

    private ExpressionSyntax? ReadRt()
    {
        string name = TakeName() ?? "";
        if (OptionFields.Find(OptionKind.Ip6Header, "rt")!.Find(name) is { } field)
        {
            return new OptionSyntax(OptionFields.Find(OptionKind.Ip6Header, "rt")!, field);
        }

        if (name is "ip" or "ip6")
        {
            name = $"{name} {TakeName()}";
        }
        else if (name == "nexthop")
        {
            name = _table?.Family == "ip6" ? "ip6 nexthop" : "ip nexthop";
        }

        return SelectorKeys.Rt(name) is { } key ? new RtSyntax(key) : Fail<ExpressionSyntax>($"\"{name}\" is not a known key of rt");
    }

    private SocketSyntax? ReadSocket()
    {
        string name = TakeName() ?? "";
        if (SelectorKeys.Socket(name) is not { } key)
        {
            return Fail<SocketSyntax>($"\"{name}\" is not a known key of socket");
        }

        ulong level = 0;
        return !TakeWord("level") || TakeNumber(out level) ? new(key, (int)Math.Min(level, 255)) : null;
    }

    private OsfSyntax? ReadOsf()
    {
        string? ttl = TakeWord("ttl") ? TakeName() : null;
        return TakeWord("name") ? new(ttl, false) : TakeWord("version") ? new(ttl,
            true) : Fail<OsfSyntax>("\"name\" or \"version\" is expected");
    }

    // fib saddr . iif oif
    private FibSyntax? ReadFib()
    {
        var inputs = new List<string>();
        do
        {
            string input = TakeName() ?? "";
            if (input is not ("saddr" or "daddr" or "mark" or "iif" or "oif"))
            {
                return Fail<FibSyntax>($"\"{input}\" is nothing that fib takes");
            }

            inputs.Add(input);
        }
        while (TakeWord("."));

        string result = TakeName() ?? "";
        bool exists = result is "oif" or "check" && (_lexer.IsWord("exists") || _lexer.IsWord("missing"));
        var type = exists || result == "check" ? DataTypes.Boolean
            : result switch { "oif" => DataTypes.Interface, "oifname" => DataTypes.InterfaceName, "type" => DataTypes.FibAddressType,
                _ => null };
        return type is null
            ? Fail<FibSyntax>($"\"{result}\" is not a known result of fib") : new(type, [.. FibInputs.Where(inputs.Contains)],
            result == "check" ? "oif" : result);
    }

    private static IReadOnlyList<string> FibInputs => ["saddr", "daddr", "mark", "iif", "oif"];

    // numgen random mod 2 offset 5
    private NumgenSyntax? ReadNumgen()
    {
        string mode = TakeName() ?? "";
        ulong offset = 0;
        return mode is "inc" or "random" && TakeWord("mod") && TakeNumber(out ulong modulus) && (!TakeWord("offset")
            || TakeNumber(out offset))
            ? new(mode, (uint)modulus, (uint)offset) : Fail<NumgenSyntax>("numgen is not understood");
    }

    // jhash ip saddr . tcp dport mod 7 seed 0x3 offset 4
    private HashSyntax? ReadHash(bool symmetric)
    {
        if (++_depth > MaxDepth)
        {
            return Fail<HashSyntax>("expressions are in each other too deep");
        }

        ExpressionSyntax? input = null;
        if (!symmetric && (input = ReadConcatenation()) is null)
        {
            return null;
        }

        _depth--;
        ulong offset = 0;
        uint? seed = null;
        if (!TakeWord("mod") || !TakeNumber(out ulong modulus))
        {
            return Fail<HashSyntax>("the modulus of the hash is missing");
        }

        if (TakeWord("seed"))
        {
            if (!TakeNumber(out ulong number))
            {
                return null;
            }

            seed = (uint)number;
        }

        return !TakeWord("offset") || TakeNumber(out offset) ? new(input, (uint)modulus, seed, (uint)offset) : null;
    }

    // ipsec in spnum 1 ip saddr
    private ExpressionSyntax? ReadIPsec()
    {
        if (_lexer.IsWord("exists") || _lexer.IsWord("missing"))
        {
            return new MetaSyntax(SelectorKeys.Meta("ipsec")!);
        }

        string direction = TakeName() ?? "";
        ulong number = 0;
        if (direction is not ("in" or "out") || (TakeWord("spnum") && !TakeNumber(out number)))
        {
            return Fail<ExpressionSyntax>("ipsec is not understood");
        }

        string name = TakeName() ?? "";
        name = name is "ip" or "ip6" ? $"{name} {TakeName()}" : name;
        return SelectorKeys.IPsec(name) is { } key ? new IPsecSyntax(direction, (uint)number,
            key) : Fail<ExpressionSyntax>($"\"{name}\" is not a known key of ipsec");
    }
}
