namespace K8sNetfilter.Netlink;

/// <summary>How a netlink connection behaves.</summary>
internal sealed record NetlinkOptions
{
    /// <summary>What suits a connection that asks and gets answers.</summary>
    internal static NetlinkOptions Default { get; } = new();

    /// <summary>
    /// Bytes of the buffer that one datagram is read into. The kernel fills datagrams of a dump up to 32 KiB where the reader offers
    /// that much (net/netlink/af_netlink.c, netlink_recvmsg), and makes larger ones only for links with many virtual functions.
    /// </summary>
    internal int ReceiveBufferSize { get; init; } = 64 * 1024;

    /// <summary>
    /// Bytes that the kernel may queue for the socket (SO_RCVBUFFORCE, else SO_RCVBUF); null leaves net.core.rmem_default.
    /// </summary>
    internal int? SocketBufferSize { get; init; }

    /// <summary>
    /// NETLINK_GET_STRICT_CHK: the kernel applies the filters of a dump request instead of ignoring them (since Linux 4.20).
    /// </summary>
    internal bool StrictCheck { get; init; } = true;

    /// <summary>The longest silence of the kernel before a request fails.</summary>
    internal TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often an interrupted or overrun dump is asked again before its data is given with a warning, or fails.</summary>
    internal int Retries { get; init; } = 5;
}
