using System.Buffers.Binary;
using System.Runtime.InteropServices;
using K8sNetfilter.Interop;

namespace K8sNetfilter.Tests.Packets;

/// <summary>A packet(7) socket over all interfaces of the namespace that the calling thread is in.</summary>
internal sealed unsafe class FrameSocket : IDisposable
{
    private const int AddressSize = 20;
    private readonly SafeDescriptor _socket;

    public FrameSocket()
    {
        // AF_PACKET, SOCK_RAW|SOCK_NONBLOCK, ETH_P_ALL
        int descriptor = LibC.Socket(17, 3 | 0x800, 0x0300);
        Assert.True(descriptor >= 0, "packet socket: " + Marshal.GetLastPInvokeErrorMessage());
        _socket = new SafeDescriptor(descriptor);
        int size = 64 << 20;
        LibC.SetSocketOption(_socket, 1, 33, &size, 4);
    }

    public void Send(int index, ReadOnlySpan<byte> frame)
    {
        Span<byte> address = stackalloc byte[AddressSize];
        address.Clear();
        MemoryMarshal.Write(address, (ushort)17);
        BinaryPrimitives.WriteUInt16BigEndian(address[2..], 0x0800);
        MemoryMarshal.Write(address[4..], index);
        fixed (byte* data = frame)
        fixed (byte* to = address)
        {
            Assert.True(LibC.SendTo(_socket, data, (nuint)frame.Length, 0, to, AddressSize) == frame.Length, "sending: " + Marshal.GetLastPInvokeErrorMessage());
        }
    }

    /// <summary>The next frame that came in; false where there is none for now.</summary>
    public bool TryReceive(Span<byte> buffer, out int length, out int index)
    {
        Span<byte> address = stackalloc byte[AddressSize];
        while (true)
        {
            uint size = AddressSize;
            fixed (byte* data = buffer)
            fixed (byte* from = address)
            {
                length = (int)LibC.ReceiveFrom(_socket, data, (nuint)buffer.Length, 0, from, &size);
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
