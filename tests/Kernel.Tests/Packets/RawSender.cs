using System.Buffers.Binary;
using System.Runtime.InteropServices;
using K8sNetfilter.Interop;

namespace K8sNetfilter.Tests.Packets;

/// <summary>Sends whole IPv4 packets as this node's own: raw(7) with IP_HDRINCL.</summary>
internal sealed unsafe class RawSender : IDisposable
{
    private readonly SafeDescriptor _socket;

    public RawSender()
    {
        // AF_INET, SOCK_RAW, IPPROTO_RAW
        int descriptor = Sockets.Open(2, 3, 255);
        Assert.True(descriptor >= 0, "raw socket: " + Errno.Describe(-descriptor));
        _socket = new SafeDescriptor(descriptor);
    }

    /// <summary>False where the kernel refuses: no route, or a rule that drops it.</summary>
    public bool Send(ReadOnlySpan<byte> packet)
    {
        Span<byte> address = stackalloc byte[16];
        address.Clear();
        MemoryMarshal.Write(address, (ushort)2);
        packet.Slice(16, 4).CopyTo(address[4..]);
        fixed (byte* to = address)
        {
            return Sockets.SendTo(_socket, packet, to, 16) == packet.Length;
        }
    }

    public void Dispose() => _socket.Dispose();
}
