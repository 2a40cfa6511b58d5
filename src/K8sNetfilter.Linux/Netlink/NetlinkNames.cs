namespace K8sNetfilter.Netlink;

/// <summary>
/// The kernel's own names of message types and of the attributes at the top of a message, for messages that people read. The words of a
/// list stand in the order of the kernel's enum (include/uapi/linux), the first is number 0.
/// </summary>
internal static class NetlinkNames
{
    /// <summary>Attributes of an error or an acknowledgement (enum nlmsgerr_attrs).</summary>
    internal static readonly string[] AckAttributes = Names("NLMSGERR_ATTR_", "UNUSED MSG OFFS COOKIE POLICY MISS_TYPE MISS_NEST");

    private static readonly string[] Controls = Names("NLMSG_", "? NOOP ERROR DONE OVERRUN");

    // A type of rtnetlink is 16 + 4 * object + action.
    private static readonly string[] RouteActions = ["NEW", "DEL", "GET", "SET"];
    private static readonly string[] ConntrackTypes = Names("IPCTNL_MSG_CT_",
        "NEW GET DELETE GET_CTRZERO GET_STATS_CPU GET_STATS GET_DYING GET_UNCONFIRMED");
    private static readonly string[] NftTypes = Names("NFT_MSG_", """
        NEWTABLE GETTABLE DELTABLE NEWCHAIN GETCHAIN DELCHAIN NEWRULE GETRULE DELRULE NEWSET GETSET DELSET NEWSETELEM
        GETSETELEM DELSETELEM NEWGEN GETGEN TRACE NEWOBJ GETOBJ DELOBJ GETOBJ_RESET NEWFLOWTABLE GETFLOWTABLE DELFLOWTABLE
        """);

    private static readonly string[] Links = Names("IFLA_", """
        UNSPEC ADDRESS BROADCAST IFNAME MTU LINK QDISC STATS COST PRIORITY MASTER WIRELESS PROTINFO TXQLEN MAP WEIGHT
        OPERSTATE LINKMODE LINKINFO NET_NS_PID IFALIAS NUM_VF VFINFO_LIST STATS64 VF_PORTS PORT_SELF AF_SPEC GROUP NET_NS_FD
        EXT_MASK PROMISCUITY NUM_TX_QUEUES NUM_RX_QUEUES CARRIER PHYS_PORT_ID CARRIER_CHANGES PHYS_SWITCH_ID LINK_NETNSID
        PHYS_PORT_NAME PROTO_DOWN GSO_MAX_SEGS GSO_MAX_SIZE PAD XDP EVENT NEW_NETNSID TARGET_NETNSID CARRIER_UP_COUNT
        CARRIER_DOWN_COUNT NEW_IFINDEX MIN_MTU MAX_MTU PROP_LIST ALT_IFNAME PERM_ADDRESS PROTO_DOWN_REASON PARENT_DEV_NAME
        PARENT_DEV_BUS_NAME GRO_MAX_SIZE TSO_MAX_SIZE TSO_MAX_SEGS ALLMULTI
        """);
    private static readonly string[] Addresses = Names("IFA_", """
        UNSPEC ADDRESS LOCAL LABEL BROADCAST ANYCAST CACHEINFO MULTICAST FLAGS RT_PRIORITY TARGET_NETNSID PROTO
        """);
    private static readonly string[] Routes = Names("RTA_", """
        UNSPEC DST SRC IIF OIF GATEWAY PRIORITY PREFSRC METRICS MULTIPATH PROTOINFO FLOW CACHEINFO SESSION MP_ALGO TABLE MARK
        MFC_STATS VIA NEWDST PREF ENCAP_TYPE ENCAP EXPIRES PAD UID TTL_PROPAGATE IP_PROTO SPORT DPORT NH_ID
        """);
    private static readonly string[] Neighbors = Names("NDA_", """
        UNSPEC DST LLADDR CACHEINFO PROBES VLAN PORT VNI IFINDEX MASTER LINK_NETNSID SRC_VNI PROTOCOL NH_ID FDB_EXT_ATTRS
        FLAGS_EXT NDM_STATE_MASK NDM_FLAGS_MASK
        """);
    private static readonly string[] RoutingRules = Names("FRA_", """
        UNSPEC DST SRC IIFNAME GOTO UNUSED2 PRIORITY UNUSED3 UNUSED4 UNUSED5 FWMARK FLOW TUN_ID SUPPRESS_IFGROUP
        SUPPRESS_PREFIXLEN TABLE FWMASK OIFNAME PAD L3MDEV UID_RANGE PROTOCOL IP_PROTO SPORT_RANGE DPORT_RANGE DSCP FLOWLABEL
        FLOWLABEL_MASK SPORT_MASK DPORT_MASK DSCP_MASK
        """);
    private static readonly string[] NamespaceIds = Names("NETNSA_", "NONE NSID PID FD TARGET_NSID CURRENT_NSID");
    private static readonly string[] Sockets = Names("INET_DIAG_", """
        NONE MEMINFO INFO VEGASINFO CONG TOS TCLASS SKMEMINFO SHUTDOWN DCTCPINFO PROTOCOL SKV6ONLY LOCALS PEERS PAD MARK
        BBRINFO CLASS_ID MD5SIG ULP_INFO SK_BPF_STORAGES CGROUP_ID SOCKOPT
        """);
    private static readonly string[] Connections = Names("CTA_", """
        UNSPEC TUPLE_ORIG TUPLE_REPLY STATUS PROTOINFO HELP NAT_SRC TIMEOUT MARK COUNTERS_ORIG COUNTERS_REPLY USE ID NAT_DST
        TUPLE_MASTER SEQ_ADJ_ORIG SEQ_ADJ_REPLY SECMARK ZONE SECCTX TIMESTAMP MARK_MASK LABELS LABELS_MASK SYNPROXY FILTER
        STATUS_MASK
        """);
    private static readonly string[] Tables = Names("NFTA_TABLE_", "UNSPEC NAME FLAGS USE HANDLE PAD USERDATA OWNER");
    private static readonly string[] Chains = Names("NFTA_CHAIN_", """
        UNSPEC TABLE HANDLE NAME HOOK POLICY USE TYPE COUNTERS PAD FLAGS ID USERDATA
        """);
    private static readonly string[] NftRules = Names("NFTA_RULE_", """
        UNSPEC TABLE CHAIN HANDLE EXPRESSIONS COMPAT POSITION USERDATA PAD ID POSITION_ID CHAIN_ID
        """);
    private static readonly string[] Sets = Names("NFTA_SET_", """
        UNSPEC TABLE NAME FLAGS KEY_TYPE KEY_LEN DATA_TYPE DATA_LEN POLICY DESC ID TIMEOUT GC_INTERVAL USERDATA PAD OBJ_TYPE
        HANDLE EXPR EXPRESSIONS
        """);
    private static readonly string[] Elements = Names("NFTA_SET_ELEM_LIST_", "UNSPEC TABLE SET ELEMENTS SET_ID");
    private static readonly string[] Generations = Names("NFTA_GEN_", "UNSPEC ID PROC_PID PROC_NAME");
    private static readonly string[] Hooks = Names("NFNLA_HOOK_", "UNSPEC HOOKNUM PRIORITY DEV FUNCTION_NAME MODULE_NAME CHAIN_INFO");

