using K8sNetfilter.Netlink;
using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Nftables.Expressions.Operations;
using static K8sNetfilter.Interop.Netlink.NfTableAttributes;
using static K8sNetfilter.Interop.Netlink.NfTables;

namespace K8sNetfilter.Nftables;

/// <summary>Reads the expressions that compare, compute and look up. Null for one that is of another kind, or not as it is known.</summary>
internal static class NftOperationReader
{
    // nft_bitwise.c, since Linux 6.13.
    private const int NFTA_BITWISE_SREG2 = 8;
    private const uint NFT_BITWISE_XOR = 5;

    public static NftExpression? Read(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data, NftExpressionReader reader) => name switch
    {
        _ when name.SequenceEqual("cmp"u8) => Cmp(data, reader),
        _ when name.SequenceEqual("bitwise"u8) => Bitwise(data, reader),
        _ when name.SequenceEqual("lookup"u8) => Lookup(data, reader),
        _ when name.SequenceEqual("range"u8) => Range(data, reader),
        _ when name.SequenceEqual("byteorder"u8) => Byteorder(data),
        _ when name.SequenceEqual("dynset"u8) => Dynset(data, reader),
        _ when name.SequenceEqual("objref"u8) => Objref(data, reader),
        _ => null,
    };

    private static CmpExpression? Cmp(ReadOnlySpan<byte> data, NftExpressionReader reader)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_CMP_SREG, NFTA_CMP_OP, NFTA_CMP_DATA));
        var source = f.Register(NFTA_CMP_SREG);
        var comparison = (NftCmpOperator)f.AtMost(f.UInt32(NFTA_CMP_OP, uint.MaxValue), (uint)NftCmpOperator.GreaterOrEqual);
        return f.IsValid && source.IsPresent && NftDataReader.TryValue(f.Bytes(NFTA_CMP_DATA), out var value)
            ? new CmpExpression(source, comparison, reader.Store.Keep(value)) : null;
    }

    private static NftExpression? Bitwise(ReadOnlySpan<byte> data, NftExpressionReader reader)
    {
        var f = new NftFields(data, NftFields.Bits(
            NFTA_BITWISE_SREG, NFTA_BITWISE_DREG, NFTA_BITWISE_LEN, NFTA_BITWISE_MASK, NFTA_BITWISE_XOR, NFTA_BITWISE_OP,
                NFTA_BITWISE_DATA, NFTA_BITWISE_SREG2));
        NftRegister source = f.Register(NFTA_BITWISE_SREG), target = f.Register(NFTA_BITWISE_DREG), second = f.Register(NFTA_BITWISE_SREG2);
        // Kernels before 5.6 have the first only and do not say it.
        uint operation = f.AtMost(f.UInt32(NFTA_BITWISE_OP), NFT_BITWISE_XOR), length = f.UInt32(NFTA_BITWISE_LEN);
        bool hasConstant = f.Has(NFTA_BITWISE_DATA), hasMask = f.Has(NFTA_BITWISE_MASK);
        ReadOnlySpan<byte> constant = default, mask = default, xor = default;
        if (!f.IsValid || !source.IsPresent || !target.IsPresent
            || (hasConstant && !NftDataReader.TryValue(f.Bytes(NFTA_BITWISE_DATA), out constant))
            || (hasMask && (!NftDataReader.TryValue(f.Bytes(NFTA_BITWISE_MASK), out mask)
                || !NftDataReader.TryValue(f.Bytes(NFTA_BITWISE_XOR), out xor))))
        {
            return null;
        }

        return operation switch
        {
            NFT_BITWISE_MASK_XOR when hasMask && !hasConstant && !second.IsPresent =>
                new BitwiseExpression(source, target, length, reader.Store.Keep(mask), reader.Store.Keep(xor)),
            NFT_BITWISE_LSHIFT or NFT_BITWISE_RSHIFT when constant.Length == 4 && !hasMask && !second.IsPresent =>
                new ShiftExpression(source, target, length, operation == NFT_BITWISE_RSHIFT, BitConverter.ToUInt32(constant)),
            > NFT_BITWISE_RSHIFT when hasConstant != second.IsPresent && !hasMask =>
                new RegisterBitwiseExpression((NftBitwiseOperator)operation, source, second, reader.Store.Keep(constant), target, length),
            _ => null,
        };
    }

    private static LookupExpression? Lookup(ReadOnlySpan<byte> data, NftExpressionReader reader)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_LOOKUP_SET, NFTA_LOOKUP_SREG, NFTA_LOOKUP_DREG, NFTA_LOOKUP_SET_ID,
            NFTA_LOOKUP_FLAGS));
        NftRegister source = f.Register(NFTA_LOOKUP_SREG), target = f.Register(NFTA_LOOKUP_DREG);
        uint flags = f.AtMost(f.UInt32(NFTA_LOOKUP_FLAGS), 1);
        return f.IsValid && f.Has(NFTA_LOOKUP_SET) && source.IsPresent
            ? new LookupExpression(reader.Names.Of(f.Bytes(NFTA_LOOKUP_SET)), source, target, flags == 1) : null;
    }

    private static RangeExpression? Range(ReadOnlySpan<byte> data, NftExpressionReader reader)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_RANGE_SREG, NFTA_RANGE_OP, NFTA_RANGE_FROM_DATA, NFTA_RANGE_TO_DATA));
        var source = f.Register(NFTA_RANGE_SREG);
        uint operation = f.AtMost(f.UInt32(NFTA_RANGE_OP, uint.MaxValue), 1);
        return f.IsValid && source.IsPresent && NftDataReader.TryValue(f.Bytes(NFTA_RANGE_FROM_DATA), out var from)
            && NftDataReader.TryValue(f.Bytes(NFTA_RANGE_TO_DATA), out var to)
            ? new RangeExpression(source, operation == 1, reader.Store.Keep(from), reader.Store.Keep(to)) : null;
    }

    private static ByteorderExpression? Byteorder(ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_BYTEORDER_SREG, NFTA_BYTEORDER_DREG, NFTA_BYTEORDER_OP, NFTA_BYTEORDER_LEN,
            NFTA_BYTEORDER_SIZE));
        uint operation = f.AtMost(f.UInt32(NFTA_BYTEORDER_OP, uint.MaxValue), 1);
        var expression = new ByteorderExpression(
            f.Register(NFTA_BYTEORDER_SREG), f.Register(NFTA_BYTEORDER_DREG), operation == 0, f.UInt32(NFTA_BYTEORDER_LEN),
                f.UInt32(NFTA_BYTEORDER_SIZE));
        return f.IsValid && f.Has(NFTA_BYTEORDER_SREG) && f.Has(NFTA_BYTEORDER_DREG) ? expression : null;
    }

    private static DynsetExpression? Dynset(ReadOnlySpan<byte> data, NftExpressionReader reader)
    {
        var f = new NftFields(data, NftFields.Bits(
            NFTA_DYNSET_SET_NAME, NFTA_DYNSET_SET_ID, NFTA_DYNSET_OP, NFTA_DYNSET_SREG_KEY, NFTA_DYNSET_SREG_DATA, NFTA_DYNSET_TIMEOUT,
                NFTA_DYNSET_EXPR,
            NFTA_DYNSET_PAD) | NftFields.Bits(NFTA_DYNSET_FLAGS, NFTA_DYNSET_EXPRESSIONS));
        var operation = (NftDynsetOperation)f.AtMost(f.UInt32(NFTA_DYNSET_OP, uint.MaxValue), (uint)NftDynsetOperation.Delete);
        NftRegister key = f.Register(NFTA_DYNSET_SREG_KEY), value = f.Register(NFTA_DYNSET_SREG_DATA);
        var timeout = f.Milliseconds(NFTA_DYNSET_TIMEOUT);
        uint flags = f.AtMost(f.UInt32(NFTA_DYNSET_FLAGS), 3);
        if (!f.IsValid || !f.Has(NFTA_DYNSET_SET_NAME) || !key.IsPresent)
        {
            return null;
        }

        NftExpression[] expressions = f.Has(NFTA_DYNSET_EXPRESSIONS)
            ? reader.ReadList(new NetlinkAttributes(f.Bytes(NFTA_DYNSET_EXPRESSIONS)))
            : f.Has(NFTA_DYNSET_EXPR) ? [reader.Read(f.Bytes(NFTA_DYNSET_EXPR))] : [];
        return new DynsetExpression(reader.Names.Of(f.Bytes(NFTA_DYNSET_SET_NAME)), operation, key, value, timeout, flags, expressions);
    }

    private static NftExpression? Objref(ReadOnlySpan<byte> data, NftExpressionReader reader)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_OBJREF_IMM_TYPE, NFTA_OBJREF_IMM_NAME, NFTA_OBJREF_SET_SREG, NFTA_OBJREF_SET_NAME,
            NFTA_OBJREF_SET_ID));
        uint type = f.UInt32(NFTA_OBJREF_IMM_TYPE);
        var source = f.Register(NFTA_OBJREF_SET_SREG);
        return !f.IsValid ? null
            : f.Has(NFTA_OBJREF_IMM_NAME) ? new ObjrefExpression((NftObjectType)type, reader.Names.Of(f.Bytes(NFTA_OBJREF_IMM_NAME)))
            : f.Has(NFTA_OBJREF_SET_NAME) && source.IsPresent ? new ObjrefMapExpression(reader.Names.Of(f.Bytes(NFTA_OBJREF_SET_NAME)),
                source) : null;
    }
}
