using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Nftables.Expressions.Loads;
using static K8sNetfilter.Interop.Netlink.NfTableAttributes;
using static K8sNetfilter.Interop.Netlink.NfTables;

namespace K8sNetfilter.Nftables;

/// <summary>Reads the expressions that load and write registers. Null for one that is of another kind, or not as it is known.</summary>
internal static class NftLoadReader
{
    // nft_inner.c, since Linux 6.2.
    private const int NFTA_INNER_NUM = 1;
    private const int NFTA_INNER_TYPE = 2;
    private const int NFTA_INNER_FLAGS = 3;
    private const int NFTA_INNER_HDRSIZE = 4;
    private const int NFTA_INNER_EXPR = 5;

    public static NftExpression? Read(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data, NftExpressionReader reader) => name switch
    {
        _ when name.SequenceEqual("payload"u8) => Payload(data),
        _ when name.SequenceEqual("meta"u8) => Meta(data),
        _ when name.SequenceEqual("ct"u8) => Ct(data),
        _ when name.SequenceEqual("immediate"u8) => Immediate(data, reader),
        _ when name.SequenceEqual("fib"u8) => Fib(data),
        _ when name.SequenceEqual("rt"u8) => Rt(data),
        _ when name.SequenceEqual("numgen"u8) => Numgen(data),
        _ when name.SequenceEqual("hash"u8) => Hash(data),
        _ when name.SequenceEqual("exthdr"u8) => Exthdr(data),
        _ when name.SequenceEqual("socket"u8) => Socket(data),
        _ when name.SequenceEqual("osf"u8) => Osf(data),
        _ when name.SequenceEqual("tunnel"u8) => Tunnel(data),
        _ when name.SequenceEqual("xfrm"u8) => Xfrm(data),
        _ when name.SequenceEqual("inner"u8) => Inner(data, reader),
        _ => null,
    };

    private static NftExpression? Payload(ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, 0x1fe);
        var header = (NftPayloadBase)f.AtMost(f.UInt32(NFTA_PAYLOAD_BASE, uint.MaxValue), (uint)NftPayloadBase.Tunnel);
        uint offset = f.UInt32(NFTA_PAYLOAD_OFFSET), length = f.UInt32(NFTA_PAYLOAD_LEN);
        NftExpression expression;
        if (f.Has(NFTA_PAYLOAD_SREG))
        {
            var checksum = (NftChecksum)f.AtMost(f.UInt32(NFTA_PAYLOAD_CSUM_TYPE), (uint)NftChecksum.Sctp);
            expression = new PayloadWriteExpression(
                header, offset, length, f.Register(NFTA_PAYLOAD_SREG), checksum, f.UInt32(NFTA_PAYLOAD_CSUM_OFFSET),
                    f.UInt32(NFTA_PAYLOAD_CSUM_FLAGS));
        }
        else
        {
            expression = new PayloadExpression(header, offset, length, f.Register(NFTA_PAYLOAD_DREG));
        }

