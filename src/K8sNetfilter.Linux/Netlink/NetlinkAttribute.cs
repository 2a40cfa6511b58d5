using System.Buffers.Binary;
using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace K8sNetfilter.Netlink;

/// <summary>One attribute, in place in the receive buffer. Numbers are the host's byte order unless the name says otherwise.</summary>
internal readonly ref struct NetlinkAttribute
{
    /// <summary>Bytes of struct nlattr.</summary>
    internal const int HeaderSize = 4;

    private const ushort Nested = 0x8000;
    private const ushort NetworkByteOrder = 0x4000;

    private readonly ReadOnlySpan<byte> _bytes;

    internal NetlinkAttribute(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>The type without its flag bits.</summary>
    internal int Type => MemoryMarshal.Read<ushort>(_bytes[2..]) & ~(Nested | NetworkByteOrder);

    /// <summary>The value's bytes.</summary>
    internal ReadOnlySpan<byte> Payload => _bytes[HeaderSize..];

    /// <summary>The attributes inside. Kernels before 5.2 do not mark nested attributes, so the mark is not asked for.</summary>
    internal NetlinkAttributes Children => new(Payload);

    /// <summary>An 8-bit number.</summary>
    internal byte AsByte() => Read<byte>();

    /// <summary>A 16-bit number.</summary>
    internal ushort AsUInt16() => Read<ushort>();

    /// <summary>A 16-bit number in network byte order.</summary>
    internal ushort AsUInt16BigEndian() => BinaryPrimitives.ReverseEndianness(Read<ushort>());

    /// <summary>A 32-bit number.</summary>
    internal uint AsUInt32() => Read<uint>();

    /// <summary>A signed 32-bit number.</summary>
    internal int AsInt32() => Read<int>();

    /// <summary>A 32-bit number in network byte order.</summary>
    internal uint AsUInt32BigEndian() => BinaryPrimitives.ReverseEndianness(Read<uint>());

    /// <summary>A 64-bit number.</summary>
    internal ulong AsUInt64() => Read<ulong>();

    /// <summary>A 64-bit number in network byte order.</summary>
    internal ulong AsUInt64BigEndian() => BinaryPrimitives.ReverseEndianness(Read<ulong>());

    /// <summary>Text, made safe for a terminal.</summary>
    internal string AsText() => KernelText.Decode(Payload);

    /// <summary>An IPv4 or IPv6 address, told apart by its length.</summary>
    internal IPAddress AsAddress() => Payload.Length is 4 or 16 ? new IPAddress(Payload) : throw WrongLength();

    /// <summary>A structure; a kernel that knows a longer one sends more, and what is more is left.</summary>
    internal T Read<T>()
        where T : unmanaged
    {
        var payload = Payload;
        // Not MemoryMarshal.Read, which is compiled on the node for each type.
        return payload.Length >= Unsafe.SizeOf<T>()
            ? Unsafe.ReadUnaligned<T>(ref MemoryMarshal.GetReference(payload)) : throw WrongLength();
    }

    private Errors.NodeException WrongLength() => NetlinkFailure.Malformed(NetlinkMessages.AttributeLengthWrong(Type, Payload.Length));
}
