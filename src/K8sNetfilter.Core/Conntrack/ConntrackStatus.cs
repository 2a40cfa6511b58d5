namespace K8sNetfilter.Conntrack;

/// <summary>
/// What the kernel notes of a tracked connection, bit by bit (<c>enum ip_conntrack_status</c>,
/// include/uapi/linux/netfilter/nf_conntrack_common.h). Bits that a newer kernel adds are kept.
/// </summary>
[Flags]
public enum ConntrackStatus : long
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A helper announced the connection (FTP data, SIP media): it belongs to another one.</summary>
    Expected = 1 << 0,

    /// <summary>Packets went both ways.</summary>
    SeenReply = 1 << 1,

    /// <summary>Never dropped early when the table is full.</summary>
    Assured = 1 << 2,

    /// <summary>The first packet has left the node, or reached its socket.</summary>
    Confirmed = 1 << 3,

    /// <summary>The source is translated.</summary>
    SourceNat = 1 << 4,

    /// <summary>The destination is translated.</summary>
    DestinationNat = 1 << 5,

    /// <summary>TCP sequence numbers are adjusted, because a helper changed a payload's length.</summary>
    SequenceAdjust = 1 << 6,

    /// <summary>Translation of the source has been decided.</summary>
    SourceNatDone = 1 << 7,

    /// <summary>Translation of the destination has been decided.</summary>
    DestinationNatDone = 1 << 8,

    /// <summary>It is being removed.</summary>
    Dying = 1 << 9,

    /// <summary>The timeout is not renewed by traffic.</summary>
    FixedTimeout = 1 << 10,

    /// <summary>A template, not a connection.</summary>
    Template = 1 << 11,

    /// <summary>Not tracked (kernels before 4.12).</summary>
    Untracked = 1 << 12,

    /// <summary>A rule or a tool attached the helper, not the port number.</summary>
    Helper = 1 << 13,

    /// <summary>A flow table forwards it, past the hooks.</summary>
    Offload = 1 << 14,

    /// <summary>The network card forwards it, past the kernel.</summary>
    HardwareOffload = 1 << 15,
}
