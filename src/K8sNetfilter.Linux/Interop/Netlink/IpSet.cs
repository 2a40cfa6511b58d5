namespace K8sNetfilter.Interop.Netlink;

/// <summary>Numbers of ipset under the kernel's own names (include/uapi/linux/netfilter/ipset/ip_set.h).</summary>
internal static class IpSet
{
    public const int NFNL_SUBSYS_IPSET = 6;
    public const int IPSET_PROTOCOL = 7;
    public const int IPSET_PROTOCOL_MIN = 6;

    public const int IPSET_CMD_PROTOCOL = 1;
    public const int IPSET_CMD_LIST = 7;

    // Of a message.
    public const int IPSET_ATTR_PROTOCOL = 1;
    public const int IPSET_ATTR_SETNAME = 2;
    public const int IPSET_ATTR_TYPENAME = 3;
    public const int IPSET_ATTR_FAMILY = 5;
    public const int IPSET_ATTR_FLAGS = 6;
    public const int IPSET_ATTR_DATA = 7;
    public const int IPSET_ATTR_ADT = 8;
    public const int IPSET_ATTR_PROTOCOL_MIN = 10;
    public const int IPSET_FLAG_LIST_SETNAME = 2;

    // Of sets and elements.
    public const int IPSET_ATTR_IP = 1;
    public const int IPSET_ATTR_IP_TO = 2;
    public const int IPSET_ATTR_CIDR = 3;
    public const int IPSET_ATTR_PORT = 4;
    public const int IPSET_ATTR_PORT_TO = 5;
    public const int IPSET_ATTR_TIMEOUT = 6;
    public const int IPSET_ATTR_PROTO = 7;
    public const int IPSET_ATTR_CADT_FLAGS = 8;
    public const int IPSET_ATTR_MARK = 10;
    public const int IPSET_ATTR_MARKMASK = 11;

    // Of sets alone.
    public const int IPSET_ATTR_INITVAL = 17;
    public const int IPSET_ATTR_HASHSIZE = 18;
    public const int IPSET_ATTR_MAXELEM = 19;
    public const int IPSET_ATTR_NETMASK = 20;
    public const int IPSET_ATTR_BUCKETSIZE = 21;
    public const int IPSET_ATTR_SIZE = 23;
    public const int IPSET_ATTR_REFERENCES = 25;

    // Of elements alone.
    public const int IPSET_ATTR_ETHER = 17;
    public const int IPSET_ATTR_NAME = 18;
    public const int IPSET_ATTR_IP2 = 20;
    public const int IPSET_ATTR_CIDR2 = 21;
    public const int IPSET_ATTR_IFACE = 23;
    public const int IPSET_ATTR_BYTES = 24;
    public const int IPSET_ATTR_PACKETS = 25;
    public const int IPSET_ATTR_COMMENT = 26;
    public const int IPSET_ATTR_SKBMARK = 27;
    public const int IPSET_ATTR_SKBPRIO = 28;
    public const int IPSET_ATTR_SKBQUEUE = 29;

    public const int IPSET_FLAG_PHYSDEV = 2;
    public const int IPSET_FLAG_NOMATCH = 4;
    public const int IPSET_FLAG_WITH_COUNTERS = 8;
    public const int IPSET_FLAG_WITH_COMMENT = 16;
    public const int IPSET_FLAG_WITH_FORCEADD = 32;
    public const int IPSET_FLAG_WITH_SKBINFO = 64;
    public const int IPSET_FLAG_IFACE_WILDCARD = 128;

    // BITMASK is of Linux 6.2; older headers do not have it.
    public const int BitMask = 12;
}
