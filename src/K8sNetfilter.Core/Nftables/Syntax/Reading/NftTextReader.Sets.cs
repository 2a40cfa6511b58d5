namespace K8sNetfilter.Nftables.Syntax.Reading;

/// <summary>Sets, maps and their elements.</summary>
internal ref partial struct NftTextReader
{
    private bool ReadSet(string name, bool map)
    {
        var head = new SetSyntax(name, DataTypes.Integer) { IsMap = map, Handle = _lexer.TakeHandle() };
        bool typed = false;
        SetBuilder? set = null;
        while (!TakeMark("}"))
        {
            if (_lexer.Current.Kind == TokenKind.End)
            {
                return Fail($"the set {name} does not end: \"}}\" is missing");
            }

            if (_lexer.Current.Kind == TokenKind.Separator)
            {
                _lexer.Next();
            }
            else if (_lexer.IsWord("type") || _lexer.IsWord("typeof"))
            {
                if (ReadSetType(head) is not { } read)
                {
                    return false;
                }

                head = read;
                typed = true;
            }
            else if (TakeWord("elements"))
            {
                set ??= _table!.AddSet(head);
                set.Head = head;
                if (!typed)
                {
                    return Fail("the elements come before the type");
                }

                if (!Expect("=") || !Expect("{") || !ReadElementList(head, set.Elements))
                {
                    return false;
                }
            }
            else if (ReadSetProperty(head) is { } changed)
            {
                head = changed;
            }
            else
            {
                return false;
            }
        }

        set ??= _table!.AddSet(head);
        set.Head = head;
        return typed || Fail($"the set {name} has no type");
    }

    private SetSyntax? ReadSetProperty(SetSyntax head)
    {
        if (TakeWord("flags"))
        {
            return head with { Flags = TakeWords() };
        }

        if (TakeWord("auto-merge"))
        {
            return head with { AutoMerge = true };
        }

        if (TakeWord("comment"))
        {
            return head with { Comment = TakeName() };
        }

        if (TakeWord("policy"))
        {
            return head with { Policy = TakeName() };
        }

        if (TakeWord("size"))
        {
            return TakeNumber(out ulong size) ? head with { Size = (uint)Math.Min(size, uint.MaxValue) } : null;
        }

        if (TakeWord("timeout"))
        {
            return TakeTime(out var timeout) ? head with { Timeout = timeout } : null;
        }

        if (TakeWord("gc-interval"))
        {
            return TakeTime(out var interval) ? head with { GcInterval = interval } : null;
        }

        return IsElementStatement() && ReadStatement() is { } statement ? head with { Statements = [.. head.Statements, statement] }
            : Fail<SetSyntax>($"\"{Shown()}\" is nothing of a set that is read");
    }

    private readonly bool IsElementStatement() =>
        _lexer.Current.Kind == TokenKind.Word && _lexer.Word is "counter" or "limit" or "quota" or "last" or "ct";

    // type ipv4_addr . inet_service : verdict     typeof ip saddr . tcp dport : meta mark
    private SetSyntax? ReadSetType(SetSyntax head)
    {
        bool expression = _lexer.IsWord("typeof");
        _lexer.Next();
        if (expression)
        {
            if (ReadConcatenation() is not { } key)
            {
                return null;
            }

            head = head with { Key = key.Type, KeyExpression = key };
        }
        else
        {
            if (ReadTypes() is not { } type)
            {
                return null;
            }

            head = head with { Key = type };
        }

        return head.IsMap && TakeMark(":") ? ReadDataType(head, expression) : head;
    }

    private SetSyntax? ReadDataType(SetSyntax head, bool expression)
    {
        bool interval = TakeWord("interval");
        if (_lexer.Current.Kind == TokenKind.Word && _lexer.Word is "counter" or "quota" or "limit" or "synproxy" or "secmark" or "tunnel")
        {
            return head with { ObjectKind = TakeName() };
        }

        if (TakeWord("ct"))
        {
            string kind = string.Concat("ct ", _lexer.Word);
            if (kind is "ct helper" or "ct timeout" or "ct expectation" && !expression)
            {
                _lexer.Next();
                return head with { ObjectKind = kind };
            }

            return ReadCt() is { } ct ? head with { Data = ct.Type, DataExpression = ct, HasDataIntervals = interval } : null;
        }

        if (!expression || _lexer.IsWord("verdict"))
        {
            return ReadTypes() is { } type ? head with { Data = type, HasDataIntervals = interval } : null;
        }

        return ReadConcatenation() is { } data ? head with { Data = data.Type, DataExpression = data,
            HasDataIntervals = interval } : null;
    }

    private DataType? ReadTypes()
    {
        List<DataType>? types = null;
        while (true)
        {
            if (_lexer.Current.Kind != TokenKind.Word || DataTypes.Find(_lexer.Word.ToString()) is not { } type)
            {
                return Fail<DataType>($"\"{Shown()}\" is no data type that is known");
            }

            _lexer.Next();
            if (!_lexer.IsWord("."))
            {
                types?.Add(type);
                return types is null ? type : DataType.Concatenation(types);
            }

            (types ??= []).Add(type);
            _lexer.Next();
        }
    }

    // The brace is taken.
    private bool ReadElementList(SetSyntax set, List<ElementSyntax> elements)
    {
        SkipSeparators();
        while (!TakeMark("}"))
        {
            if (ReadElement(set.Key, set.IsMap ? set.Data : null, set.ObjectKind) is not { } element)
            {
                return false;
            }

            elements.Add(element);
            SkipSeparators();
            if (!_lexer.IsMark("}") && !Expect(","))
            {
                return false;
            }

            SkipSeparators();
        }

        return true;
    }

    private ElementSyntax? ReadElement(DataType key, DataType? data, string? objects)
    {
        if (ReadKey(key) is not { } value)
        {
            return null;
        }

        SkipSeparators();
        ElementDetails? details = null;
        if (_lexer.Current.Kind == TokenKind.Word && !ReadDetails(ref details))
        {
            return null;
        }

        ExpressionSyntax? mapped = null;
        if (TakeMark(":"))
        {
            SkipSeparators();
            mapped = objects is not null ? TakeName() is { } name ? new TextSyntax(name) : null
                : data is null ? Fail<ExpressionSyntax>("a set has no data") : data == DataTypes.Verdict ? ReadVerdict() : ReadKey(data);
            if (mapped is null || !ReadDetails(ref details))
            {
                return mapped is null ? Fail<ElementSyntax>("the data of the element is not understood") : null;
            }
        }

        return new(value, mapped) { Details = details };
    }

    private bool ReadDetails(ref ElementDetails? details)
    {
        while (_lexer.Current.Kind == TokenKind.Word)
        {
            if (TakeWord("timeout"))
            {
                if (!TakeTime(out var timeout))
                {
                    return false;
                }

                details = (details ?? new()) with { Timeout = timeout };
            }
            else if (TakeWord("expires"))
            {
                if (!TakeTime(out var expires))
                {
                    return false;
                }

                details = (details ?? new()) with { Expires = expires };
            }
            else if (TakeWord("comment"))
            {
                details = (details ?? new()) with { Comment = TakeName() };
            }
            else if (IsElementStatement() && ReadStatement() is { } statement)
            {
                details = (details ?? new()) with { Statements = [.. details?.Statements ?? [], statement] };
            }
            else
            {
                return Fail($"\"{Shown()}\" is nothing of an element that is read");
            }
        }

        return true;
    }

    /// <summary>A key or the data of an element: for a concatenation its parts with dots between them.</summary>
    private ExpressionSyntax? ReadKey(DataType type)
    {
        if (type.Parts.Count == 0)
        {
            return ReadValues(type);
        }

        if (_lexer.IsWord("*"))
        {
            _lexer.Next();
            return new WildcardSyntax(type);
        }

        var parts = new ExpressionSyntax[type.Parts.Count];
        for (int i = 0; i < parts.Length; i++)
        {
            if (i > 0 && !TakeWord("."))
            {
                return Fail<ExpressionSyntax>($"the key has fewer parts than {type}");
            }

            if (ReadValues(type.Parts[i]) is not { } part)
            {
                return null;
            }

            parts[i] = part;
        }

        return new ConcatenationSyntax(type, parts);
    }
}
