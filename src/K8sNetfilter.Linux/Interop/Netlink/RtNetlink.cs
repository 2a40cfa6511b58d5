namespace K8sNetfilter.Interop.Netlink;

/// <summary>Numbers of rtnetlink(7) under the kernel's own names, so that a test can prove each of them against the C headers.</summary>
internal static class RtNetlink
{
    // linux/rtnetlink.h: message types
    public const int RTM_NEWLINK = 16;
    public const int RTM_DELLINK = 17;
    public const int RTM_GETLINK = 18;
    public const int RTM_SETLINK = 19;
    public const int RTM_NEWADDR = 20;
    public const int RTM_DELADDR = 21;
    public const int RTM_GETADDR = 22;
    public const int RTM_NEWROUTE = 24;
    public const int RTM_DELROUTE = 25;
    public const int RTM_GETROUTE = 26;
    public const int RTM_NEWNEIGH = 28;
    public const int RTM_DELNEIGH = 29;
    public const int RTM_GETNEIGH = 30;
    public const int RTM_NEWRULE = 32;
    public const int RTM_DELRULE = 33;
    public const int RTM_GETRULE = 34;
    public const int RTM_NEWNSID = 88;
    public const int RTM_GETNSID = 90;

    // linux/if_link.h: links
    public const int IFLA_ADDRESS = 1;
    public const int IFLA_BROADCAST = 2;
    public const int IFLA_IFNAME = 3;
    public const int IFLA_MTU = 4;
    public const int IFLA_LINK = 5;
    public const int IFLA_MASTER = 10;
    public const int IFLA_PROTINFO = 12;
    public const int IFLA_OPERSTATE = 16;
    public const int IFLA_LINKINFO = 18;
    public const int IFLA_IFALIAS = 20;
    public const int IFLA_AF_SPEC = 26;
    public const int IFLA_GROUP = 27;
    public const int IFLA_NET_NS_FD = 28;
    public const int IFLA_NET_NS_PID = 19;
    public const int IFLA_EXT_MASK = 29;
    public const int IFLA_PROMISCUITY = 30;
    public const int IFLA_LINK_NETNSID = 37;
    public const int IFLA_TARGET_NETNSID = 46;
    public const int IFLA_ALT_IFNAME = 53;
    public const int IFLA_PROP_LIST = 52;
    public const int IFLA_TXQLEN = 13;
    public const int IFLA_QDISC = 6;
    public const int VETH_INFO_PEER = 1;
    public const int IFLA_VLAN_ID = 1;
    public const int IFLA_VXLAN_ID = 1;

    // linux/if_link.h: IFLA_LINKINFO
    public const int IFLA_INFO_KIND = 1;
    public const int IFLA_INFO_DATA = 2;
    public const int IFLA_INFO_SLAVE_KIND = 4;
    public const int IFLA_INFO_SLAVE_DATA = 5;

    // linux/if_link.h: IFLA_INFO_DATA of a bridge
    public const int IFLA_BR_STP_STATE = 5;
    public const int IFLA_BR_VLAN_FILTERING = 7;
    public const int IFLA_BR_AGEING_TIME = 4;
    public const int IFLA_BR_FORWARD_DELAY = 1;
    public const int IFLA_BR_NF_CALL_IPTABLES = 36;
    public const int IFLA_BR_NF_CALL_IP6TABLES = 37;
    public const int IFLA_BR_NF_CALL_ARPTABLES = 38;
    public const int IFLA_BR_MCAST_SNOOPING = 23;
    public const int IFLA_BR_PRIORITY = 6;
    public const int IFLA_BR_VLAN_DEFAULT_PVID = 39;

