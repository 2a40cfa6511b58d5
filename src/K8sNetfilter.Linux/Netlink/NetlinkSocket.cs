using System.Runtime.InteropServices;
using K8sNetfilter.Errors;
using K8sNetfilter.Interop;
using K8sNetfilter.Interop.Files;
using K8sNetfilter.Interop.Netlink;

namespace K8sNetfilter.Netlink;

/// <summary>
/// A netlink socket, netlink(7). It belongs to the network namespace of the thread that makes it and stays there, whichever thread
/// uses it afterwards.
/// </summary>
internal sealed unsafe class NetlinkSocket : INetlinkTransport
{
    private const int AF_NETLINK = 16;
    private const int SOCK_RAW = 3;
    private const int SOCK_CLOEXEC = 0x80000;
    private const int SOL_SOCKET = 1;
    private const int SO_RCVBUF = 8;
    private const int SO_RCVBUFFORCE = 33;
    private const int SOL_NETLINK = 270;
    private const int NETLINK_ADD_MEMBERSHIP = 1;
    private const int NETLINK_CAP_ACK = 10;
    private const int NETLINK_EXT_ACK = 11;
    private const int NETLINK_GET_STRICT_CHK = 12;
    private const int MSG_TRUNC = 0x20;
    private const int MSG_DONTWAIT = 0x40;

    private readonly SafeDescriptor _socket;

    /// <summary>Opens a socket in the calling thread's network namespace.</summary>
    /// <param name="protocol">The family to speak.</param>
    /// <param name="options">Buffer size and checks.</param>
    /// <exception cref="NodeException">The kernel has no such family, or refuses.</exception>
    internal NetlinkSocket(NetlinkProtocol protocol, NetlinkOptions options)
    {
        int descriptor = Sockets.Open(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, (int)protocol);
        if (descriptor < 0)
        {
            throw Failure(-descriptor, protocol);
        }

        _socket = new SafeDescriptor(descriptor);
        try
        {
            var address = new SocketAddress { Family = AF_NETLINK };
            uint length = (uint)sizeof(SocketAddress);
            int errno = Sockets.Bind(_socket, &address, length);
            errno = errno == 0 ? Sockets.GetName(_socket, &address, &length) : errno;
            if (errno != 0)
            {
                throw Failure(errno, protocol);
            }

            PortId = address.PortId;
            // Each of these only adds comfort, and older kernels lack some: a refusal changes no answer.
            TrySet(SOL_NETLINK, NETLINK_EXT_ACK, 1);
            TrySet(SOL_NETLINK, NETLINK_CAP_ACK, 1);
            if (options.StrictCheck)
            {
                TrySet(SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
            }

            // The forced form goes beyond net.core.rmem_max and needs CAP_NET_ADMIN.
            if (options.SocketBufferSize is { } size && !TrySet(SOL_SOCKET, SO_RCVBUFFORCE, size))
            {
                TrySet(SOL_SOCKET, SO_RCVBUF, size);
            }
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public uint PortId { get; }

    /// <inheritdoc/>
    public int Send(ReadOnlySpan<byte> datagram)
    {
        var kernel = new SocketAddress { Family = AF_NETLINK };
        return Sockets.SendTo(_socket, datagram, &kernel, (uint)sizeof(SocketAddress));
    }

    /// <inheritdoc/>
    public int Receive(Span<byte> buffer)
    {
        while (true)
        {
            SocketAddress source;
            uint length = (uint)sizeof(SocketAddress);
            // With MSG_TRUNC the whole length is given even where the buffer is smaller.
            int received = Sockets.ReceiveFrom(_socket, buffer, MSG_TRUNC | MSG_DONTWAIT, &source, &length);
            // Any process may send to this address; only the kernel has port 0.
            if (received < 0 || source.PortId == 0)
            {
                return received;
            }
        }
    }

    /// <inheritdoc/>
    // An interrupted wait is a short one: the caller looks at the clock and comes again.
    public bool Wait(TimeSpan timeout) => Sockets.WaitForInput(_socket, (int)Math.Clamp(timeout.TotalMilliseconds, 0, int.MaxValue));

    /// <summary>Joins a multicast group: changes are announced to this socket from now on.</summary>
    /// <param name="group">The group's number (RTNLGRP_…, NFNLGRP_…).</param>
    internal void Join(int group)
    {
        int errno = Sockets.SetOption(_socket, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group);
        if (errno != 0)
        {
            throw KernelFailure.From(errno, NetlinkMessages.JoiningGroup, $"group {group}", "CAP_NET_ADMIN");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private bool TrySet(int level, int name, int value) => Sockets.SetOption(_socket, level, name, value) == 0;

    private static NodeException Failure(int errno, NetlinkProtocol protocol) =>
        KernelFailure.From(errno, NetlinkMessages.OpeningSocket, protocol.ToString(), "CAP_NET_ADMIN");

    /// <summary>struct sockaddr_nl of netlink(7).</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct SocketAddress
    {
        internal ushort Family;
        internal ushort Padding;
        internal uint PortId;
        internal uint Groups;
    }
}
