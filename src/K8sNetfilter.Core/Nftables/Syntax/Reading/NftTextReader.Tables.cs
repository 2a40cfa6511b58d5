using System.Globalization;

namespace K8sNetfilter.Nftables.Syntax.Reading;

/// <summary>Tables and what is in them.</summary>
internal ref partial struct NftTextReader
{
    private bool ReadTable()
    {
        _lexer.Next();
        string family = TakeFamily() ?? "ip";
        if (TakeName() is not { } name)
        {
            return Fail("the table has no name");
        }

        var table = _ruleset.Table(family, name);
        if (!_lexer.IsMark("{"))
        {
            return EndOfCommand();
        }

        _lexer.Next();
        _table = table;
        if (_lexer.TakeHandle() is > 0 and var handle)
        {
            table.Handle = handle;
        }

        while (!_lexer.IsMark("}"))
        {
            if (_lexer.Current.Kind == TokenKind.End)
            {
                return Fail("the table does not end: \"}\" is missing");
            }

            if (_lexer.Current.Kind == TokenKind.Separator)
            {
                _lexer.Next();
                continue;
            }

            int start = _lexer.Current.Start;
            if (!ReadTablePart())
            {
                Skip(start);
                if (_lexer.Current.Start == start)
                {
                    _lexer.Next();
                }
            }
        }

        _lexer.Next();
        _table = null;
        return EndOfCommand();
    }

    private bool ReadTablePart()
    {
        if (TakeWord("comment"))
        {
            _table!.Comment = _lexer.Word.ToString();
            _lexer.Next();
            return true;
        }

        if (TakeWord("flags"))
        {
            _table!.Flags = TakeWords();
            return true;
        }

        if (_lexer.Current.Kind != TokenKind.Word)
        {
            return Fail($"\"{Shown()}\" is not expected in a table");
        }

        string kind = _lexer.Word.ToString();
        _lexer.Next();
        if (kind == "ct" && _lexer.Current.Kind == TokenKind.Word)
        {
            kind = string.Concat("ct ", _lexer.Word);
            _lexer.Next();
        }

        return TakeName() is { } name ? ReadMember(kind, name) : Fail($"the {kind} has no name");
    }

    private bool ReadMember(string kind, string name)
    {
        if (!Expect("{"))
        {
            return false;
        }

        return kind switch
        {
            "chain" => ReadChain(name),
            "set" => ReadSet(name, false),
            "map" => ReadSet(name, true),
            "flowtable" => ReadFlowtable(name),
            "counter" or "quota" or "limit" or "synproxy" or "secmark" or "ct helper" or "ct timeout" or "ct expectation" =>
                ReadObject(kind, name),
            _ => Fail($"\"{kind}\" is nothing of a table that is read"),
        };
    }

    private List<string> TakeWords()
    {
        var words = new List<string>();
        while (_lexer.Current.Kind == TokenKind.Word)
        {
            words.Add(_lexer.Word.ToString());
            _lexer.Next();
            if (!TakeMark(","))
            {
                break;
            }
        }

        return words;
    }

    private bool ReadChain(string name)
    {
        var chain = _table!.Chain(name);
        if (_lexer.TakeHandle() is > 0 and var handle)
        {
            chain.Head = chain.Head with { Handle = handle };
        }

        while (!TakeMark("}"))
        {
            if (_lexer.Current.Kind == TokenKind.End)
            {
                return Fail($"the chain {name} does not end: \"}}\" is missing");
            }

            if (_lexer.Current.Kind == TokenKind.Separator)
            {
                _lexer.Next();
            }
            else if (chain.Rules.Count == 0 && ReadChainHead(chain))
            {
                continue;
            }
            else
            {
                chain.Rules.Add(ReadRule(Line()));
            }
        }

        return true;
    }

    private bool ReadChainHead(ChainBuilder chain)
    {
        if (_lexer.IsWord("type"))
        {
            int start = _lexer.Current.Start;
            if (ReadHook() is { } hook)
            {
                chain.Head = chain.Head with { Hook = hook };
            }
            else
            {
                Skip(start);
            }

            return true;
        }

        if (_lexer.IsWord("comment"))
        {
            _lexer.Next();
            chain.Head = chain.Head with { Comment = _lexer.Word.ToString() };
            _lexer.Next();
            return true;
        }

        if (_lexer.IsWord("policy") && chain.Head.Hook is { } known)
        {
            _lexer.Next();
            chain.Head = chain.Head with { Hook = known with { Policy = TakeName() } };
            return true;
        }

        if (_lexer.IsWord("flags") && chain.Head.Hook is { } base_)
        {
            _lexer.Next();
            chain.Head = chain.Head with { Hook = base_ with { IsOffloaded = TakeWords().Contains("offload") } };
            return true;
        }

        return false;
    }

    // type filter hook input device "eth0" priority filter - 10; policy accept;
    private HookSyntax? ReadHook()
    {
        _lexer.Next();
        if (TakeName() is not { } type || !TakeWord("hook") || TakeName() is not { } hook)
        {
            return Fail<HookSyntax>("the hook of the chain is not understood");
        }

        IReadOnlyList<string> devices = [];
        if (TakeWord("device"))
        {
            devices = TakeName() is { } device ? [device] : [];
        }
        else if (TakeWord("devices"))
        {
            devices = TakeDevices();
        }

        if (!TakeWord("priority") || ReadPriority(_table!.Family, hook) is not { } priority)
        {
            return Fail<HookSyntax>("the priority of the chain is not understood");
        }

        return new(type, hook, priority) { Devices = devices };
    }

    private List<string> TakeDevices()
    {
        TakeMark("=");
        var devices = new List<string>();
        if (TakeMark("{"))
        {
            SkipSeparators();
            while (TakeName() is { } device)
            {
                devices.Add(device);
                TakeMark(",");
                SkipSeparators();
            }

            Expect("}");
        }

        return devices;
    }

    private int? ReadPriority(string family, string hook)
    {
        int priority = 0;
        if (_lexer.Current.Kind != TokenKind.Word)
        {
            return null;
        }

        if (int.TryParse(_lexer.Word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number))
        {
            _lexer.Next();
            return number;
        }

        if (_lexer.Word is not "-")
        {
            if (Priorities.Find(_lexer.Word.ToString(), family, hook) is not { } named)
            {
                return null;
            }

            priority = named;
            _lexer.Next();
        }

        int sign = TakeMark("+") ? 1 : TakeWord("-") ? -1 : 0;
        if (sign == 0)
        {
            return int.TryParse(_lexer.Word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture,
                out int offset) && Advance() ? priority + offset : priority;
        }

        return TakeNumber(out ulong distance) && distance < int.MaxValue / 2 ? priority + (sign * (int)distance) : null;
    }

    private bool Advance()
    {
        _lexer.Next();
        return true;
    }

    private bool ReadFlowtable(string name)
    {
        var flowtable = new FlowtableSyntax(name);
        while (!TakeMark("}"))
        {
            if (_lexer.TakeHandle() is > 0 and var handle)
            {
                flowtable = flowtable with { Handle = handle };
            }

            if (_lexer.Current.Kind == TokenKind.Separator)
            {
                _lexer.Next();
            }
            else if (TakeWord("hook"))
            {
                if (TakeName() is not { } hook || !TakeWord("priority") || ReadPriority("netdev", hook) is not { } priority)
                {
                    return Fail("the hook of the flowtable is not understood");
                }

                flowtable = flowtable with { Priority = priority };
            }
            else if (TakeWord("devices"))
            {
                flowtable = flowtable with { Devices = TakeDevices() };
            }
            else if (TakeWord("flags"))
            {
                flowtable = flowtable with { IsOffloaded = TakeWords().Contains("offload") };
            }
            else if (TakeWord("counter"))
            {
                flowtable = flowtable with { HasCounter = true };
            }
            else
            {
                return Fail($"\"{Shown()}\" is nothing of a flowtable that is read");
            }
        }

        _table!.Flowtables.Add(flowtable);
        return true;
    }
}
