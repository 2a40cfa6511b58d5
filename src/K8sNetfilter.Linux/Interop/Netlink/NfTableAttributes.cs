namespace K8sNetfilter.Interop.Netlink;

/// <summary>
/// Attributes of nf_tables under the kernel's own names (linux/netfilter/nf_tables.h, nf_tables_compat.h), beside those of
/// <see cref="NfTables"/>, so that a test can prove each of them against the C headers.
/// </summary>
internal static class NfTableAttributes
{
    public const int NFT_MSG_NEWSET = 9;
    public const int NFT_MSG_GETSET = 10;
    public const int NFT_MSG_NEWSETELEM = 12;
    public const int NFT_MSG_GETSETELEM = 13;
    public const int NFT_MSG_NEWOBJ = 18;
    public const int NFT_MSG_GETOBJ = 19;
    public const int NFT_MSG_NEWFLOWTABLE = 22;
    public const int NFT_MSG_GETFLOWTABLE = 23;

    public const int NFTA_HOOK_DEV = 3;
    public const int NFTA_HOOK_DEVS = 4;

    public const int NFTA_TABLE_USE = 3;
    public const int NFTA_TABLE_HANDLE = 4;
    public const int NFTA_TABLE_PAD = 5;
    public const int NFTA_TABLE_USERDATA = 6;
    public const int NFTA_TABLE_OWNER = 7;

    public const int NFTA_CHAIN_HANDLE = 2;
    public const int NFTA_CHAIN_USE = 6;
    public const int NFTA_CHAIN_COUNTERS = 8;
    public const int NFTA_CHAIN_PAD = 9;
    public const int NFTA_CHAIN_ID = 11;
    public const int NFTA_CHAIN_USERDATA = 12;

    public const int NFTA_RULE_HANDLE = 3;
    public const int NFTA_RULE_COMPAT = 5;
    public const int NFTA_RULE_POSITION = 6;
    public const int NFTA_RULE_PAD = 8;
    public const int NFTA_RULE_ID = 9;
    public const int NFTA_RULE_POSITION_ID = 10;
    public const int NFTA_RULE_CHAIN_ID = 11;

    public const int NFTA_SET_DESC_SIZE = 1;
    public const int NFTA_SET_DESC_CONCAT = 2;

    public const int NFTA_SET_FIELD_LEN = 1;

    public const int NFTA_SET_TABLE = 1;
    public const int NFTA_SET_NAME = 2;
    public const int NFTA_SET_FLAGS = 3;
    public const int NFTA_SET_KEY_TYPE = 4;
    public const int NFTA_SET_KEY_LEN = 5;
    public const int NFTA_SET_DATA_TYPE = 6;
    public const int NFTA_SET_DATA_LEN = 7;
    public const int NFTA_SET_POLICY = 8;
    public const int NFTA_SET_DESC = 9;
    public const int NFTA_SET_ID = 10;
    public const int NFTA_SET_TIMEOUT = 11;
    public const int NFTA_SET_GC_INTERVAL = 12;
    public const int NFTA_SET_USERDATA = 13;
    public const int NFTA_SET_PAD = 14;
    public const int NFTA_SET_OBJ_TYPE = 15;
    public const int NFTA_SET_HANDLE = 16;
    public const int NFTA_SET_EXPR = 17;
    public const int NFTA_SET_EXPRESSIONS = 18;

    public const int NFTA_SET_ELEM_KEY = 1;
    public const int NFTA_SET_ELEM_DATA = 2;
    public const int NFTA_SET_ELEM_FLAGS = 3;
    public const int NFTA_SET_ELEM_TIMEOUT = 4;
    public const int NFTA_SET_ELEM_EXPIRATION = 5;
    public const int NFTA_SET_ELEM_USERDATA = 6;
    public const int NFTA_SET_ELEM_EXPR = 7;
    public const int NFTA_SET_ELEM_PAD = 8;
    public const int NFTA_SET_ELEM_OBJREF = 9;
    public const int NFTA_SET_ELEM_KEY_END = 10;
    public const int NFTA_SET_ELEM_EXPRESSIONS = 11;

    public const int NFTA_SET_ELEM_LIST_TABLE = 1;
    public const int NFTA_SET_ELEM_LIST_SET = 2;
    public const int NFTA_SET_ELEM_LIST_ELEMENTS = 3;
    public const int NFTA_SET_ELEM_LIST_SET_ID = 4;

    public const int NFTA_BITWISE_OP = 6;
    public const int NFTA_BITWISE_DATA = 7;

