namespace K8sNetfilter.Netlink;

/// <summary>Flags of a message's header (include/uapi/linux/netlink.h); the values above 0xff depend on the request.</summary>
internal static class NetlinkFlags
{
    /// <summary>NLM_F_REQUEST.</summary>
    internal const ushort Request = 0x1;

    /// <summary>NLM_F_MULTI: more messages of the same answer follow, up to NLMSG_DONE.</summary>
    internal const ushort Multi = 0x2;

    /// <summary>NLM_F_ACK: answer also when there is nothing to say.</summary>
    internal const ushort Ack = 0x4;

    /// <summary>NLM_F_DUMP_INTR: what was dumped changed meanwhile, so that the answer may miss or repeat objects.</summary>
    internal const ushort DumpInterrupted = 0x10;

    /// <summary>NLM_F_ROOT | NLM_F_MATCH, which together are NLM_F_DUMP: all objects rather than one.</summary>
    internal const ushort Dump = 0x300;

    /// <summary>NLM_F_REPLACE, of a request that creates.</summary>
    internal const ushort Replace = 0x100;

    /// <summary>NLM_F_EXCL, of a request that creates: an error where the object exists.</summary>
    internal const ushort Exclusive = 0x200;

    /// <summary>NLM_F_CREATE, of a request that creates.</summary>
    internal const ushort Create = 0x400;

    /// <summary>NLM_F_APPEND, of a request that creates.</summary>
    internal const ushort Append = 0x800;

    /// <summary>NLM_F_CAPPED, of an error: the request's payload is not repeated.</summary>
    internal const ushort Capped = 0x100;

    /// <summary>NLM_F_ACK_TLVS, of an error or NLMSG_DONE: attributes with the kernel's words follow.</summary>
    internal const ushort AckAttributes = 0x200;
}