    /// <summary>The objects of rtnetlink: the name in a message's type, the bytes of the header before the attributes, and those.</summary>
    private static readonly Dictionary<int, (string Name, int HeaderSize, string[] Attributes)> RouteObjects = new()
    {
        [0] = ("LINK", 16, Links),
        [1] = ("ADDR", 8, Addresses),
        [2] = ("ROUTE", 12, Routes),
        [3] = ("NEIGH", 12, Neighbors),
        [4] = ("RULE", 12, RoutingRules),
        [18] = ("NSID", 1, NamespaceIds),
    };

    private static readonly string[] IpsetTypes = Names("IPSET_CMD_", """
        NONE PROTOCOL CREATE DESTROY FLUSH RENAME SWAP LIST SAVE ADD DEL TEST HEADER TYPE GET_BYNAME GET_BYINDEX
        """);
    private static readonly string[] Ipsets = Names("IPSET_ATTR_", """
        UNSPEC PROTOCOL SETNAME TYPENAME REVISION FAMILY FLAGS DATA ADT LINENO PROTOCOL_MIN INDEX
        """);

    // A type of nfnetlink is 256 * subsystem + message.
    private static readonly Dictionary<int, string> BatchEdges = new() { [16] = "NFNL_MSG_BATCH_BEGIN", [17] = "NFNL_MSG_BATCH_END" };

    /// <summary>The name of a message's type, or its number.</summary>
    internal static string Type(NetlinkProtocol protocol, ushort type)
    {
        string? name = type < NetlinkMessageType.FirstOfFamily ? At(Controls, type) : protocol switch
        {
            NetlinkProtocol.Route =>
                RouteObjects.TryGetValue((type - 16) / 4, out var route) ? $"RTM_{RouteActions[(type - 16) % 4]}{route.Name}" : null,
            NetlinkProtocol.SocketDiagnosis => type == 20 ? "SOCK_DIAG_BY_FAMILY" : null,
            _ => (type >> 8) switch
            {
                0 => BatchEdges.GetValueOrDefault(type),
                1 => At(ConntrackTypes, type & 0xff),
                6 => At(IpsetTypes, type & 0xff),
                10 => At(NftTypes, type & 0xff),
                12 => "NFNL_MSG_HOOK_GET",
                _ => null,
            },
        };
        return name ?? $"type {type}";
    }

    /// <summary>The bytes of the family's own header before the attributes; null if it is not known.</summary>
    internal static int? HeaderSize(NetlinkProtocol protocol, ushort type, bool isSent) => protocol switch
    {
        _ when type < NetlinkMessageType.FirstOfFamily => null,
        NetlinkProtocol.Route => RouteObjects.TryGetValue((type - 16) / 4, out var route) ? route.HeaderSize : null,
        // struct inet_diag_req_v2 and struct inet_diag_msg.
        NetlinkProtocol.SocketDiagnosis => isSent ? 56 : 72,
        // struct nfgenmsg.
        _ => 4,
    };

    /// <summary>The names of the attributes of a message; empty if they are not known.</summary>
    internal static string[] Attributes(NetlinkProtocol protocol, ushort type) => protocol switch
    {
        NetlinkProtocol.Route => RouteObjects.TryGetValue((type - 16) / 4, out var route) ? route.Attributes : [],
        NetlinkProtocol.SocketDiagnosis => Sockets,
        _ => (type >> 8, type & 0xff) switch
        {
            (1, < 4 or > 5) => Connections,
            (6, _) => Ipsets,
            (10, < 3) => Tables,
            (10, < 6) => Chains,
            (10, < 9) => NftRules,
            (10, < 12) => Sets,
            (10, < 15) => Elements,
            (10, 15 or 16) => Generations,
            (12, _) => Hooks,
            _ => [],
        },
    };

    /// <summary>The name of an attribute, or its number.</summary>
    internal static string Attribute(string[] names, int type) => At(names, type) ?? $"{type}";

    private static string? At(string[] names, int number) => number < names.Length && !names[number].EndsWith('?') ? names[number] : null;

    private static string[] Names(string prefix, string words) =>
        [.. words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(w => prefix + w)];
}
