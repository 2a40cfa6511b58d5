using K8sNetfilter.Addressing;
using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Nftables.Expressions.Loads;
using K8sNetfilter.Nftables.Expressions.Operations;

namespace K8sNetfilter.Nftables.Syntax.Linearising;

/// <summary>What is loaded into registers.</summary>
internal sealed partial class RuleLineariser
{
    /// <summary>How many bytes are loaded for an expression: a field that does not fill its bytes takes all that it touches.</summary>
    private static int LoadedBytes(ExpressionSyntax expression) => expression switch
    {
        PayloadSyntax { Field: var field } => Bytes((field.Offset % 8) + field.Bits),
        RawPayloadSyntax raw => Bytes((raw.Offset % 8) + raw.Length),
        OptionSyntax { Field: { } field } => Bytes((field.Offset % 8) + field.Bits),
        BinarySyntax binary => LoadedBytes(binary.Left),
        _ => Bytes(expression.Bits),
    };

    /// <summary>Loads an expression.</summary>
    /// <param name="expression">What is loaded.</param>
    /// <param name="register">Where it goes.</param>
    /// <param name="shifted">Whether a field that does not end at a byte is moved down; otherwise the values have to be moved up.</param>
    /// <param name="ordered">Whether the parts of a concatenation have to be in network order.</param>
    /// <returns>How far the values have to be moved up.</returns>
    private int Load(ExpressionSyntax expression, NftRegister register, bool shifted, bool ordered = false)
    {
        switch (expression)
        {
            case PayloadSyntax { Field: var field }:
                return LoadBits(OffsetOf(field), field.Bits, shifted, register, (offset, length) =>
                    new PayloadExpression((NftPayloadBase)HeaderFields.BaseOf(field.Header), offset, length, register));
            case RawPayloadSyntax raw:
                return LoadBits(raw.Offset, raw.Length, shifted, register, (offset,
                length) => new PayloadExpression((NftPayloadBase)raw.Base, offset, length, register));
            case OptionSyntax { Field: null } option:
                _all.Add(new ExthdrExpression((NftExthdrOperation)option.Header.Kind, (byte)option.Header.Number, 0, 1, 1, register));
                return 0;
            case OptionSyntax option:
                return LoadBits(option.Field!.Offset, option.Field.Bits, shifted, register, (offset, length) =>
                    new ExthdrExpression((NftExthdrOperation)option.Header.Kind, (byte)option.Header.Number, offset, length, 0,
                    register));
            case ConcatenationSyntax parts:
                LoadParts(parts, register, shifted, ordered);
                return 0;
            case BinarySyntax binary:
                return LoadBinary(binary, register);
            case HashSyntax hash:
                LoadHash(hash, register);
                return 0;
            case MapSyntax map:
                AddMap(map, register);
                return 0;
            default:
                _all.Add(LoadOf(expression, register));
                return 0;
        }
    }

    /// <summary>The header of a VLAN comes after that of Ethernet.</summary>
    private static int OffsetOf(HeaderField field) => field.Offset + (field.Header == "vlan" ? 112 : 0);

    private int LoadBits(int offset, int bits, bool shifted, NftRegister register, Func<uint, uint, NftExpression> load)
    {
        int length = Bytes((offset % 8) + bits);
        _all.Add(load((uint)offset / 8, (uint)length));
        if (offset % 8 == 0 && bits % 8 == 0)
        {
            return 0;
        }

        int shift = (length * 8) - (offset % 8) - bits;
        var mask = ((Bits128.One << bits) - Bits128.One) << shift;
        _all.Add(new BitwiseExpression(register, register, (uint)length, ValueBytes.Of(mask, length, ValueOrder.Network),
            new byte[length]));
        if (shifted && shift > 0)
        {
            _all.Add(new ShiftExpression(register, register, (uint)length, true, (uint)shift));
            return 0;
        }

        return shift;
    }

    private void LoadParts(ConcatenationSyntax parts, NftRegister register, bool shifted, bool ordered)
    {
        foreach (var part in parts.Parts)
        {
            if (part is ValueSyntax or FlagsSyntax)
            {
                LoadInto(part, register, part.Type, part.Type.Bytes, part.Type.Order);
            }
            else
            {
                Load(part, register, shifted || part.Bits % 8 != 0);
                Reorder(part, register, ordered);
            }

            register = After(register, Math.Max(1, Bytes(part.Bits)));
        }
    }

