using System.Runtime.InteropServices;
using K8sNetfilter.Interop;
using K8sNetfilter.Interop.Files;
using K8sNetfilter.Interop.Netlink;

namespace K8sNetfilter.Tests.Simulation;

/// <summary>Sends whole packets as this node's own: raw(7) with IP_HDRINCL, which a socket of IPPROTO_RAW has by itself.</summary>
internal sealed unsafe class RawSender : IDisposable
{
    private readonly SafeDescriptor _socket;
    private readonly bool _v6;

    public RawSender(bool v6)
    {
        // AF_INET or AF_INET6, SOCK_RAW, IPPROTO_RAW
        _v6 = v6;
        int descriptor = Sockets.Open(v6 ? 10 : 2, 3, 255);
        Assert.True(descriptor >= 0, "raw socket: " + Errno.Describe(-descriptor));
        _socket = new SafeDescriptor(descriptor);
    }

    /// <summary>False where the kernel refuses: no route, or a rule that drops it.</summary>
    public bool Send(ReadOnlySpan<byte> packet)
    {
        // struct sockaddr_in, or sockaddr_in6 with the flow information before the address.
        Span<byte> address = stackalloc byte[_v6 ? 28 : 16];
        address.Clear();
        MemoryMarshal.Write(address, (ushort)(_v6 ? 10 : 2));
        if (_v6)
        {
            packet.Slice(24, 16).CopyTo(address[8..]);
        }
        else
        {
            packet.Slice(16, 4).CopyTo(address[4..]);
        }

        fixed (byte* to = address)
        {
            return Sockets.SendTo(_socket, packet, to, (uint)address.Length) == packet.Length;
        }
    }

    public void Dispose() => _socket.Dispose();
}