    // linux/if_link.h: IFLA_INFO_SLAVE_DATA of a bridge's port
    public const int IFLA_BRPORT_STATE = 1;
    public const int IFLA_BRPORT_MODE = 4;
    public const int IFLA_BRPORT_LEARNING = 8;
    public const int IFLA_BRPORT_UNICAST_FLOOD = 9;
    public const int IFLA_BRPORT_MCAST_FLOOD = 27;
    public const int IFLA_BRPORT_BCAST_FLOOD = 30;
    public const int IFLA_BRPORT_ISOLATED = 33;
    public const int IFLA_BRPORT_NEIGH_SUPPRESS = 32;
    public const int IFLA_BRPORT_PROXYARP = 10;
    public const int IFLA_BRPORT_COST = 3;
    public const int IFLA_BRPORT_PRIORITY = 2;
    public const int IFLA_BRPORT_NO = 18;
    public const int IFLA_BRPORT_GUARD = 5;

    // linux/if.h: flags of a link
    public const int IFF_UP = 1;
    public const int IFF_BROADCAST = 2;
    public const int IFF_LOOPBACK = 8;
    public const int IFF_POINTOPOINT = 16;
    public const int IFF_RUNNING = 64;
    public const int IFF_NOARP = 128;
    public const int IFF_PROMISC = 256;
    public const int IFF_ALLMULTI = 512;
    public const int IFF_MULTICAST = 4096;
    public const int IFF_LOWER_UP = 65536;

    // linux/rtnetlink.h: what a dump of links leaves out
    public const int RTEXT_FILTER_VF = 1;
    public const int RTEXT_FILTER_SKIP_STATS = 8;

    // linux/if_addr.h: addresses
    public const int IFA_ADDRESS = 1;
    public const int IFA_LOCAL = 2;
    public const int IFA_LABEL = 3;
    public const int IFA_BROADCAST = 4;
    public const int IFA_CACHEINFO = 6;
    public const int IFA_FLAGS = 8;
    public const int IFA_TARGET_NETNSID = 10;
    public const int IFA_PROTO = 11;
    public const int IFA_RT_PRIORITY = 9;

    // linux/if_addr.h: IFA_FLAGS
    public const int IFA_F_SECONDARY = 1;
    public const int IFA_F_NODAD = 2;
    public const int IFA_F_DEPRECATED = 32;
    public const int IFA_F_TENTATIVE = 64;
    public const int IFA_F_PERMANENT = 128;
    public const int IFA_F_DADFAILED = 8;
    public const int IFA_F_NOPREFIXROUTE = 512;

    // linux/rtnetlink.h: routes
    public const int RTA_DST = 1;
    public const int RTA_SRC = 2;
    public const int RTA_IIF = 3;
    public const int RTA_OIF = 4;
    public const int RTA_GATEWAY = 5;
    public const int RTA_PRIORITY = 6;
    public const int RTA_PREFSRC = 7;
    public const int RTA_METRICS = 8;
    public const int RTA_MULTIPATH = 9;
    public const int RTA_TABLE = 15;
    public const int RTA_MARK = 16;
    public const int RTA_VIA = 18;
    public const int RTA_PREF = 20;
    public const int RTA_NH_ID = 30;
    public const int RTA_ENCAP_TYPE = 21;
    public const int RTA_EXPIRES = 23;
    public const int RTA_CACHEINFO = 12;
    public const int RTAX_MTU = 2;

    // linux/rtnetlink.h: values of struct rtmsg and struct rtnexthop
    public const int RT_TABLE_MAIN = 254;
    public const int RT_TABLE_LOCAL = 255;
    public const int RT_TABLE_DEFAULT = 253;
    public const int RTPROT_KERNEL = 2;
    public const int RTPROT_BOOT = 3;
    public const int RTPROT_STATIC = 4;
    public const int RT_SCOPE_UNIVERSE = 0;
    public const int RT_SCOPE_LINK = 253;
    public const int RT_SCOPE_HOST = 254;
    public const int RTN_UNICAST = 1;
    public const int RTN_LOCAL = 2;
    public const int RTN_BLACKHOLE = 6;
    public const int RTM_F_CLONED = 512;
    public const int RTNH_F_ONLINK = 4;
    public const int RTNH_F_DEAD = 1;
    public const int RTNH_F_LINKDOWN = 16;
    public const int RTNH_F_OFFLOAD = 8;
    public const int RTNH_F_TRAP = 64;
    public const int RTM_F_OFFLOAD = 16384;
    public const int RTM_F_TRAP = 32768;

