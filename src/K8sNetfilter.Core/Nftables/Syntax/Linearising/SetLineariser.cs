using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Nftables.Sets;

namespace K8sNetfilter.Nftables.Syntax.Linearising;

/// <summary>Turns sets and their elements into those of the kernel: keys and data are bytes, a range is two elements.</summary>
internal static class SetLineariser
{
    /// <summary>A set of the table; null, and named, if an element of it has no bytes that are known.</summary>
    public static NftSet? Set(SetSyntax set, List<UnreadSyntax> unread)
    {
        var flags = set.Flags.Aggregate(NftSetFlags.None, (f, word) => f | word switch
        {
            "constant" => NftSetFlags.Constant, "interval" => NftSetFlags.Interval, "timeout" => NftSetFlags.Timeout,
                "dynamic" => NftSetFlags.Dynamic, _ => 0,
        });
        flags |= set.Timeout is not null ? NftSetFlags.Timeout : 0;
        flags |= set.Data is not null ? NftSetFlags.Map : set.ObjectKind is not null ? NftSetFlags.Objects : 0;
        flags |= set.Key.Parts.Count > 1 && (flags & NftSetFlags.Interval) != 0 ? NftSetFlags.Concatenation : 0;
        var fields = Fields(set.Key, set.KeyExpression);
        var dataFields = set.Data is null || set.Data == DataTypes.Verdict ? [] : Fields(set.Data, set.DataExpression);
        try
        {
            var elements = Elements(set.Elements, fields, dataFields, (flags & NftSetFlags.Interval) != 0, 0, set.HasDataIntervals);
            return new(set.Name, flags, unchecked((uint)set.Key.Number), elements)
            {
                FieldLengths = fields.Count > 1 ? [.. fields.Select(f => (byte)f.Bytes)] : [],
                DataType = set.Data == DataTypes.Verdict ? NftSet.VerdictType : unchecked((uint)(set.Data?.Number ?? 0)),
                ObjectType = set.ObjectKind is { } kind ? TableLineariser.ObjectType(kind) : NftObjectType.None,
                Handle = set.Handle,
                IsForMemory = set.Policy == "memory",
                Timeout = set.Timeout ?? TimeSpan.Zero,
                GcInterval = set.GcInterval ?? TimeSpan.Zero,
                Size = set.Size,
                Expressions = [.. set.Statements.Select(RuleLineariser.Stateful).OfType<NftExpression>()],
                DataIsInterval = set.HasDataIntervals,
                MergesElements = set.AutoMerge,
                Comment = set.Comment,
            };
        }
        catch (NotLinearisedException e)
        {
            unread.Add(new(0, 0, set.Name, e.Message));
            return null;
        }
    }

    /// <summary>A set that only a rule has.</summary>
    public static NftSet Anonymous(string name, AnonymousSetSyntax set, ExpressionSyntax key, DataType? data, int shift,
        NftObjectType objects)
    {
        bool ranges = set.Elements.Any(e => HasRange(e.Key));
        bool dataRanges = set.Elements.Any(e => e.Data is { } value && HasRange(value));
        var flags = NftSetFlags.Anonymous | NftSetFlags.Constant | (data is not null ? NftSetFlags.Map
            : 0) | (objects != NftObjectType.None ? NftSetFlags.Objects : 0);
        flags |= ranges ? NftSetFlags.Interval : 0;
        var fields = Fields(set.Type, key);
        flags |= fields.Count > 1 && ranges ? NftSetFlags.Concatenation : 0;
        var dataFields = data is null || data == DataTypes.Verdict ? [] : Fields(data, null);
        return new(name, flags, unchecked((uint)set.Type.Number), Elements(set.Elements, fields, dataFields, ranges, shift, dataRanges))
        {
            FieldLengths = fields.Count > 1 ? [.. fields.Select(f => (byte)f.Bytes)] : [],
            DataType = data == DataTypes.Verdict ? NftSet.VerdictType : unchecked((uint)(data?.Number ?? 0)),
            ObjectType = objects,
            DataIsInterval = dataRanges,
        };
    }

    public static bool HasRange(ExpressionSyntax key) =>
        key is RangeSyntax or PrefixSyntax or WildcardSyntax || (key is ConcatenationSyntax parts && parts.Parts.Any(HasRange));

    private static List<(int Bytes, ValueOrder Order)> Fields(DataType type, ExpressionSyntax? expression)
    {
        var parts = type.Parts.Count > 0 ? type.Parts : [type];
        var loaded = (expression as ConcatenationSyntax)?.Parts ?? (expression is null ? null : [expression]);
        var fields = new List<(int, ValueOrder)>();
        for (int i = 0; i < parts.Count; i++)
        {
            int bits = loaded is not null && i < loaded.Count ? loaded[i].Bits : parts[i].Bits;
            fields.Add((Math.Max(1, (bits + 7) / 8), loaded is not null && i < loaded.Count ? loaded[i].Order : parts[i].Order));
        }

        return fields;
    }

