using System.Buffers.Binary;
using System.Runtime.InteropServices;
using K8sNetfilter.Netlink;
using K8sNetfilter.Nftables.Expressions;

namespace K8sNetfilter.Nftables;

/// <summary>
/// The attributes of one expression or object, by type: where each of them is in the receive buffer. Nothing is allocated. An attribute
/// that is not known, or has another length than the kernel's header says, makes <see cref="IsValid"/> false: what it means is not known
/// then, and the expression is kept as it is.
/// </summary>
internal unsafe ref struct NftFields
{
    private const int Most = 16;

    private readonly ReadOnlySpan<byte> _data;
    private fixed ushort _starts[Most];
    private fixed ushort _lengths[Most];

    /// <summary>Finds the attributes.</summary>
    /// <param name="data">The attributes.</param>
    /// <param name="known">The types that are known, a bit for each.</param>
    public NftFields(ReadOnlySpan<byte> data, uint known)
    {
        _data = data;
        IsValid = true;
        for (int at = 0; data.Length - at >= NetlinkAttribute.HeaderSize;)
        {
            int length = MemoryMarshal.Read<ushort>(data[at..]);
            int type = MemoryMarshal.Read<ushort>(data[(at + 2)..]) & 0x3fff;
            if (length < NetlinkAttribute.HeaderSize || length > data.Length - at || type >= Most || (known >> type & 1) == 0)
            {
                IsValid = false;
                return;
            }

            _starts[type] = (ushort)(at + NetlinkAttribute.HeaderSize);
            _lengths[type] = (ushort)(length - NetlinkAttribute.HeaderSize);
            Present |= 1u << type;
            at += NetlinkAttributes.Align(length);
        }
    }

    /// <summary>False if something was not as it is known.</summary>
    public bool IsValid { get; private set; }

    /// <summary>The types that there are, a bit for each.</summary>
    public uint Present { get; }

    /// <summary>A bit for each of some types.</summary>
    public static uint Bits(int first, int second = 0, int third = 0, int fourth = 0, int fifth = 0, int sixth = 0, int seventh = 0,
        int eighth = 0) =>
        1u << first | 1u << second | 1u << third | 1u << fourth | 1u << fifth | 1u << sixth | 1u << seventh | 1u << eighth;

    /// <summary>Whether there is an attribute.</summary>
    public readonly bool Has(int type) => (Present >> type & 1) != 0;

    /// <summary>The bytes of an attribute; empty if there is none.</summary>
    public readonly ReadOnlySpan<byte> Bytes(int type) => Has(type) ? _data.Slice(_starts[type], _lengths[type]) : default;

    /// <summary>An 8-bit number; 0 if there is none.</summary>
    public byte Byte(int type) => Has(type) && Fits(type, 1) ? Bytes(type)[0] : (byte)0;

    /// <summary>A 16-bit number in network order; 0 if there is none.</summary>
    public ushort UInt16(int type) => Has(type) && Fits(type, 2) ? BinaryPrimitives.ReadUInt16BigEndian(Bytes(type)) : (ushort)0;

    /// <summary>A 32-bit number in network order.</summary>
    public uint UInt32(int type, uint missing = 0) => Has(type) && Fits(type, 4) ? BinaryPrimitives.ReadUInt32BigEndian(Bytes(type))
        : missing;

    /// <summary>A 64-bit number in network order; 0 if there is none.</summary>
    public ulong UInt64(int type) => Has(type) && Fits(type, 8) ? BinaryPrimitives.ReadUInt64BigEndian(Bytes(type)) : 0;

    /// <summary>A register; <see cref="NftRegister.None"/> if there is none.</summary>
    public NftRegister Register(int type) => new(UInt32(type, uint.MaxValue));

    /// <summary>Milliseconds; zero if there are none.</summary>
    public TimeSpan Milliseconds(int type) => NftTime.FromMilliseconds(UInt64(type));

    /// <summary>Notes that something is not as it is known.</summary>
    public void Refuse() => IsValid = false;

    /// <summary>Notes that a value is higher than those that are known.</summary>
    public uint AtMost(uint value, uint most)
    {
        IsValid &= value <= most;
        return value;
    }

    private bool Fits(int type, int length)
    {
        IsValid &= _lengths[type] == length;
        return _lengths[type] == length;
    }
}