        return f.IsValid && f.Has(NFTA_PAYLOAD_SREG) != f.Has(NFTA_PAYLOAD_DREG) ? expression : null;
    }

    private static NftExpression? Meta(ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_META_DREG, NFTA_META_KEY, NFTA_META_SREG));
        var key = (NftMetaKey)f.UInt32(NFTA_META_KEY, uint.MaxValue);
        NftExpression expression = f.Has(NFTA_META_SREG)
            ? new MetaWriteExpression(key, f.Register(NFTA_META_SREG)) : new MetaExpression(key, f.Register(NFTA_META_DREG));
        return f.IsValid && key is >= 0 and <= NftMetaKey.BridgeInputAddress && f.Has(NFTA_META_SREG) != f.Has(NFTA_META_DREG) ? expression
            : null;
    }

    private static NftExpression? Ct(ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_CT_DREG, NFTA_CT_KEY, NFTA_CT_DIRECTION, NFTA_CT_SREG));
        var key = (NftCtKey)f.UInt32(NFTA_CT_KEY, uint.MaxValue);
        var direction = f.Has(NFTA_CT_DIRECTION) ? (NftCtDirection)f.AtMost(f.Byte(NFTA_CT_DIRECTION), 1) : NftCtDirection.None;
        NftExpression expression = f.Has(NFTA_CT_SREG)
            ? new CtWriteExpression(key, direction, f.Register(NFTA_CT_SREG)) : new CtExpression(key, direction, f.Register(NFTA_CT_DREG));
        return f.IsValid && key is >= 0 and <= NftCtKey.Id && f.Has(NFTA_CT_SREG) != f.Has(NFTA_CT_DREG) ? expression : null;
    }

    private static NftExpression? Immediate(ReadOnlySpan<byte> data, NftExpressionReader reader)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_IMMEDIATE_DREG, NFTA_IMMEDIATE_DATA));
        var target = f.Register(NFTA_IMMEDIATE_DREG);
        var value = f.Bytes(NFTA_IMMEDIATE_DATA);
        if (!f.IsValid || !target.IsPresent)
        {
            return null;
        }

        return target.IsVerdict
            ? NftDataReader.TryVerdict(value, reader.Names, out var verdict) ? new VerdictExpression(verdict) : null
            : NftDataReader.TryValue(value, out var bytes) ? new ImmediateExpression(target, reader.Store.Keep(bytes)) : null;
    }

    private static FibExpression? Fib(ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_FIB_DREG, NFTA_FIB_RESULT, NFTA_FIB_FLAGS));
        uint result = f.UInt32(NFTA_FIB_RESULT);
        uint flags = f.AtMost(f.UInt32(NFTA_FIB_FLAGS), 0x3f);
        var expression = new FibExpression((NftFibResult)result, (NftFibFlags)flags, f.Register(NFTA_FIB_DREG));
        return f.IsValid && result is >= 1 and <= 3 && f.Has(NFTA_FIB_DREG) ? expression : null;
    }

    private static RtExpression? Rt(ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_RT_DREG, NFTA_RT_KEY));
        var key = (NftRtKey)f.AtMost(f.UInt32(NFTA_RT_KEY, uint.MaxValue), (uint)NftRtKey.IPsec);
        var expression = new RtExpression(key, f.Register(NFTA_RT_DREG));
        return f.IsValid && f.Has(NFTA_RT_DREG) ? expression : null;
    }

    private static NumgenExpression? Numgen(ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_NG_DREG, NFTA_NG_MODULUS, NFTA_NG_TYPE, NFTA_NG_OFFSET));
        var mode = (NftNumgenMode)f.AtMost(f.UInt32(NFTA_NG_TYPE, uint.MaxValue), (uint)NftNumgenMode.Random);
        var expression = new NumgenExpression(mode, f.UInt32(NFTA_NG_MODULUS), f.UInt32(NFTA_NG_OFFSET), f.Register(NFTA_NG_DREG));
        return f.IsValid && f.Has(NFTA_NG_DREG) ? expression : null;
    }

    private static HashExpression? Hash(ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, NftFields.Bits(
            NFTA_HASH_SREG, NFTA_HASH_DREG, NFTA_HASH_LEN, NFTA_HASH_MODULUS, NFTA_HASH_SEED, NFTA_HASH_OFFSET, NFTA_HASH_TYPE));
        // Kernels before 4.12 have jhash only and do not say it.
        var mode = (NftHashMode)f.AtMost(f.UInt32(NFTA_HASH_TYPE), (uint)NftHashMode.Symmetric);
        uint? seed = f.Has(NFTA_HASH_SEED) ? f.UInt32(NFTA_HASH_SEED) : null;
        var expression = new HashExpression(
            mode, f.Register(NFTA_HASH_SREG), f.UInt32(NFTA_HASH_LEN), f.UInt32(NFTA_HASH_MODULUS), seed, f.UInt32(NFTA_HASH_OFFSET),
            f.Register(NFTA_HASH_DREG));
        return f.IsValid && f.Has(NFTA_HASH_DREG) ? expression : null;
    }

    private static NftExpression? Exthdr(ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, NftFields.Bits(
            NFTA_EXTHDR_DREG, NFTA_EXTHDR_TYPE, NFTA_EXTHDR_OFFSET, NFTA_EXTHDR_LEN, NFTA_EXTHDR_FLAGS, NFTA_EXTHDR_OP, NFTA_EXTHDR_SREG));
        // Kernels before 4.11 have IPv6's headers only and do not say it.
        var operation = (NftExthdrOperation)f.AtMost(f.UInt32(NFTA_EXTHDR_OP), (uint)NftExthdrOperation.Dccp);
        byte type = f.Byte(NFTA_EXTHDR_TYPE);
        uint offset = f.UInt32(NFTA_EXTHDR_OFFSET), length = f.UInt32(NFTA_EXTHDR_LEN), flags = f.AtMost(f.UInt32(NFTA_EXTHDR_FLAGS), 1);
        // One without a register takes an option away; the kernel does it for TCP only.
        NftExpression expression = f.Has(NFTA_EXTHDR_DREG)
            ? new ExthdrExpression(operation, type, offset, length, flags, f.Register(NFTA_EXTHDR_DREG))
            : new ExthdrWriteExpression(operation, type, offset, length, f.Register(NFTA_EXTHDR_SREG));
        return f.IsValid && !(f.Has(NFTA_EXTHDR_DREG) && f.Has(NFTA_EXTHDR_SREG)) ? expression : null;
    }

    private static SocketExpression? Socket(ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_SOCKET_KEY, NFTA_SOCKET_DREG, NFTA_SOCKET_LEVEL));
        var key = (NftSocketKey)f.AtMost(f.UInt32(NFTA_SOCKET_KEY, uint.MaxValue), (uint)NftSocketKey.CgroupV2);
        var expression = new SocketExpression(key, f.UInt32(NFTA_SOCKET_LEVEL), f.Register(NFTA_SOCKET_DREG));
        return f.IsValid && f.Has(NFTA_SOCKET_DREG) ? expression : null;
    }

    private static OsfExpression? Osf(ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_OSF_DREG, NFTA_OSF_TTL, NFTA_OSF_FLAGS));
        var expression = new OsfExpression(f.Byte(NFTA_OSF_TTL), f.UInt32(NFTA_OSF_FLAGS), f.Register(NFTA_OSF_DREG));
        return f.IsValid && f.Has(NFTA_OSF_DREG) ? expression : null;
    }

    private static TunnelExpression? Tunnel(ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_TUNNEL_KEY, NFTA_TUNNEL_DREG, NFTA_TUNNEL_MODE));
        var key = (NftTunnelKey)f.AtMost(f.UInt32(NFTA_TUNNEL_KEY, uint.MaxValue), (uint)NftTunnelKey.Id);
        var expression = new TunnelExpression(key, f.UInt32(NFTA_TUNNEL_MODE), f.Register(NFTA_TUNNEL_DREG));
        return f.IsValid && f.Has(NFTA_TUNNEL_DREG) ? expression : null;
    }

    private static XfrmExpression? Xfrm(ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_XFRM_DREG, NFTA_XFRM_KEY, NFTA_XFRM_DIR, NFTA_XFRM_SPNUM));
        uint key = f.UInt32(NFTA_XFRM_KEY);
        var expression = new XfrmExpression((NftXfrmKey)key, f.Byte(NFTA_XFRM_DIR), f.UInt32(NFTA_XFRM_SPNUM), f.Register(NFTA_XFRM_DREG));
        return f.IsValid && key is >= 1 and <= 6 && f.Has(NFTA_XFRM_DREG) ? expression : null;
    }

    private static InnerExpression? Inner(ReadOnlySpan<byte> data, NftExpressionReader reader)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_INNER_NUM, NFTA_INNER_TYPE, NFTA_INNER_FLAGS, NFTA_INNER_HDRSIZE, NFTA_INNER_EXPR));
        if (!f.IsValid || !f.Has(NFTA_INNER_EXPR))
        {
            return null;
        }

        var expression = new InnerExpression(
            f.UInt32(NFTA_INNER_TYPE), f.UInt32(NFTA_INNER_FLAGS), f.UInt32(NFTA_INNER_HDRSIZE), f.UInt32(NFTA_INNER_NUM),
            reader.Read(f.Bytes(NFTA_INNER_EXPR)));
        return f.IsValid ? expression : null;
    }
}