    public const int NFTA_BYTEORDER_SREG = 1;
    public const int NFTA_BYTEORDER_DREG = 2;
    public const int NFTA_BYTEORDER_OP = 3;
    public const int NFTA_BYTEORDER_LEN = 4;
    public const int NFTA_BYTEORDER_SIZE = 5;

    public const int NFTA_RANGE_SREG = 1;
    public const int NFTA_RANGE_OP = 2;
    public const int NFTA_RANGE_FROM_DATA = 3;
    public const int NFTA_RANGE_TO_DATA = 4;

    public const int NFTA_LOOKUP_SET = 1;
    public const int NFTA_LOOKUP_SREG = 2;
    public const int NFTA_LOOKUP_DREG = 3;
    public const int NFTA_LOOKUP_SET_ID = 4;
    public const int NFTA_LOOKUP_FLAGS = 5;

    public const int NFTA_DYNSET_SET_NAME = 1;
    public const int NFTA_DYNSET_SET_ID = 2;
    public const int NFTA_DYNSET_OP = 3;
    public const int NFTA_DYNSET_SREG_KEY = 4;
    public const int NFTA_DYNSET_SREG_DATA = 5;
    public const int NFTA_DYNSET_TIMEOUT = 6;
    public const int NFTA_DYNSET_EXPR = 7;
    public const int NFTA_DYNSET_PAD = 8;
    public const int NFTA_DYNSET_FLAGS = 9;
    public const int NFTA_DYNSET_EXPRESSIONS = 10;

    public const int NFTA_PAYLOAD_SREG = 5;
    public const int NFTA_PAYLOAD_CSUM_TYPE = 6;
    public const int NFTA_PAYLOAD_CSUM_OFFSET = 7;
    public const int NFTA_PAYLOAD_CSUM_FLAGS = 8;

    public const int NFTA_EXTHDR_DREG = 1;
    public const int NFTA_EXTHDR_TYPE = 2;
    public const int NFTA_EXTHDR_OFFSET = 3;
    public const int NFTA_EXTHDR_LEN = 4;
    public const int NFTA_EXTHDR_FLAGS = 5;
    public const int NFTA_EXTHDR_OP = 6;
    public const int NFTA_EXTHDR_SREG = 7;

    public const int NFTA_HASH_SREG = 1;
    public const int NFTA_HASH_DREG = 2;
    public const int NFTA_HASH_LEN = 3;
    public const int NFTA_HASH_MODULUS = 4;
    public const int NFTA_HASH_SEED = 5;
    public const int NFTA_HASH_OFFSET = 6;
    public const int NFTA_HASH_TYPE = 7;

    public const int NFTA_RT_DREG = 1;
    public const int NFTA_RT_KEY = 2;

    public const int NFTA_SOCKET_KEY = 1;
    public const int NFTA_SOCKET_DREG = 2;
    public const int NFTA_SOCKET_LEVEL = 3;

    public const int NFTA_FLOW_TABLE_NAME = 1;

    public const int NFTA_LIMIT_RATE = 1;
    public const int NFTA_LIMIT_UNIT = 2;
    public const int NFTA_LIMIT_BURST = 3;
    public const int NFTA_LIMIT_TYPE = 4;
    public const int NFTA_LIMIT_FLAGS = 5;
    public const int NFTA_LIMIT_PAD = 6;

    public const int NFTA_CONNLIMIT_COUNT = 1;
    public const int NFTA_CONNLIMIT_FLAGS = 2;

    public const int NFTA_LAST_SET = 1;
    public const int NFTA_LAST_MSECS = 2;
    public const int NFTA_LAST_PAD = 3;

    public const int NFTA_LOG_GROUP = 1;
    public const int NFTA_LOG_PREFIX = 2;
    public const int NFTA_LOG_SNAPLEN = 3;
    public const int NFTA_LOG_QTHRESHOLD = 4;
    public const int NFTA_LOG_LEVEL = 5;
    public const int NFTA_LOG_FLAGS = 6;

    public const int NFTA_QUEUE_NUM = 1;
    public const int NFTA_QUEUE_TOTAL = 2;
    public const int NFTA_QUEUE_FLAGS = 3;
    public const int NFTA_QUEUE_SREG_QNUM = 4;

    public const int NFTA_QUOTA_BYTES = 1;
    public const int NFTA_QUOTA_FLAGS = 2;
    public const int NFTA_QUOTA_PAD = 3;
    public const int NFTA_QUOTA_CONSUMED = 4;

    public const int NFTA_SECMARK_CTX = 1;

    public const int NFTA_TPROXY_FAMILY = 1;
    public const int NFTA_TPROXY_REG_ADDR = 2;
    public const int NFTA_TPROXY_REG_PORT = 3;

