using System.Buffers.Binary;
using System.Numerics;

namespace K8sNetfilter.Addressing;

/// <summary>
/// 128 bits: an IPv6 address, an IPv4 address in the lower 32, a mask, the labels of a connection. It is what <see cref="UInt128"/> is too,
/// but for one thing: no method that touches a UInt128 is compiled ahead of time (its place in registers is not settled for all
/// runtimes), so that each would be compiled on the node, first without any optimisation, and it is the walk and the decoders that touch
/// addresses.
/// </summary>
/// <param name="high">The upper half.</param>
/// <param name="low">The lower half.</param>
public readonly struct Bits128(ulong high, ulong low) : IEquatable<Bits128>, IComparable<Bits128>
{
    /// <summary>The upper half.</summary>
    public ulong High { get; } = high;

    /// <summary>The lower half.</summary>
    public ulong Low { get; } = low;

    /// <summary>No bit.</summary>
    public static Bits128 Zero => default;

    /// <summary>The lowest bit.</summary>
    public static Bits128 One => new(0, 1);

    /// <summary>All bits.</summary>
    public static Bits128 MaxValue => new(ulong.MaxValue, ulong.MaxValue);

    /// <summary>A number in the lower bits.</summary>
    public static implicit operator Bits128(ulong low) => new(0, low);

    /// <summary>The lower 32 bits.</summary>
    public static explicit operator uint(Bits128 bits) => (uint)bits.Low;

    /// <summary>As a number, rounded.</summary>
    public static explicit operator double(Bits128 bits) => (bits.High * 18446744073709551616.0) + bits.Low;

    /// <summary>The bits that both have.</summary>
    public static Bits128 operator &(Bits128 left, Bits128 right) => new(left.High & right.High, left.Low & right.Low);

    /// <summary>The bits that either has.</summary>
    public static Bits128 operator |(Bits128 left, Bits128 right) => new(left.High | right.High, left.Low | right.Low);

    /// <summary>The bits that one of them has.</summary>
    public static Bits128 operator ^(Bits128 left, Bits128 right) => new(left.High ^ right.High, left.Low ^ right.Low);

    /// <summary>The bits that it has not.</summary>
    public static Bits128 operator ~(Bits128 bits) => new(~bits.High, ~bits.Low);

    /// <summary>Moved up by 0 to 127 bits.</summary>
    public static Bits128 operator <<(Bits128 bits, int count) => (count &= 127) switch
    {
        0 => bits,
        >= 64 => new(bits.Low << (count - 64), 0),
        _ => new((bits.High << count) | (bits.Low >> (64 - count)), bits.Low << count),
    };

    /// <summary>Moved down by 0 to 127 bits.</summary>
    public static Bits128 operator >>(Bits128 bits, int count) => (count &= 127) switch
    {
        0 => bits,
        >= 64 => new(0, bits.High >> (count - 64)),
        _ => new(bits.High >> count, (bits.Low >> count) | (bits.High << (64 - count))),
    };

    /// <summary>The sum; what overflows is lost.</summary>
    public static Bits128 operator +(Bits128 left, Bits128 right)
    {
        ulong low = unchecked(left.Low + right.Low);
        return new(unchecked(left.High + right.High + (low < left.Low ? 1UL : 0)), low);
    }

    /// <summary>The difference; what overflows is lost.</summary>
    public static Bits128 operator -(Bits128 left, Bits128 right) =>
        new(unchecked(left.High - right.High - (left.Low < right.Low ? 1UL : 0)), unchecked(left.Low - right.Low));

    /// <summary>The next number.</summary>
    public static Bits128 operator ++(Bits128 bits) => bits + One;

    /// <summary>Whether they are the same.</summary>
    public static bool operator ==(Bits128 left, Bits128 right) => left.Low == right.Low && left.High == right.High;

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(Bits128 left, Bits128 right) => !(left == right);

    /// <summary>Whether the left is the lower number.</summary>
    public static bool operator <(Bits128 left, Bits128 right) => left.High == right.High ? left.Low < right.Low : left.High < right.High;

    /// <summary>Whether the left is the higher number.</summary>
    public static bool operator >(Bits128 left, Bits128 right) => right < left;

    /// <summary>Whether the left is no higher number.</summary>
    public static bool operator <=(Bits128 left, Bits128 right) => !(right < left);

    /// <summary>Whether the left is no lower number.</summary>
    public static bool operator >=(Bits128 left, Bits128 right) => !(left < right);

    /// <summary>Reads 16 bytes in network order.</summary>
    public static Bits128 ReadBigEndian(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    /// <summary>Writes 16 bytes in network order.</summary>
    public void WriteBigEndian(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Low);
        BinaryPrimitives.WriteUInt64BigEndian(bytes, High);
    }

    /// <summary>How many bits are set.</summary>
    public int PopCount() => BitOperations.PopCount(High) + BitOperations.PopCount(Low);

    /// <summary>How many bits are unset above the highest that is set.</summary>
    public int LeadingZeroCount() => High != 0 ? BitOperations.LeadingZeroCount(High) : 64 + BitOperations.LeadingZeroCount(Low);

    /// <inheritdoc/>
    public int CompareTo(Bits128 other) => this < other ? -1 : this == other ? 0 : 1;

    /// <inheritdoc/>
    public bool Equals(Bits128 other) => this == other;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Bits128 other && this == other;

    /// <summary>Seeded per process: addresses from outside can't be chosen to fall on one slot of a table.</summary>
    public override int GetHashCode() => HashCode.Combine(Low, High);

    /// <summary>As a decimal number.</summary>
    public override string ToString() => new UInt128(High, Low).ToString(System.Globalization.CultureInfo.InvariantCulture);
}
