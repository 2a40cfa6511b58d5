using System.Runtime.InteropServices;
using K8sNetfilter.Interop;
using K8sNetfilter.Interop.Files;
using K8sNetfilter.Interop.Netlink;

namespace K8sNetfilter.Tests.Simulation;

/// <summary>A packet(7) socket over all interfaces of the namespace that the calling thread is in.</summary>
internal sealed unsafe class FrameSocket : IDisposable
{
    private const int AddressSize = 20;
    private readonly SafeDescriptor _socket;

    public FrameSocket()
    {
        // AF_PACKET, SOCK_RAW|SOCK_NONBLOCK, ETH_P_ALL
        int descriptor = Sockets.Open(17, 3 | 0x800, 0x0300);
        Assert.True(descriptor >= 0, "packet socket: " + Errno.Describe(-descriptor));
        _socket = new SafeDescriptor(descriptor);
        Sockets.SetOption(_socket, 1, 33, 64 << 20);
    }

    public void Send(int index, ReadOnlySpan<byte> frame)
    {
        Span<byte> address = stackalloc byte[AddressSize];
        address.Clear();
        MemoryMarshal.Write(address, (ushort)17);
        frame.Slice(12, 2).CopyTo(address[2..]);
        MemoryMarshal.Write(address[4..], index);
        fixed (byte* to = address)
        {
            int sent = Sockets.SendTo(_socket, frame, to, AddressSize);
            Assert.True(sent == frame.Length, "sending: " + Errno.Describe(-sent));
        }
    }

    /// <summary>The next frame that came in; false where there is none for now.</summary>
    public bool TryReceive(Span<byte> buffer, out int length, out int index)
    {
        Span<byte> address = stackalloc byte[AddressSize];
        while (true)
        {
            uint size = AddressSize;
            fixed (byte* from = address)
            {
                length = Sockets.ReceiveFrom(_socket, buffer, 0, from, &size);
            }

            index = MemoryMarshal.Read<int>(address[4..]);
            if (length < 0)
            {
                return false;
            }

            // PACKET_OUTGOING is our own.
            if (address[10] != 4)
            {
                return true;
            }
        }
    }

    public void Dispose() => _socket.Dispose();
}
