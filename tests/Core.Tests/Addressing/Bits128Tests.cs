using System.Buffers.Binary;
using CsCheck;
using K8sNetfilter.Addressing;

namespace K8sNetfilter.Tests.Addressing;

public sealed class Bits128Tests
{
    // Halves that are near each other or near their ends carry, borrow and compare differently from any others.
    private static readonly Gen<ulong> Half =
        Gen.OneOf(Gen.ULong, Gen.OneOf([.. new ulong[] { 0, 1, uint.MaxValue, 1UL << 63, ulong.MaxValue - 1, ulong.MaxValue }.Select(Gen.Const)]));

    private static readonly Gen<(ulong High, ulong Low)> AnyBits = Gen.Select(Half, Half);

    private static (UInt128 Number, Bits128 Bits) Both((ulong High, ulong Low) halves) => (new UInt128(halves.High, halves.Low), new Bits128(halves.High, halves.Low));

    private static UInt128 Number(Bits128 bits) => new(bits.High, bits.Low);

    [Fact]
    public void It_computes_as_UInt128_does() => Gen.Select(AnyBits, AnyBits).Sample((l, r) =>
    {
        var (left, leftBits) = Both(l);
        var (right, rightBits) = Both(r);
        Assert.Equal(left & right, Number(leftBits & rightBits));
        Assert.Equal(left | right, Number(leftBits | rightBits));
        Assert.Equal(left ^ right, Number(leftBits ^ rightBits));
        Assert.Equal(~left, Number(~leftBits));
        Assert.Equal(unchecked(left + right), Number(leftBits + rightBits));
        Assert.Equal(unchecked(left - right), Number(leftBits - rightBits));
        Assert.Equal(unchecked(left + 1), Number(++leftBits));
    });

    [Fact]
    public void It_compares_as_UInt128_does() => Gen.Select(AnyBits, AnyBits, Gen.Bool).Sample((l, r, same) =>
    {
        var (left, leftBits) = Both(l);
        var (right, rightBits) = Both(same ? l : r);
        Assert.Equal(left < right, leftBits < rightBits);
        Assert.Equal(left <= right, leftBits <= rightBits);
        Assert.Equal(left > right, leftBits > rightBits);
        Assert.Equal(left >= right, leftBits >= rightBits);
        Assert.Equal(left == right, leftBits == rightBits);
        Assert.Equal(left != right, leftBits != rightBits);
        Assert.Equal(left.Equals(right), leftBits.Equals((object)rightBits));
        Assert.Equal(left.CompareTo(right), leftBits.CompareTo(rightBits));
        Assert.True(leftBits != rightBits || leftBits.GetHashCode() == rightBits.GetHashCode());
    });

    [Fact]
    public void It_moves_and_counts_bits_as_UInt128_does() => Gen.Select(AnyBits, Gen.Int[0, 127]).Sample((halves, count) =>
    {
        var (number, bits) = Both(halves);
        Assert.Equal(number << count, Number(bits << count));
        Assert.Equal(number >> count, Number(bits >> count));
        Assert.Equal((int)UInt128.PopCount(number), bits.PopCount());
        Assert.Equal((int)UInt128.LeadingZeroCount(number), bits.LeadingZeroCount());
        Assert.Equal(number.ToString(), bits.ToString());
        Assert.Equal((uint)number, (uint)bits);
        Assert.Equal((double)number, (double)bits, (double)number * 1e-15);
    });

    [Fact]
    public void It_is_written_and_read_in_network_order() => AnyBits.Sample(halves =>
    {
        var (number, bits) = Both(halves);
        byte[] written = new byte[16], expected = new byte[16];
        bits.WriteBigEndian(written);
        BinaryPrimitives.WriteUInt128BigEndian(expected, number);
        Assert.Equal(expected, written);
        Assert.Equal(bits, Bits128.ReadBigEndian(written));
    });

    // What somebody makes up of the numbers in a hash that is the same on every machine: all of these are one value to an unseeded mixing.
    [Fact]
    public void Addresses_cannot_be_chosen_to_fall_on_one_slot()
    {
        var hashes = Enumerable.Range(1, 10_000).Select(i => new Bits128((ulong)i, unchecked((ulong)i * 0x9E3779B97F4A7C15)).GetHashCode());
        Assert.InRange(hashes.Distinct().Count(), 9_900, 10_000);
    }
}
