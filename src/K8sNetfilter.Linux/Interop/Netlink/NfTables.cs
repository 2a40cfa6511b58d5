namespace K8sNetfilter.Interop.Netlink;

/// <summary>Numbers of nf_tables under the kernel's own names, so that a test can prove each of them against the C headers.</summary>
internal static class NfTables
{
    // linux/netfilter/nfnetlink.h
    public const int NFNL_SUBSYS_CTNETLINK = 1;
    public const int NFNL_SUBSYS_NFTABLES = 10;
    public const int NFNL_MSG_BATCH_BEGIN = 16;
    public const int NFNL_MSG_BATCH_END = 17;
    public const int NFNETLINK_V0 = 0;

    // linux/netfilter/nf_tables.h: message types
    public const int NFT_MSG_NEWTABLE = 0;
    public const int NFT_MSG_GETTABLE = 1;
    public const int NFT_MSG_DELTABLE = 2;
    public const int NFT_MSG_NEWCHAIN = 3;
    public const int NFT_MSG_GETCHAIN = 4;
    public const int NFT_MSG_NEWRULE = 6;
    public const int NFT_MSG_GETRULE = 7;
    public const int NFT_MSG_NEWGEN = 15;
    public const int NFT_MSG_GETGEN = 16;

    // linux/netfilter/nf_tables.h: tables, chains, rules and their parts
    public const int NFTA_GEN_ID = 1;
    public const int NFTA_TABLE_NAME = 1;
    public const int NFTA_TABLE_FLAGS = 2;
    public const int NFTA_CHAIN_TABLE = 1;
    public const int NFTA_CHAIN_NAME = 3;
    public const int NFTA_CHAIN_HOOK = 4;
    public const int NFTA_CHAIN_POLICY = 5;
    public const int NFTA_CHAIN_TYPE = 7;
    public const int NFTA_HOOK_HOOKNUM = 1;
    public const int NFTA_HOOK_PRIORITY = 2;
    public const int NFTA_RULE_TABLE = 1;
    public const int NFTA_RULE_CHAIN = 2;
    public const int NFTA_RULE_EXPRESSIONS = 4;
    public const int NFTA_RULE_USERDATA = 7;
    public const int NFTA_LIST_ELEM = 1;
    public const int NFTA_EXPR_NAME = 1;
    public const int NFTA_EXPR_DATA = 2;
    public const int NFTA_DATA_VALUE = 1;
    public const int NFTA_DATA_VERDICT = 2;
    public const int NFTA_VERDICT_CODE = 1;
    public const int NFTA_VERDICT_CHAIN = 2;
    public const int NFTA_CHAIN_FLAGS = 10;
    public const int NFT_CHAIN_BASE = 1;

    // linux/netfilter/nf_tables.h: expressions
    public const int NFTA_IMMEDIATE_DREG = 1;
    public const int NFTA_IMMEDIATE_DATA = 2;
    public const int NFTA_CMP_SREG = 1;
    public const int NFTA_CMP_OP = 2;
    public const int NFTA_CMP_DATA = 3;
    public const int NFTA_BITWISE_SREG = 1;
    public const int NFTA_BITWISE_DREG = 2;
    public const int NFTA_BITWISE_LEN = 3;
    public const int NFTA_BITWISE_MASK = 4;
    public const int NFTA_BITWISE_XOR = 5;
    public const int NFTA_PAYLOAD_DREG = 1;
    public const int NFTA_PAYLOAD_BASE = 2;
    public const int NFTA_PAYLOAD_OFFSET = 3;
    public const int NFTA_PAYLOAD_LEN = 4;
    public const int NFTA_META_DREG = 1;
    public const int NFTA_META_KEY = 2;
    public const int NFTA_META_SREG = 3;
    public const int NFTA_CT_DREG = 1;
    public const int NFTA_CT_KEY = 2;
    public const int NFTA_CT_DIRECTION = 3;
    public const int NFTA_CT_SREG = 4;
    public const int NFTA_NAT_TYPE = 1;
    public const int NFTA_NAT_FAMILY = 2;
    public const int NFTA_NAT_REG_ADDR_MIN = 3;
    public const int NFTA_NAT_REG_ADDR_MAX = 4;
    public const int NFTA_NAT_REG_PROTO_MIN = 5;
    public const int NFTA_NAT_REG_PROTO_MAX = 6;
    public const int NFTA_NAT_FLAGS = 7;
    public const int NFTA_MASQ_FLAGS = 1;
    public const int NFTA_REJECT_TYPE = 1;
    public const int NFTA_REJECT_ICMP_CODE = 2;
    public const int NFTA_COUNTER_BYTES = 1;
    public const int NFTA_COUNTER_PACKETS = 2;
    public const int NFTA_NG_DREG = 1;
    public const int NFTA_NG_MODULUS = 2;
    public const int NFTA_NG_TYPE = 3;
    public const int NFTA_NG_OFFSET = 4;

