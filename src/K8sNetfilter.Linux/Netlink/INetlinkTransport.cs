namespace K8sNetfilter.Netlink;

/// <summary>
/// What carries requests to the kernel and its answers back. The socket is one; a test's function from a request to its replies is
/// another. Failures are negative error numbers, so that every one of them can be played by a test.
/// </summary>
internal interface INetlinkTransport : IDisposable
{
    /// <summary>The address under which the kernel knows this end (nl_pid); answers carry it.</summary>
    uint PortId { get; }

    /// <summary>Sends one datagram. Gives the bytes sent, or a negative error number.</summary>
    int Send(ReadOnlySpan<byte> datagram);

    /// <summary>
    /// Takes the next datagram without waiting. Gives its whole length, which is more than <paramref name="buffer"/> holds where it was
    /// cut off; or a negative error number, -EAGAIN where nothing is there.
    /// </summary>
    int Receive(Span<byte> buffer);

    /// <summary>Waits until a datagram is there. False when the time is over.</summary>
    bool Wait(TimeSpan timeout);
}