    // linux/fib_rules.h: rules
    public const int FRA_DST = 1;
    public const int FRA_SRC = 2;
    public const int FRA_IIFNAME = 3;
    public const int FRA_GOTO = 4;
    public const int FRA_PRIORITY = 6;
    public const int FRA_FWMARK = 10;
    public const int FRA_FLOW = 11;
    public const int FRA_TUN_ID = 12;
    public const int FRA_SUPPRESS_IFGROUP = 13;
    public const int FRA_SUPPRESS_PREFIXLEN = 14;
    public const int FRA_TABLE = 15;
    public const int FRA_FWMASK = 16;
    public const int FRA_OIFNAME = 17;
    public const int FRA_L3MDEV = 19;
    public const int FRA_UID_RANGE = 20;
    public const int FRA_PROTOCOL = 21;
    public const int FRA_IP_PROTO = 22;
    public const int FRA_SPORT_RANGE = 23;
    public const int FRA_DPORT_RANGE = 24;
    public const int FRA_DSCP = 25;
    public const int FRA_FLOWLABEL = 26;
    public const int FRA_SPORT_MASK = 28;
    public const int FRA_DPORT_MASK = 29;
    public const int FRA_DSCP_MASK = 30;
    public const int FIB_RULE_INVERT = 2;
    public const int FIB_RULE_PERMANENT = 1;
    public const int FIB_RULE_UNRESOLVED = 4;
    public const int FIB_RULE_IIF_DETACHED = 8;
    public const int FIB_RULE_OIF_DETACHED = 16;
    public const int FR_ACT_TO_TBL = 1;
    public const int FR_ACT_GOTO = 2;
    public const int FR_ACT_NOP = 3;
    public const int FR_ACT_BLACKHOLE = 6;
    public const int FR_ACT_UNREACHABLE = 7;
    public const int FR_ACT_PROHIBIT = 8;

    // linux/neighbour.h: neighbours and forwarding entries
    public const int NDA_DST = 1;
    public const int NDA_LLADDR = 2;
    public const int NDA_CACHEINFO = 3;
    public const int NDA_PROBES = 4;
    public const int NDA_VLAN = 5;
    public const int NDA_PORT = 6;
    public const int NDA_VNI = 7;
    public const int NDA_IFINDEX = 8;
    public const int NDA_MASTER = 9;
    public const int NDA_LINK_NETNSID = 10;
    public const int NDA_PROTOCOL = 12;
    public const int NDA_NH_ID = 13;
    public const int NDA_FDB_EXT_ATTRS = 14;
    public const int NDA_FLAGS_EXT = 15;
    public const int NDA_SRC_VNI = 11;
    public const int NUD_INCOMPLETE = 1;
    public const int NUD_REACHABLE = 2;
    public const int NUD_STALE = 4;
    public const int NUD_DELAY = 8;
    public const int NUD_PROBE = 16;
    public const int NUD_FAILED = 32;
    public const int NUD_NOARP = 64;
    public const int NUD_PERMANENT = 128;
    public const int NUD_NONE = 0;
    public const int NTF_USE = 1;
    public const int NTF_SELF = 2;
    public const int NTF_MASTER = 4;
    public const int NTF_PROXY = 8;
    public const int NTF_EXT_LEARNED = 16;
    public const int NTF_OFFLOADED = 32;
    public const int NTF_STICKY = 64;
    public const int NTF_ROUTER = 128;

    // linux/net_namespace.h: ids of other namespaces
    public const int NETNSA_NSID = 1;
    public const int NETNSA_PID = 2;
    public const int NETNSA_FD = 3;
    public const int NETNSA_TARGET_NSID = 4;

    // sys/socket.h: families
    public const int AF_UNSPEC = 0;
    public const int AF_INET = 2;
    public const int AF_INET6 = 10;
    public const int AF_BRIDGE = 7;
}
