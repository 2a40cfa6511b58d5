namespace K8sNetfilter.Netlink;

/// <summary>Message types that every netlink family has (include/uapi/linux/netlink.h).</summary>
internal static class NetlinkMessageType
{
    /// <summary>NLMSG_NOOP.</summary>
    internal const ushort Noop = 1;

    /// <summary>NLMSG_ERROR: a failure, or with error 0 an acknowledgement.</summary>
    internal const ushort Error = 2;

    /// <summary>NLMSG_DONE: the end of a dump.</summary>
    internal const ushort Done = 3;

    /// <summary>NLMSG_OVERRUN.</summary>
    internal const ushort Overrun = 4;

    /// <summary>NLMSG_MIN_TYPE: a family's own types start here.</summary>
    internal const ushort FirstOfFamily = 0x10;
}
