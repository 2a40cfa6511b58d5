namespace K8sNetfilter.Nftables.Syntax.Reading;

/// <summary>Counters, quotas, limits and the like that have a name.</summary>
internal ref partial struct NftTextReader
{
    private bool ReadObject(string kind, string name)
    {
        ulong handle = _lexer.TakeHandle();
        string? comment = null;
        SkipSeparators();
        if (TakeWord("comment"))
        {
            comment = TakeName();
            SkipSeparators();
        }

        var read = kind switch
        {
            "counter" => ReadCounterObject(name),
            "quota" => ReadQuota() is { } quota ? new StatementObjectSyntax(kind, name, quota) : null,
            "limit" => ReadLimit() is { } limit ? new StatementObjectSyntax(kind, name, limit) : null,
            "synproxy" => ReadSynproxy(true) is { } synproxy ? new StatementObjectSyntax(kind, name, synproxy) : null,
            "secmark" => TakeName() is { } context ? new SecmarkSyntax(name, context) : (ObjectSyntax?)null,
            "ct helper" => ReadCtHelper(name),
            "ct timeout" => ReadCtTimeout(name),
            _ => ReadCtExpectation(name),
        };
        SkipSeparators();
        if (TakeWord("comment"))
        {
            comment = TakeName();
            SkipSeparators();
        }

        if (read is null || !TakeMark("}"))
        {
            return Fail($"the {kind} {name} is not understood at \"{Shown()}\"");
        }

        _table!.Objects.Add(read with { Handle = handle, Comment = comment });
        return true;
    }

    private StatementObjectSyntax ReadCounterObject(string name)
    {
        ulong packets = 0, bytes = 0;
        bool counted = TakeWord("packets") && TakeNumber(out packets) && TakeWord("bytes") && TakeNumber(out bytes);
        return new("counter", name, new CounterSyntax(counted ? packets : null, counted ? bytes : null));
    }

    // type "ftp" protocol tcp; l3proto ip
    private CtHelperSyntax? ReadCtHelper(string name)
    {
        string? helper = null, protocol = null, layer3 = null;
        while (!_lexer.IsMark("}"))
        {
            if (TakeWord("type"))
            {
                helper = TakeName();
            }
            else if (TakeWord("protocol"))
            {
                protocol = TakeName();
            }
            else if (TakeWord("l3proto"))
            {
                layer3 = TakeName();
            }
            else if (_lexer.Current.Kind == TokenKind.Separator)
            {
                _lexer.Next();
            }
            else
            {
                return null;
            }
        }

        return helper is not null && protocol is not null ? new(name, helper, protocol, layer3 ?? _table!.Family) : null;
    }

    // protocol tcp; l3proto ip; policy = { established : 120, close : 20 }
    private CtTimeoutSyntax? ReadCtTimeout(string name)
    {
        string? protocol = null, layer3 = null;
        var policy = new List<KeyValuePair<string, uint>>();
        while (!_lexer.IsMark("}"))
        {
            if (TakeWord("protocol"))
            {
                protocol = TakeName();
            }
            else if (TakeWord("l3proto"))
            {
                layer3 = TakeName();
            }
            else if (TakeWord("policy"))
            {
                if (!Expect("=") || !Expect("{") || !ReadTimeoutPolicy(policy))
                {
                    return null;
                }
            }
            else if (_lexer.Current.Kind == TokenKind.Separator)
            {
                _lexer.Next();
            }
            else
            {
                return null;
            }
        }

        return protocol is not null ? new(name, protocol, layer3 ?? _table!.Family, policy) : null;
    }

    private bool ReadTimeoutPolicy(List<KeyValuePair<string, uint>> policy)
    {
        SkipSeparators();
        while (!TakeMark("}"))
        {
            if (TakeName() is not { } state || !Expect(":") || !TakeTime(out var time))
            {
                return false;
            }

            policy.Add(new(state, (uint)time.TotalSeconds));
            TakeMark(",");
            SkipSeparators();
        }

        return true;
    }

    // protocol tcp; dport 9876; timeout 2m; size 12; l3proto ip
    private CtExpectationSyntax? ReadCtExpectation(string name)
    {
        string? protocol = null, layer3 = null;
        ulong port = 0, size = 0;
        var timeout = TimeSpan.Zero;
        while (!_lexer.IsMark("}"))
        {
            bool good = TakeWord("protocol") ? (protocol = TakeName()) is not null
                : TakeWord("l3proto") ? (layer3 = TakeName()) is not null
                : TakeWord("dport") ? TakeNumber(out port)
                : TakeWord("timeout") ? TakeTime(out timeout)
                : TakeWord("size") ? TakeNumber(out size)
                : _lexer.Current.Kind == TokenKind.Separator && Advance();
            if (!good)
            {
                return null;
            }
        }

        return protocol is not null && port <= ushort.MaxValue && size <= byte.MaxValue
            ? new(name, protocol, layer3 ?? _table!.Family, (ushort)port, timeout, (byte)size) : null;
    }
}
