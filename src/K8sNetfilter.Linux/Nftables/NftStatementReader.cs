using K8sNetfilter.Netlink;
using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Nftables.Expressions.Statements;
using static K8sNetfilter.Interop.Netlink.NfTableAttributes;
using static K8sNetfilter.Interop.Netlink.NfTables;

namespace K8sNetfilter.Nftables;

/// <summary>Reads the expressions that do something with a packet. Null for one that is of another kind, or not as it is known.</summary>
internal static class NftStatementReader
{
    private const uint NatFlags = 0x7f;

    public static NftExpression? Read(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data, NftExpressionReader reader) => name switch
    {
        _ when name.SequenceEqual("counter"u8) => Counter(data),
        _ when name.SequenceEqual("nat"u8) => Nat(data),
        _ when name.SequenceEqual("masq"u8) => Masquerade(data),
        _ when name.SequenceEqual("redir"u8) => Redirect(data),
        _ when name.SequenceEqual("reject"u8) => Reject(data),
        _ when name.SequenceEqual("limit"u8) => Limit(data),
        _ when name.SequenceEqual("quota"u8) => Quota(data),
        _ when name.SequenceEqual("log"u8) => Log(data),
        _ when name.SequenceEqual("notrack"u8) => new NftFields(data, 0).IsValid ? new NotrackExpression() : null,
        _ when name.SequenceEqual("tproxy"u8) => Tproxy(data),
        _ when name.SequenceEqual("fwd"u8) => Forward(data),
        _ when name.SequenceEqual("dup"u8) => Duplicate(data),
        _ when name.SequenceEqual("queue"u8) => Queue(data),
        _ when name.SequenceEqual("synproxy"u8) => Synproxy(data),
        _ when name.SequenceEqual("connlimit"u8) => Connlimit(data),
        _ when name.SequenceEqual("last"u8) => Last(data),
        _ when name.SequenceEqual("flow_offload"u8) => Flow(data, reader),
        _ when name.SequenceEqual("match"u8) => Match(data, reader),
        _ when name.SequenceEqual("target"u8) => Target(data, reader),
        _ => null,
    };

