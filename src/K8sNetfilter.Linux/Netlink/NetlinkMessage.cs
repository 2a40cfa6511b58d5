using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace K8sNetfilter.Netlink;

/// <summary>One message, in place in the receive buffer: valid until the next one is read.</summary>
internal readonly ref struct NetlinkMessage
{
    /// <summary>Bytes of struct nlmsghdr.</summary>
    internal const int HeaderSize = 16;

    /// <summary>Wraps a whole message, header included.</summary>
    internal NetlinkMessage(ReadOnlySpan<byte> bytes) => Bytes = bytes;

    /// <summary>The message with its header.</summary>
    internal ReadOnlySpan<byte> Bytes { get; }

    /// <summary>nlmsg_type.</summary>
    internal ushort Type => MemoryMarshal.Read<ushort>(Bytes[4..]);

    /// <summary>nlmsg_flags.</summary>
    internal ushort Flags => MemoryMarshal.Read<ushort>(Bytes[6..]);

    /// <summary>nlmsg_seq.</summary>
    internal uint Sequence => MemoryMarshal.Read<uint>(Bytes[8..]);

    /// <summary>nlmsg_pid.</summary>
    internal uint PortId => MemoryMarshal.Read<uint>(Bytes[12..]);

    /// <summary>What follows the header.</summary>
    internal ReadOnlySpan<byte> Payload => Bytes[HeaderSize..];

    /// <summary>The family's own header at the start of the payload.</summary>
    /// <exception cref="Errors.NodeException"><c>NetlinkMalformed</c>: the message is shorter than that.</exception>
    internal T Header<T>()
        where T : unmanaged
    {
        var payload = Payload;
        return payload.Length >= Unsafe.SizeOf<T>()
            ? Unsafe.ReadUnaligned<T>(ref MemoryMarshal.GetReference(payload))
            : throw NetlinkFailure.Malformed(NetlinkMessages.MessageTooShort);
    }

    /// <summary>The attributes after the family's own header of <paramref name="headerSize"/> bytes.</summary>
    internal NetlinkAttributes Attributes(int headerSize)
    {
        int start = NetlinkAttributes.Align(headerSize);
        var payload = Payload;
        return new NetlinkAttributes(payload.Length > start ? payload[start..] : default);
    }
}