    // Operations with constants one after the other are one: (value & mask) ^ xor.
    private int LoadBinary(BinarySyntax binary, NftRegister register)
    {
        if (binary.Operator is "<<" or ">>")
        {
            int moved = Load(binary.Left, register, true);
            uint bits = binary.Right is ValueSyntax count ? (uint)count.Value.Low
                : throw new NotLinearisedException("a shift by a value that is no constant");
            _all.Add(new ShiftExpression(register, register, (uint)LoadedBytes(binary.Left), binary.Operator == ">>", bits));
            return moved;
        }

        var operations = new Stack<BinarySyntax>();
        ExpressionSyntax inner = binary;
        while (inner is BinarySyntax { Operator: "&" or "|" or "^" } operation)
        {
            operations.Push(operation);
            inner = operation.Left;
        }

        int length = LoadedBytes(inner);
        int shift = Load(inner, register, false);
        Bits128 mask = ~Bits128.Zero, xor = Bits128.Zero;
        while (operations.TryPop(out var operation))
        {
            if (!FlagMasks.IsConstant(operation.Right))
            {
                throw new NotLinearisedException("an operation on two loaded values");
            }

            var value = FlagMasks.BitsOf(operation.Right) << shift;
            (mask, xor) = operation.Operator switch
            {
                "&" => (mask & value, xor & value),
                "|" => (mask & ~value, (xor & ~value) | value),
                _ => (mask, xor ^ value),
            };
        }

        _all.Add(new BitwiseExpression(
            register, register, (uint)length, ValueBytes.Of(mask, length, inner.Order), ValueBytes.Of(xor, length, inner.Order)));
        return shift;
    }

    private void LoadHash(HashSyntax hash, NftRegister register)
    {
        var source = NftRegister.None;
        uint length = 0;
        if (hash.Input is { } input)
        {
            int saved = _slot;
            source = Take(Bytes(input.Bits));
            Load(input, source, true);
            length = (uint)Bytes(input.Bits);
            _slot = saved;
        }

        _all.Add(new HashExpression(input_(hash), source, length, hash.Modulus, hash.Seed, hash.Offset, register));
        static NftHashMode input_(HashSyntax hash) => hash.Input is null ? NftHashMode.Symmetric : NftHashMode.Jenkins;
    }

    private static NftExpression LoadOf(ExpressionSyntax expression, NftRegister register) => expression switch
    {
        MetaSyntax meta => new MetaExpression(MetaKey(meta.Key), register),
        CtSyntax ct => new CtExpression((NftCtKey)ct.Key.Number, Direction(ct.Direction), register),
        RtSyntax rt => new RtExpression((NftRtKey)rt.Key.Number, register),
        SocketSyntax socket => new SocketExpression((NftSocketKey)socket.Key.Number, (uint)socket.Level, register),
        OsfSyntax osf => new OsfExpression(osf.Ttl switch { "loose" => 1, "skip" => 2, _ => 0 }, osf.Version ? 1u : 0, register),
        FibSyntax fib => new FibExpression(
            fib.Result switch { "oif" => NftFibResult.OutputInterface, "oifname" => NftFibResult.OutputName,
                _ => NftFibResult.AddressType }, FibFlags(fib), register),
        NumgenSyntax numgen => new NumgenExpression(
            numgen.Mode == "inc" ? NftNumgenMode.Incremental : NftNumgenMode.Random, numgen.Modulus, numgen.Offset, register),
        IPsecSyntax ipsec => new XfrmExpression((NftXfrmKey)ipsec.Key.Number, ipsec.Direction == "in" ? (byte)0 : (byte)1, ipsec.Number,
            register),
        _ => throw new NotLinearisedException($"an expression of the kind {expression.GetType().Name} is not loaded"),
    };

    // The last ones have other numbers in the kernel than their place in the list.
    private static NftMetaKey MetaKey(SelectorKey key) => key.Name switch
    {
        "broute" => NftMetaKey.Brouting, "ibrhwaddr" => NftMetaKey.BridgeInputAddress, _ => (NftMetaKey)key.Number,
    };

    private static NftCtDirection Direction(string? direction) =>
        direction switch { "original" => NftCtDirection.Original, "reply" => NftCtDirection.Reply, _ => NftCtDirection.None };

    private static NftFibFlags FibFlags(FibSyntax fib)
    {
        var flags = fib.Type == DataTypes.Boolean ? NftFibFlags.Present : NftFibFlags.None;
        foreach (string input in fib.Inputs)
        {
            flags |= input switch
            {
                "saddr" => NftFibFlags.Source, "daddr" => NftFibFlags.Destination, "mark" => NftFibFlags.Mark,
                "iif" => NftFibFlags.InputInterface,
                _ => NftFibFlags.OutputInterface,
            };
        }

        return flags;
    }

    /// <summary>A value, or something loaded and brought into the order that is needed.</summary>
    private void LoadInto(ExpressionSyntax value, NftRegister register, DataType type, int length, ValueOrder order)
    {
        if (value is ValueSyntax or FlagsSyntax or TextSyntax or NameSyntax || FlagMasks.IsConstant(value))
        {
            _all.Add(new ImmediateExpression(register, ValueBytes.Of(value, length, order)));
            return;
        }

        if (value is ConcatenationSyntax parts && type.Parts.Count > 0)
        {
            LoadParts(parts, register, true, false);
            return;
        }

        Load(value, register, true);
        int loaded = LoadedBytes(value);
        if (value is not MapSyntax && loaded > 1 && value.Order != order && value.Type.Form != ValueForm.Text)
        {
            _all.Add(new ByteorderExpression(register, register, order == ValueOrder.Host, (uint)loaded, (uint)loaded));
        }
    }
}