    // linux/netfilter/nf_tables.h: values
    public const int NFT_NAT_SNAT = 0;
    public const int NFT_NAT_DNAT = 1;
    public const int NFT_NG_INCREMENTAL = 0;
    public const int NFT_NG_RANDOM = 1;
    public const int NFT_REJECT_ICMP_UNREACH = 0;
    public const int NFT_REJECT_TCP_RST = 1;
    public const int NFT_REJECT_ICMPX_UNREACH = 2;
    public const int NFT_REJECT_ICMPX_PORT_UNREACH = 1;
    public const int NFT_CMP_EQ = 0;
    public const int NFT_CMP_NEQ = 1;
    public const int NFT_CMP_LT = 2;
    public const int NFT_CMP_LTE = 3;
    public const int NFT_CMP_GT = 4;
    public const int NFT_CMP_GTE = 5;
    public const int NFT_PAYLOAD_LL_HEADER = 0;
    public const int NFT_PAYLOAD_NETWORK_HEADER = 1;
    public const int NFT_PAYLOAD_TRANSPORT_HEADER = 2;
    public const int NFT_META_LEN = 0;
    public const int NFT_META_PROTOCOL = 1;
    public const int NFT_META_MARK = 3;
    public const int NFT_META_IIF = 4;
    public const int NFT_META_OIF = 5;
    public const int NFT_META_IIFNAME = 6;
    public const int NFT_META_OIFNAME = 7;
    public const int NFT_META_L4PROTO = 16;
    public const int NFT_META_NFPROTO = 15;
    public const int NFT_META_BRI_IIFNAME = 17;
    public const int NFT_META_BRI_OIFNAME = 18;
    public const int NFT_CT_STATE = 0;
    public const int NFT_CT_DIRECTION = 1;
    public const int NFT_CT_STATUS = 2;
    public const int NFT_CT_MARK = 3;
    public const int NFT_REG_VERDICT = 0;
    public const int NFT_REG_1 = 1;
    public const int NFT_REG_2 = 2;
    public const int NFT_REG32_00 = 8;
    public const int NFT_REG32_01 = 9;
    public const int NFT_JUMP = -3;
    public const int NFT_GOTO = -4;
    public const int NFT_RETURN = -5;
    public const int NFT_CONTINUE = -1;

    // linux/netfilter.h: hooks, families, verdicts; linux/netfilter_ipv4.h: priorities; linux/netfilter/nf_nat.h
    public const int NF_DROP = 0;
    public const int NF_ACCEPT = 1;
    public const int NF_INET_PRE_ROUTING = 0;
    public const int NF_INET_LOCAL_IN = 1;
    public const int NF_INET_FORWARD = 2;
    public const int NF_INET_LOCAL_OUT = 3;
    public const int NF_INET_POST_ROUTING = 4;
    public const int NFPROTO_INET = 1;
    public const int NFPROTO_IPV4 = 2;
    public const int NFPROTO_IPV6 = 10;
    public const int NFPROTO_BRIDGE = 7;
    public const int NFPROTO_ARP = 3;
    public const int NF_NAT_RANGE_PROTO_RANDOM_FULLY = 16;
    public const int NF_NAT_RANGE_PROTO_RANDOM = 4;
    public const int NF_IP_PRI_RAW = -300;
    public const int NF_IP_PRI_MANGLE = -150;
    public const int NF_IP_PRI_NAT_DST = -100;
    public const int NF_IP_PRI_FILTER = 0;
    public const int NF_IP_PRI_NAT_SRC = 100;
    public const int NF_IP_PRI_CONNTRACK = -200;
}
