namespace K8sNetfilter.Nftables.Syntax.Reading;

/// <summary>The right side of a comparison: values of the type that the left side has.</summary>
internal ref partial struct NftTextReader
{
    /// <summary>The data of a map in nat: addresses, with ports or without.</summary>
    private static readonly DataType NatTarget = new("", 0, 0, ValueOrder.Network);

    private StatementSyntax? ReadExpressionStatement()
    {
        if (_lexer.IsWord("ct") && ReadCtStatement(out var ct))
        {
            return ct;
        }

        if (ReadConcatenation() is not { } left)
        {
            return null;
        }

        if (TakeWord("vmap"))
        {
            return ReadMapContent(left, DataTypes.Verdict, null) is { } map ? new VerdictStatementSyntax(map) : null;
        }

        if (TakeWord("set"))
        {
            return ReadAssignment(left);
        }

        string operation = "";
        if (_lexer.Current.Kind == TokenKind.Mark && _lexer.Word is "==" or "!=" or "<" or ">" or "<=" or ">=" or "!")
        {
            operation = _lexer.Word.ToString();
            _lexer.Next();
        }
        else if (_lexer.Current.Kind == TokenKind.Word && _lexer.Word is "eq" or "ne" or "lt" or "gt" or "le" or "ge")
        {
            operation = _lexer.Word switch { "eq" => "==", "ne" => "!=", "lt" => "<", "gt" => ">", "le" => "<=", _ => ">=" };
            _lexer.Next();
        }

        return ReadRight(left) is not { } right ? null
            : right is BinarySyntax { Operator: "/" } masked ? FlagMasks.Match(left, operation, masked.Left, masked.Right)
            : FlagMasks.Match(left, operation, right);
    }

    // ct count, ct helper set, ct timeout set, ct expectation set: they are no keys.
    private bool ReadCtStatement(out StatementSyntax? statement)
    {
        statement = null;
        var saved = _lexer;
        _lexer.Next();
        if (TakeWord("count"))
        {
            bool over = TakeWord("over");
            statement = TakeNumber(out ulong count) ? new ConnectionLimitSyntax(over, (uint)Math.Min(count, uint.MaxValue)) : null;
            return true;
        }

        string kind = _lexer.Current.Kind == TokenKind.Word ? _lexer.Word.ToString() : "";
        if (kind is "helper" or "timeout" or "expectation")
        {
            _lexer.Next();
            if (TakeWord("set"))
            {
                statement = ReadObjectName("ct " + kind);
                return true;
            }
        }

        _lexer = saved;
        return false;
    }

    private StatementSyntax? ReadAssignment(ExpressionSyntax target)
    {
        if (target is MetaSyntax { Key.Name: "secmark" } && _lexer.Current.Kind == TokenKind.Quoted)
        {
            return ReadObjectName("secmark");
        }

        return ReadList(target.Type, true) is { } value ? new AssignmentSyntax(target, value) : null;
    }

    private ExpressionSyntax? ReadRight(ExpressionSyntax left)
    {
        if (TakeMark("{"))
        {
            var elements = new List<ElementSyntax>();
            return ReadElementList(new("", left.Type), elements) ? new AnonymousSetSyntax(left.Type, elements) : null;
        }

        if (TakeMark("@"))
        {
            return TakeName() is { } name ? new SetReferenceSyntax(left.Type,
                name) : Fail<ExpressionSyntax>("the name of the set is missing");
        }

        if (left.Type.Parts.Count > 0)
        {
            return ReadKey(left.Type);
        }

        var right = ReadList(left.Type, false);
        if (right is null || !TakeWord("/"))
        {
            return right;
        }

        // tcp flags syn / syn,ack: the value and the mask.
        return ReadList(left.Type, false) is { } mask ? new BinarySyntax("/", right, mask) : null;
    }

    /// <summary>A value, or flags with commas between them.</summary>
    private ExpressionSyntax? ReadList(DataType type, bool mapped)
    {
        var first = mapped ? ReadMappedKey(type) : ReadValue(type);
        if (first is null || !_lexer.IsMark(","))
        {
            return first;
        }

        var parts = new List<ExpressionSyntax> { first };
        while (TakeMark(","))
        {
            if (ReadValue(type) is not { } part)
            {
                return null;
            }

            parts.Add(part);
        }

        return new FlagsSyntax(type, parts);
    }

    /// <summary>What an element has: no commas, for they part elements.</summary>
    private ExpressionSyntax? ReadValues(DataType type) =>
        type == NatTarget ? ReadNatTarget() : type == DataTypes.Verdict ? ReadVerdict() : ReadValue(type);

    private ExpressionSyntax? ReadMappedKey(DataType type)
    {
        if (type.Parts.Count == 0)
        {
            return ReadMapped(type);
        }

        var parts = new ExpressionSyntax[type.Parts.Count];
        for (int i = 0; i < parts.Length; i++)
        {
            if ((i > 0 && !TakeWord(".")) || ReadMapped(type.Parts[i]) is not { } part)
            {
                return Fail<ExpressionSyntax>($"{type} is expected");
            }

            parts[i] = part;
        }

        return new ConcatenationSyntax(type, parts);
    }

    /// <summary>A value, something loaded, or what a map has for it.</summary>
    private ExpressionSyntax? ReadMapped(DataType type)
    {
        var value = ReadValue(type);
        if (value is null || value is ValueSyntax || !_lexer.IsWord("."))
        {
            return value is null ? null : Mapped(value, type);
        }

        // The key of a map may be a concatenation: meta mark set ip saddr . tcp dport map { ... }
        var parts = new List<ExpressionSyntax> { value };
        while (TakeWord("."))
        {
            if (ReadBinary(null, 0) is not { } part)
            {
                return null;
            }

            parts.Add(part);
        }

        return Mapped(new ConcatenationSyntax(DataType.Concatenation([.. parts.Select(p => p.Type)]), parts), type);
    }

    private ExpressionSyntax? Mapped(ExpressionSyntax value, DataType type) => TakeWord("map") ? ReadMapContent(value, type,
        null) : value;

    private MapSyntax? ReadMapContent(ExpressionSyntax key, DataType data, string? objects)
    {
        if (TakeMark("@"))
        {
            return TakeName() is { } name ? new(data == NatTarget ? MapTarget(name) : data, key, new SetReferenceSyntax(key.Type, name))
                : Fail<MapSyntax>("the name of the map is missing");
        }

        var elements = new List<ElementSyntax>();
        if (!Expect("{") || !ReadElementList(new("", key.Type) { IsMap = true, Data = data, ObjectKind = objects }, elements))
        {
            return null;
        }

        var type = data != NatTarget ? data : elements.Count > 0 && elements[0].Data is { } target ? target.Type : DataTypes.IPv4;
        return new(type, key, new AnonymousSetSyntax(key.Type, elements));
    }

    private readonly DataType MapTarget(string map) =>
        _table?.FindSet(map)?.Head.Data ?? (_table?.Family == "ip6" ? DataTypes.IPv6 : DataTypes.IPv4);

    /// <summary>A value of the type, a range, a prefix, or an expression.</summary>
    private ExpressionSyntax? ReadValue(DataType type)
    {
        if (ReadBinary(type, 0) is not { } value)
        {
            return null;
        }

        if (!_lexer.IsWord("-"))
        {
            return value;
        }

        _lexer.Next();
        return ReadBinary(type, 0) is { } high ? new RangeSyntax(value, high) : null;
    }

    /// <summary>One value, in brackets or not; or an expression if the word is no value.</summary>
    private ExpressionSyntax? ReadPrimary(DataType type)
    {
        if (TakeMark("("))
        {
            var inner = ReadBinary(type, 0);
            return inner is not null && Expect(")") ? inner : null;
        }

        if (_lexer.Current.Kind == TokenKind.Quoted)
        {
            return ReadQuoted(type);
        }

        if (_lexer.Current.Kind == TokenKind.Mark && _lexer.Word is "$")
        {
            return Fail<ExpressionSyntax>("a variable is used, whose definition is not read: give what \"nft list ruleset\" prints");
        }

        if (type.Form == ValueForm.ClassId && TryReadClassId() is { } classId)
        {
            return classId;
        }

        if (_lexer.Current.Kind == TokenKind.Word && !(IsNamedByAnything(type) && IsSelector()) && ValueReader.Read(type,
            _lexer.Word) is { } value)
        {
            _lexer.Next();
            return value;
        }

        return IsSelector() ? ReadSelector()
            : Fail<ExpressionSyntax>($"\"{Shown()}\" is not a value of {(type.Name.Length > 0 ? type.Name : "an address")}");
    }

    private ExpressionSyntax? ReadQuoted(DataType type)
    {
        if (ValueReader.ReadSingle(type, _lexer.Word) is not { } value)
        {
            return Fail<ExpressionSyntax>($"\"{Shown()}\" is not a value of {type}");
        }

        _lexer.Next();
        return value;
    }

    private static bool IsNamedByAnything(DataType type) => type.Form is ValueForm.Text or ValueForm.Interface or ValueForm.Bit;

    // 1:2, :2, 1: and 1:2-1:3 are each some tokens.
    private ExpressionSyntax? TryReadClassId()
    {
        int start = _lexer.Current.Start;
        var saved = _lexer;
        int colons = 0;
        while ((_lexer.Current.Kind == TokenKind.Word || _lexer.IsMark(":")) && (_lexer.Current.Start == start || _lexer.IsAdjacent))
        {
            colons += _lexer.IsMark(":") ? 1 : 0;
            if (colons > 2 || (_lexer.Current.Kind == TokenKind.Word && _lexer.Word is "map" or "vmap"))
            {
                break;
            }

            _lexer.Next();
        }

        if (colons > 0 && ValueReader.Read(DataTypes.ClassId, _text[start.._lexer.PreviousEnd]) is { } value)
        {
            return value;
        }

        _lexer = saved;
        return null;
    }
}
