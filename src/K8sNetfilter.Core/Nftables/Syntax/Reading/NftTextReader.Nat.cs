namespace K8sNetfilter.Nftables.Syntax.Reading;

/// <summary>Translations, and other statements with an address and a port.</summary>
internal ref partial struct NftTextReader
{
    // dnat ip prefix to 10.0.0.1-10.0.0.4:80-90 random,persistent
    private NatSyntax? ReadNat()
    {
        var nat = new NatSyntax(TakeName()!);
        if (_lexer.IsWord("ip") || _lexer.IsWord("ip6"))
        {
            nat = nat with { Family = TakeName() };
        }

        // Older versions of nft write "interval" and "addr . port" for what the map says itself.
        TakeWord("interval");
        if (TakeWord("addr") && (!TakeWord(".") || !TakeWord("port")))
        {
            return Fail<NatSyntax>("\"addr . port\" is expected");
        }

        nat = TakeWord("prefix") ? nat with { IsPrefix = true } : nat;
        if (TakeWord("to"))
        {
            if (!_lexer.IsMark(":"))
            {
                if (ReadNatAddress() is not { } address)
                {
                    return null;
                }

                nat = nat with { Address = address };
            }

            if (TakeMark(":"))
            {
                if (ReadMapped(DataTypes.Service) is not { } port)
                {
                    return null;
                }

                nat = nat with { Port = port };
            }
        }

        return nat with { Flags = TakeNatFlags() };
    }

    private IReadOnlyList<string> TakeNatFlags()
    {
        if (!_lexer.IsWord("random") && !_lexer.IsWord("fully-random") && !_lexer.IsWord("persistent"))
        {
            return [];
        }

        var flags = TakeWords();
        return [.. ((string[])["random", "fully-random", "persistent"]).Where(flags.Contains)];
    }

    private TproxySyntax? ReadTproxy()
    {
        _lexer.Next();
        string? family = _lexer.IsWord("ip") || _lexer.IsWord("ip6") ? TakeName() : null;
        if (!TakeWord("to"))
        {
            return Fail<TproxySyntax>("\"to\" is expected");
        }

        ExpressionSyntax? address = null, port = null;
        if (!_lexer.IsMark(":") && (address = ReadNatAddress()) is null)
        {
            return null;
        }

        return TakeMark(":") && (port = ReadMapped(DataTypes.Service)) is null ? null : new(family, address, port);
    }

    /// <summary>An address, a range or prefix of them, [an address], or what a map has.</summary>
    private ExpressionSyntax? ReadNatAddress()
    {
        if (TakeMark("["))
        {
            if (ReadBracketed() is not { } low)
            {
                return null;
            }

            if (!_lexer.IsWord("-") || !_lexer.IsAdjacent)
            {
                return low;
            }

            _lexer.Next();
            return TakeMark("[") && ReadBracketed() is { } high ? new RangeSyntax(low,
                high) : Fail<ExpressionSyntax>("the end of the range is missing");
        }

        if (TryReadAddress() is { } value)
        {
            return value;
        }

        if (ReadConcatenation() is not { } key)
        {
            return null;
        }

        return TakeWord("map") ? ReadMapContent(key, NatTarget, null) : key;
    }

    private ExpressionSyntax? ReadBracketed()
    {
        var address = TryReadAddress();
        return address is not null && TakeMark("]") ? address : Fail<ExpressionSyntax>("an address in brackets is expected");
    }

    /// <summary>An address of the family that it looks like; null, and nothing taken, if it is none.</summary>
    private ExpressionSyntax? TryReadAddress()
    {
        if (_lexer.Current.Kind != TokenKind.Word || (ValueReader.Read(DataTypes.IPv4, _lexer.Word) ?? ValueReader.Read(DataTypes.IPv6,
            _lexer.Word)) is not { } value)
        {
            return null;
        }

        _lexer.Next();
        return value;
    }

    /// <summary>What a map of addresses has: an address, or with a port.</summary>
    private ExpressionSyntax? ReadNatTarget()
    {
        if (TryReadAddress() is not { } address)
        {
            // A map to ports, or to marks: the number says nothing of its type, and does not need to.
            return ReadValue(DataTypes.Service);
        }

        if (!TakeWord("."))
        {
            return address;
        }

        return ReadValue(DataTypes.Service) is { } port
            ? new ConcatenationSyntax(DataType.Concatenation([address.Type, DataTypes.Service]), [address, port]) : null;
    }
}
