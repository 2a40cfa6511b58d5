namespace K8sNetfilter.Netlink;

/// <summary>The netlink families that this floor speaks (include/uapi/linux/netlink.h).</summary>
internal enum NetlinkProtocol
{
    /// <summary>NETLINK_ROUTE: links, addresses, routes, neighbours; rtnetlink(7).</summary>
    Route = 0,

    /// <summary>NETLINK_SOCK_DIAG: sockets; sock_diag(7).</summary>
    SocketDiagnosis = 4,

    /// <summary>NETLINK_NETFILTER: conntrack, nf_tables, hooks.</summary>
    Netfilter = 12,
}