    private static CounterExpression? Counter(ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_COUNTER_BYTES, NFTA_COUNTER_PACKETS, NFTA_COUNTER_PAD));
        var expression = new CounterExpression(f.UInt64(NFTA_COUNTER_PACKETS), f.UInt64(NFTA_COUNTER_BYTES));
        return f.IsValid ? expression : null;
    }

    private static NatExpression? Nat(ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, NftFields.Bits(
            NFTA_NAT_TYPE, NFTA_NAT_FAMILY, NFTA_NAT_REG_ADDR_MIN, NFTA_NAT_REG_ADDR_MAX, NFTA_NAT_REG_PROTO_MIN, NFTA_NAT_REG_PROTO_MAX,
                NFTA_NAT_FLAGS));
        uint type = f.AtMost(f.UInt32(NFTA_NAT_TYPE, uint.MaxValue), NFT_NAT_DNAT), flags = f.AtMost(f.UInt32(NFTA_NAT_FLAGS), NatFlags);
        var expression = new NatExpression(
            type == NFT_NAT_DNAT, (NftFamily)f.UInt32(NFTA_NAT_FAMILY), f.Register(NFTA_NAT_REG_ADDR_MIN),
                f.Register(NFTA_NAT_REG_ADDR_MAX),
            f.Register(NFTA_NAT_REG_PROTO_MIN), f.Register(NFTA_NAT_REG_PROTO_MAX), (NftNatFlags)flags);
        return f.IsValid ? expression : null;
    }

    private static MasqueradeExpression? Masquerade(ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_MASQ_FLAGS, NFTA_MASQ_REG_PROTO_MIN, NFTA_MASQ_REG_PROTO_MAX));
        uint flags = f.AtMost(f.UInt32(NFTA_MASQ_FLAGS), NatFlags);
        var expression = new MasqueradeExpression(f.Register(NFTA_MASQ_REG_PROTO_MIN), f.Register(NFTA_MASQ_REG_PROTO_MAX),
            (NftNatFlags)flags);
        return f.IsValid ? expression : null;
    }

    private static RedirectExpression? Redirect(ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_REDIR_REG_PROTO_MIN, NFTA_REDIR_REG_PROTO_MAX, NFTA_REDIR_FLAGS));
        uint flags = f.AtMost(f.UInt32(NFTA_REDIR_FLAGS), NatFlags);
        var expression = new RedirectExpression(f.Register(NFTA_REDIR_REG_PROTO_MIN), f.Register(NFTA_REDIR_REG_PROTO_MAX),
            (NftNatFlags)flags);
        return f.IsValid ? expression : null;
    }

    private static RejectExpression? Reject(ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_REJECT_TYPE, NFTA_REJECT_ICMP_CODE));
        var type = (NftRejectType)f.AtMost(f.UInt32(NFTA_REJECT_TYPE, uint.MaxValue), (uint)NftRejectType.Icmpx);
        var expression = new RejectExpression(type, f.Byte(NFTA_REJECT_ICMP_CODE));
        return f.IsValid ? expression : null;
    }

    private static LimitExpression? Limit(ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, NftFields.Bits(
            NFTA_LIMIT_RATE, NFTA_LIMIT_UNIT, NFTA_LIMIT_BURST, NFTA_LIMIT_TYPE, NFTA_LIMIT_FLAGS, NFTA_LIMIT_PAD));
        uint type = f.AtMost(f.UInt32(NFTA_LIMIT_TYPE), 1), flags = f.AtMost(f.UInt32(NFTA_LIMIT_FLAGS), 1);
        var expression = new LimitExpression(f.UInt64(NFTA_LIMIT_RATE), f.UInt64(NFTA_LIMIT_UNIT), f.UInt32(NFTA_LIMIT_BURST), type == 1,
            flags == 1);
        return f.IsValid ? expression : null;
    }

    private static QuotaExpression? Quota(ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_QUOTA_BYTES, NFTA_QUOTA_FLAGS, NFTA_QUOTA_PAD, NFTA_QUOTA_CONSUMED));
        var expression = new QuotaExpression(f.UInt64(NFTA_QUOTA_BYTES), f.UInt64(NFTA_QUOTA_CONSUMED),
            f.AtMost(f.UInt32(NFTA_QUOTA_FLAGS), 3));
        return f.IsValid ? expression : null;
    }

    private static LogExpression? Log(ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, NftFields.Bits(
            NFTA_LOG_GROUP, NFTA_LOG_PREFIX, NFTA_LOG_SNAPLEN, NFTA_LOG_QTHRESHOLD, NFTA_LOG_LEVEL, NFTA_LOG_FLAGS));
        var expression = new LogExpression(
            f.Has(NFTA_LOG_PREFIX) ? KernelText.Decode(f.Bytes(NFTA_LOG_PREFIX)) : null,
            f.Has(NFTA_LOG_GROUP) ? f.UInt16(NFTA_LOG_GROUP) : null,
            f.Has(NFTA_LOG_SNAPLEN) ? f.UInt32(NFTA_LOG_SNAPLEN) : null,
            f.Has(NFTA_LOG_QTHRESHOLD) ? f.UInt16(NFTA_LOG_QTHRESHOLD) : null,
            f.Has(NFTA_LOG_LEVEL) ? f.UInt32(NFTA_LOG_LEVEL) : null,
            f.Has(NFTA_LOG_FLAGS) ? f.UInt32(NFTA_LOG_FLAGS) : null);
        return f.IsValid ? expression : null;
    }

    private static TproxyExpression? Tproxy(ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_TPROXY_FAMILY, NFTA_TPROXY_REG_ADDR, NFTA_TPROXY_REG_PORT));
        var expression = new TproxyExpression(
            (NftFamily)f.UInt32(NFTA_TPROXY_FAMILY), f.Register(NFTA_TPROXY_REG_ADDR), f.Register(NFTA_TPROXY_REG_PORT));
        return f.IsValid ? expression : null;
    }

    private static FwdExpression? Forward(ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_FWD_SREG_DEV, NFTA_FWD_SREG_ADDR, NFTA_FWD_NFPROTO));
        var expression = new FwdExpression(f.Register(NFTA_FWD_SREG_DEV), f.Register(NFTA_FWD_SREG_ADDR),
            (NftFamily)f.UInt32(NFTA_FWD_NFPROTO));
        return f.IsValid ? expression : null;
    }

    private static DupExpression? Duplicate(ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_DUP_SREG_ADDR, NFTA_DUP_SREG_DEV));
        var expression = new DupExpression(f.Register(NFTA_DUP_SREG_ADDR), f.Register(NFTA_DUP_SREG_DEV));
        return f.IsValid ? expression : null;
    }

    private static QueueExpression? Queue(ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_QUEUE_NUM, NFTA_QUEUE_TOTAL, NFTA_QUEUE_FLAGS, NFTA_QUEUE_SREG_QNUM));
        var expression = new QueueExpression(
            f.UInt16(NFTA_QUEUE_NUM), f.UInt16(NFTA_QUEUE_TOTAL), f.Register(NFTA_QUEUE_SREG_QNUM),
                (ushort)f.AtMost(f.UInt16(NFTA_QUEUE_FLAGS), 3));
        return f.IsValid ? expression : null;
    }

    private static SynproxyExpression? Synproxy(ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_SYNPROXY_MSS, NFTA_SYNPROXY_WSCALE, NFTA_SYNPROXY_FLAGS));
        var expression = new SynproxyExpression(f.UInt16(NFTA_SYNPROXY_MSS), f.Byte(NFTA_SYNPROXY_WSCALE), f.UInt32(NFTA_SYNPROXY_FLAGS));
        return f.IsValid ? expression : null;
    }

    private static ConnlimitExpression? Connlimit(ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_CONNLIMIT_COUNT, NFTA_CONNLIMIT_FLAGS));
        uint flags = f.AtMost(f.UInt32(NFTA_CONNLIMIT_FLAGS), 1);
        var expression = new ConnlimitExpression(f.UInt32(NFTA_CONNLIMIT_COUNT), flags == 1);
        return f.IsValid ? expression : null;
    }

    private static LastExpression? Last(ReadOnlySpan<byte> data)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_LAST_SET, NFTA_LAST_MSECS, NFTA_LAST_PAD));
        var expression = new LastExpression(f.UInt32(NFTA_LAST_SET) == 0 ? null : f.Milliseconds(NFTA_LAST_MSECS));
        return f.IsValid ? expression : null;
    }

    private static FlowOffloadExpression? Flow(ReadOnlySpan<byte> data, NftExpressionReader reader)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_FLOW_TABLE_NAME));
        return f.IsValid && f.Has(NFTA_FLOW_TABLE_NAME) ? new FlowOffloadExpression(reader.Names.Of(f.Bytes(NFTA_FLOW_TABLE_NAME))) : null;
    }

    private static MatchExpression? Match(ReadOnlySpan<byte> data, NftExpressionReader reader)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_MATCH_NAME, NFTA_MATCH_REV, NFTA_MATCH_INFO));
        uint revision = f.UInt32(NFTA_MATCH_REV);
        return f.IsValid && f.Has(NFTA_MATCH_NAME)
            ? new MatchExpression(reader.Names.Of(f.Bytes(NFTA_MATCH_NAME)), revision, reader.Store.Keep(f.Bytes(NFTA_MATCH_INFO))) : null;
    }

    private static TargetExpression? Target(ReadOnlySpan<byte> data, NftExpressionReader reader)
    {
        var f = new NftFields(data, NftFields.Bits(NFTA_TARGET_NAME, NFTA_TARGET_REV, NFTA_TARGET_INFO));
        uint revision = f.UInt32(NFTA_TARGET_REV);
        return f.IsValid && f.Has(NFTA_TARGET_NAME)
            ? new TargetExpression(reader.Names.Of(f.Bytes(NFTA_TARGET_NAME)), revision, reader.Store.Keep(f.Bytes(NFTA_TARGET_INFO)))
                : null;
    }
}
