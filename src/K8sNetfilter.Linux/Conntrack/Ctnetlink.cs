namespace K8sNetfilter.Conntrack;

/// <summary>Numbers of the conntrack subsystem of nfnetlink (include/uapi/linux/netfilter/nfnetlink_conntrack.h, nfnetlink.h).</summary>
internal static class Ctnetlink
{
    // NFNL_SUBSYS_CTNETLINK << 8 with IPCTNL_MSG_CT_*.
    internal const ushort New = 0x100;
    internal const ushort Get = 0x101;
    internal const ushort Delete = 0x102;
    internal const ushort GetCpuStatistic = 0x104;
    internal const ushort GetStatistic = 0x105;

    // enum ctattr_type
    internal const int CTA_TUPLE_ORIG = 1;
    internal const int CTA_TUPLE_REPLY = 2;
    internal const int CTA_STATUS = 3;
    internal const int CTA_PROTOINFO = 4;
    internal const int CTA_HELP = 5;
    internal const int CTA_TIMEOUT = 7;
    internal const int CTA_MARK = 8;
    internal const int CTA_COUNTERS_ORIG = 9;
    internal const int CTA_COUNTERS_REPLY = 10;
    internal const int CTA_ID = 12;
    internal const int CTA_ZONE = 18;
    internal const int CTA_SECCTX = 19;
    internal const int CTA_TIMESTAMP = 20;
    internal const int CTA_MARK_MASK = 21;
    internal const int CTA_LABELS = 22;
    internal const int CTA_FILTER = 25;
    internal const int CTA_STATUS_MASK = 26;

    // enum ctattr_tuple
    internal const int CTA_TUPLE_IP = 1;
    internal const int CTA_TUPLE_PROTO = 2;
    internal const int CTA_TUPLE_ZONE = 3;

    // enum ctattr_ip
    internal const int CTA_IP_V4_SRC = 1;
    internal const int CTA_IP_V4_DST = 2;
    internal const int CTA_IP_V6_SRC = 3;
    internal const int CTA_IP_V6_DST = 4;

    // enum ctattr_l4proto
    internal const int CTA_PROTO_NUM = 1;
    internal const int CTA_PROTO_SRC_PORT = 2;
    internal const int CTA_PROTO_DST_PORT = 3;
    internal const int CTA_PROTO_ICMP_ID = 4;
    internal const int CTA_PROTO_ICMP_TYPE = 5;
    internal const int CTA_PROTO_ICMP_CODE = 6;
    internal const int CTA_PROTO_ICMPV6_ID = 7;
    internal const int CTA_PROTO_ICMPV6_TYPE = 8;
    internal const int CTA_PROTO_ICMPV6_CODE = 9;

    // enum ctattr_protoinfo, and the state within each of them
    internal const int CTA_PROTOINFO_TCP = 1;
    internal const int CTA_PROTOINFO_DCCP = 2;
    internal const int CTA_PROTOINFO_SCTP = 3;
    internal const int CTA_PROTOINFO_STATE = 1;

    // enum ctattr_counters, ctattr_tstamp, ctattr_help, ctattr_secctx
    internal const int CTA_COUNTERS_PACKETS = 1;
    internal const int CTA_COUNTERS_BYTES = 2;
    internal const int CTA_TIMESTAMP_START = 1;
    internal const int CTA_TIMESTAMP_STOP = 2;
    internal const int CTA_HELP_NAME = 1;
    internal const int CTA_SECCTX_NAME = 1;

    // enum ctattr_filter, and the flags of net/netfilter/nf_internals.h
    internal const int CTA_FILTER_ORIG_FLAGS = 1;
    internal const int CTA_FILTER_REPLY_FLAGS = 2;
    internal const uint FilterSource = 1 << 0;
    internal const uint FilterDestination = 1 << 1;
    internal const uint FilterProtocol = 1 << 3;
    internal const uint FilterSourcePort = 1 << 4;
    internal const uint FilterDestinationPort = 1 << 5;

    // enum ctattr_stats_cpu and ctattr_stats_global
    internal const int CTA_STATS_FOUND = 2;
    internal const int CTA_STATS_INVALID = 4;
    internal const int CTA_STATS_INSERT = 8;
    internal const int CTA_STATS_INSERT_FAILED = 9;
    internal const int CTA_STATS_DROP = 10;
    internal const int CTA_STATS_EARLY_DROP = 11;
    internal const int CTA_STATS_ERROR = 12;
    internal const int CTA_STATS_SEARCH_RESTART = 13;
    internal const int CTA_STATS_CLASH_RESOLVE = 14;
    internal const int CTA_STATS_CHAIN_TOOLONG = 15;
    internal const int CTA_STATS_GLOBAL_ENTRIES = 1;
    internal const int CTA_STATS_GLOBAL_MAX_ENTRIES = 2;

    /// <summary>Address families, as struct nfgenmsg has them.</summary>
    internal const byte AF_INET = 2;
    internal const byte AF_INET6 = 10;
}
