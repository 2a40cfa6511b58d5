namespace K8sNetfilter.Nftables.Syntax.Reading;

/// <summary>Options of TCP and IP, extension headers of IPv6, chunks of SCTP.</summary>
internal ref partial struct NftTextReader
{
    // tcp option maxseg size, tcp option @42,16,4, tcp option 254 length
    private OptionSyntax? ReadOption(OptionKind kind)
    {
        if (TakeMark("@"))
        {
            return TakeNumber(out ulong number) && TakeMark(",") && TakeNumber(out ulong offset) && TakeMark(",")
                && TakeNumber(out ulong length)
                && number <= 255 && offset <= 2048 && length is > 0 and <= 128
                ? new(Options.ByNumber(kind, (int)number), new("", "", DataTypes.Integer, (int)offset, (int)length)) { IsRaw = true }
                : Fail<OptionSyntax>("@kind,offset,length is expected");
        }

        return ReadOptionHeader(kind) is { } header ? ReadOptionField(header) : null;
    }

    private OptionHeader? ReadOptionHeader(OptionKind kind)
    {
        string name = TakeName() ?? "";
        return Options.ByName(kind, name) ?? Fail<OptionHeader>($"\"{name}\" is no option that is known");
    }

    private OptionSyntax? ReadOptionField(OptionHeader header)
    {
        if (_lexer.Current.Kind != TokenKind.Word || _lexer.Word is "exists" or "missing"
            || (header.Find(_lexer.Word.ToString()) is null && _lexer.Word is "1" or "0"))
        {
            return new(header, null);
        }

        string name = _lexer.Word.ToString();
        _lexer.Next();
        if (TakeMark("["))
        {
            // addr[1] and sid[1] are some tokens.
            name = $"{name}[{TakeName()}]";
            TakeMark("]");
        }

        return header.Find(name) is { } field ? new(header,
            field) : Fail<OptionSyntax>($"{header.Name} has no field \"{name}\" that is known");
    }
}
