using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace K8sNetfilter.Netlink;

/// <summary>
/// Writes requests into a span, usually on the stack, and moves to a rented array where that gets too small. Sequence number and
/// port id are filled in when the request is sent. Dispose gives the array back.
/// </summary>
internal ref struct NetlinkWriter
{
    private Span<byte> _buffer;
    private byte[]? _rented;
    private int _length;
    private int _message;

    /// <summary>Writes into <paramref name="buffer"/> first.</summary>
    internal NetlinkWriter(Span<byte> buffer)
    {
        _buffer = buffer;
        _rented = null;
        _length = 0;
        _message = -1;
    }

    /// <summary>All finished messages.</summary>
    internal readonly Span<byte> Written =>
        _message < 0 ? _buffer[.._length] : throw new InvalidOperationException(NetlinkMessages.MessageNotFinished);

    /// <summary>Starts a message. NLM_F_REQUEST is added.</summary>
    internal void BeginMessage(ushort type, ushort flags)
    {
        if (_message >= 0)
        {
            throw new InvalidOperationException(NetlinkMessages.MessageOpen);
        }

        _message = _length;
        var header = Reserve(NetlinkMessage.HeaderSize);
        BitConverter.TryWriteBytes(header[4..], type);
        BitConverter.TryWriteBytes(header[6..], (ushort)(flags | NetlinkFlags.Request));
    }

    /// <summary>Ends the message: writes its length.</summary>
    internal void EndMessage()
    {
        BitConverter.TryWriteBytes(_buffer[_message..], _length - _message);
        _message = -1;
    }

    /// <summary>Appends the family's own header.</summary>
    internal void Header<T>(in T header)
        where T : unmanaged => Unsafe.WriteUnaligned(ref MemoryMarshal.GetReference(Reserve(Unsafe.SizeOf<T>())), header);

    /// <summary>Appends an attribute without a value.</summary>
    internal void Flag(int type) => Attribute(type, 0);

    /// <summary>Appends an 8-bit number.</summary>
    internal void Put(int type, byte value) => Attribute(type, 1)[0] = value;

    /// <summary>Appends a 16-bit number.</summary>
    internal void Put(int type, ushort value) => BitConverter.TryWriteBytes(Attribute(type, 2), value);

    /// <summary>Appends a 32-bit number.</summary>
    internal void Put(int type, uint value) => BitConverter.TryWriteBytes(Attribute(type, 4), value);

    /// <summary>Appends a signed 32-bit number.</summary>
    internal void Put(int type, int value) => BitConverter.TryWriteBytes(Attribute(type, 4), value);

    /// <summary>Appends a 64-bit number.</summary>
    internal void Put(int type, ulong value) => BitConverter.TryWriteBytes(Attribute(type, 8), value);

    /// <summary>Appends a 16-bit number in network byte order.</summary>
    internal void PutBigEndian(int type, ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Attribute(type, 2), value);

    /// <summary>Appends a 32-bit number in network byte order.</summary>
    internal void PutBigEndian(int type, uint value) => BinaryPrimitives.WriteUInt32BigEndian(Attribute(type, 4), value);

    /// <summary>Appends a signed 32-bit number in network byte order.</summary>
    internal void PutBigEndian(int type, int value) => BinaryPrimitives.WriteInt32BigEndian(Attribute(type, 4), value);

    /// <summary>Appends a 64-bit number in network byte order.</summary>
    internal void PutBigEndian(int type, ulong value) => BinaryPrimitives.WriteUInt64BigEndian(Attribute(type, 8), value);

    /// <summary>Appends bytes.</summary>
    internal void Put(int type, scoped ReadOnlySpan<byte> value) => value.CopyTo(Attribute(type, value.Length));

    /// <summary>Appends text and its ending NUL.</summary>
    internal void Put(int type, string text)
    {
        int length = Encoding.UTF8.GetByteCount(text);
        Encoding.UTF8.GetBytes(text, Attribute(type, length + 1));
    }

    /// <summary>Appends an IPv4 or IPv6 address in network byte order.</summary>
    internal void Put(int type, IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int length);
        Put(type, bytes[..length]);
    }

    /// <summary>Starts an attribute that holds attributes; what it gives goes to <see cref="EndNested"/>.</summary>
    /// <param name="type">The attribute's type.</param>
    /// <param name="marked">Sets NLA_F_NESTED, which nfnetlink and strictly checked rtnetlink requests want.</param>
    internal int BeginNested(int type, bool marked = true)
    {
        int start = _length;
        BitConverter.TryWriteBytes(Reserve(NetlinkAttribute.HeaderSize)[2..], (ushort)(marked ? type | 0x8000 : type));
        return start;
    }

    /// <summary>Ends a nested attribute: writes its length.</summary>
    internal readonly void EndNested(int start) => BitConverter.TryWriteBytes(_buffer[start..], AttributeLength(_length - start));

    /// <summary>Gives a rented array back.</summary>
    public void Dispose()
    {
        if (_rented is { } rented)
        {
            _rented = null;
            _buffer = default;
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private Span<byte> Attribute(int type, int length)
    {
        int total = NetlinkAttribute.HeaderSize + length;
        var bytes = Reserve(total);
        BitConverter.TryWriteBytes(bytes, AttributeLength(total));
        BitConverter.TryWriteBytes(bytes[2..], (ushort)type);
        return bytes[NetlinkAttribute.HeaderSize..total];
    }

    private static ushort AttributeLength(int length) =>
        length <= ushort.MaxValue ? (ushort)length : throw new ArgumentException(NetlinkMessages.AttributeTooLong);

    // Zeroed, and padded to 4 bytes as everything in a message is.
    private Span<byte> Reserve(int length)
    {
        int start = _length;
        _length += NetlinkAttributes.Align(length);
        if (_length > _buffer.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(_length, _buffer.Length * 2));
            _buffer[..start].CopyTo(larger);
            Dispose();
            _buffer = _rented = larger;
        }

        var reserved = _buffer[start.._length];
        reserved.Clear();
        return reserved;
    }
}