    private static int Padded(int bytes) => (bytes + 3) / 4 * 4;

    private static NftElements Elements(
        IReadOnlyList<ElementSyntax> elements, List<(int Bytes, ValueOrder Order)> fields, List<(int Bytes, ValueOrder Order)> data,
            bool ranges, int shift, bool dataRanges)
    {
        int keyLength = fields.Count == 1 ? fields[0].Bytes : fields.Sum(f => Padded(f.Bytes));
        int dataLength = data.Count == 0 ? 0 : (data.Count == 1 ? data[0].Bytes : data.Sum(f => Padded(f.Bytes))) * (dataRanges ? 2 : 1);
        var builder = new NftElementsBuilder(keyLength, dataLength);
        foreach (var element in elements)
        {
            if (element.Key is WildcardSyntax)
            {
                builder.Add([], NftElementFlags.CatchAll);
                AddDetails(builder, element, data, dataRanges);
                continue;
            }

            builder.Add(Bytes(element.Key, fields, ranges, false, shift));
            if (ranges && fields.Count > 1)
            {
                builder.KeyEnd(Bytes(element.Key, fields, true, true, shift));
            }

            AddDetails(builder, element, data, dataRanges);
            if (ranges && fields.Count == 1 && Next(Bytes(element.Key, fields, true, true, shift)) is { } end)
            {
                builder.Add(end, NftElementFlags.IntervalEnd);
            }
        }

        return builder.Build();
    }

    private static void AddDetails(NftElementsBuilder builder, ElementSyntax element, List<(int Bytes, ValueOrder Order)> data,
        bool dataRanges)
    {
        switch (element.Data)
        {
            case VerdictSyntax verdict:
                builder.Verdict(TableLineariser.Verdict(verdict));
                break;
            case TextSyntax name when data.Count == 0:
                builder.MapsTo(name.Text);
                break;
            case { } value:
                byte[] low = Bytes(value, data, false, false, 0);
                builder.Data(dataRanges ? [.. low, .. Bytes(value, data, false, true, 0)] : low);
                break;
        }

        if (element.Details is { } details)
        {
            builder.Timeout(details.Timeout ?? TimeSpan.Zero);
            builder.Expiration(details.Expires ?? TimeSpan.Zero);
            if (details.Comment is { } comment)
            {
                builder.Comment(comment);
            }

            builder.Expressions([.. details.Statements.Select(RuleLineariser.Stateful).OfType<NftExpression>()]);
        }
    }

    /// <summary>The bytes of the lowest or the highest key of an element.</summary>
    private static byte[] Bytes(ExpressionSyntax key, List<(int Bytes, ValueOrder Order)> fields, bool network, bool high, int shift)
    {
        if ((key as ConcatenationSyntax)?.Parts.Count is var count && (count ?? 1) != fields.Count)
        {
            throw new NotLinearisedException("an element has not as many parts as its set");
        }

        if (key is not ConcatenationSyntax parts)
        {
            return End(key, fields[0], network, high, shift);
        }

        byte[] bytes = new byte[fields.Sum(f => Padded(f.Bytes))];
        int at = 0;
        for (int i = 0; i < fields.Count; i++)
        {
            End(parts.Parts[i], fields[i], network, high, 0).CopyTo(bytes, at);
            at += Padded(fields[i].Bytes);
        }

        return bytes;
    }

    private static byte[] End(ExpressionSyntax part, (int Bytes, ValueOrder Order) field, bool network, bool high, int shift)
    {
        bool text = part.Type.Form == ValueForm.Text;
        var order = network && !text ? ValueOrder.Network : field.Order;
        switch (part)
        {
            case RangeSyntax range:
                return ValueBytes.Of(high ? range.High : range.Low, field.Bytes, order, shift);
            case PrefixSyntax prefix when text:
                byte[] name = ValueBytes.Of(prefix.Value, field.Bytes, order);
                name.AsSpan(prefix.Length / 8).Fill(high ? (byte)0xff : (byte)0);
                return name;
            case PrefixSyntax { Value: ValueSyntax value } prefix:
                int bits = prefix.Type.Bits > 0 ? prefix.Type.Bits : field.Bytes * 8;
                var rest = ValueBytes.Mask(bits, bits) ^ ValueBytes.Mask(prefix.Length, bits);
                return ValueBytes.Of((high ? value.Value | rest : value.Value) << shift, field.Bytes, order);
            default:
                return ValueBytes.Of(part, field.Bytes, order, shift);
        }
    }

    // The first key after a range; null if there is none.
    private static byte[]? Next(byte[] key)
    {
        for (int i = key.Length - 1; i >= 0; i--)
        {
            if (++key[i] != 0)
            {
                return key;
            }
        }

        return null;
    }
}