    public const int NFTA_MASQ_REG_PROTO_MIN = 2;
    public const int NFTA_MASQ_REG_PROTO_MAX = 3;

    public const int NFTA_REDIR_REG_PROTO_MIN = 1;
    public const int NFTA_REDIR_REG_PROTO_MAX = 2;
    public const int NFTA_REDIR_FLAGS = 3;

    public const int NFTA_DUP_SREG_ADDR = 1;
    public const int NFTA_DUP_SREG_DEV = 2;

    public const int NFTA_FWD_SREG_DEV = 1;
    public const int NFTA_FWD_SREG_ADDR = 2;
    public const int NFTA_FWD_NFPROTO = 3;

    public const int NFTA_OBJREF_IMM_TYPE = 1;
    public const int NFTA_OBJREF_IMM_NAME = 2;
    public const int NFTA_OBJREF_SET_SREG = 3;
    public const int NFTA_OBJREF_SET_NAME = 4;
    public const int NFTA_OBJREF_SET_ID = 5;

    public const int NFTA_FIB_DREG = 1;
    public const int NFTA_FIB_RESULT = 2;
    public const int NFTA_FIB_FLAGS = 3;

    public const int NFTA_CT_HELPER_NAME = 1;
    public const int NFTA_CT_HELPER_L3PROTO = 2;
    public const int NFTA_CT_HELPER_L4PROTO = 3;

    public const int NFTA_CT_TIMEOUT_L3PROTO = 1;
    public const int NFTA_CT_TIMEOUT_L4PROTO = 2;
    public const int NFTA_CT_TIMEOUT_DATA = 3;

    public const int NFTA_CT_EXPECT_L3PROTO = 1;
    public const int NFTA_CT_EXPECT_L4PROTO = 2;
    public const int NFTA_CT_EXPECT_DPORT = 3;
    public const int NFTA_CT_EXPECT_TIMEOUT = 4;
    public const int NFTA_CT_EXPECT_SIZE = 5;

    public const int NFTA_OBJ_TABLE = 1;
    public const int NFTA_OBJ_NAME = 2;
    public const int NFTA_OBJ_TYPE = 3;
    public const int NFTA_OBJ_DATA = 4;
    public const int NFTA_OBJ_USE = 5;
    public const int NFTA_OBJ_HANDLE = 6;
    public const int NFTA_OBJ_PAD = 7;
    public const int NFTA_OBJ_USERDATA = 8;

    public const int NFTA_FLOWTABLE_TABLE = 1;
    public const int NFTA_FLOWTABLE_NAME = 2;
    public const int NFTA_FLOWTABLE_HOOK = 3;
    public const int NFTA_FLOWTABLE_USE = 4;
    public const int NFTA_FLOWTABLE_HANDLE = 5;
    public const int NFTA_FLOWTABLE_PAD = 6;
    public const int NFTA_FLOWTABLE_FLAGS = 7;

    public const int NFTA_FLOWTABLE_HOOK_NUM = 1;
    public const int NFTA_FLOWTABLE_HOOK_PRIORITY = 2;
    public const int NFTA_FLOWTABLE_HOOK_DEVS = 3;

    public const int NFTA_OSF_DREG = 1;
    public const int NFTA_OSF_TTL = 2;
    public const int NFTA_OSF_FLAGS = 3;

    public const int NFTA_SYNPROXY_MSS = 1;
    public const int NFTA_SYNPROXY_WSCALE = 2;
    public const int NFTA_SYNPROXY_FLAGS = 3;

    public const int NFTA_DEVICE_NAME = 1;

    public const int NFTA_XFRM_DREG = 1;
    public const int NFTA_XFRM_KEY = 2;
    public const int NFTA_XFRM_DIR = 3;
    public const int NFTA_XFRM_SPNUM = 4;

    public const int NFTA_TUNNEL_KEY = 1;
    public const int NFTA_TUNNEL_DREG = 2;
    public const int NFTA_TUNNEL_MODE = 3;

    public const int NFTA_TARGET_NAME = 1;
    public const int NFTA_TARGET_REV = 2;
    public const int NFTA_TARGET_INFO = 3;

    public const int NFTA_MATCH_NAME = 1;
    public const int NFTA_MATCH_REV = 2;
    public const int NFTA_MATCH_INFO = 3;

    public const int NFT_BITWISE_MASK_XOR = 0;
    public const int NFT_BITWISE_LSHIFT = 1;
    public const int NFT_BITWISE_RSHIFT = 2;

    public const int NFTA_COUNTER_PAD = 3;
}
