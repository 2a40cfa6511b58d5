using System.Text;
using CsCheck;
using K8sNetfilter.Text;

namespace K8sNetfilter.Tests.Text;

public sealed class ByteTextTests
{
    [Fact]
    public void Any_bytes_come_back_unchanged() =>
        Gen.Byte.Array[0, 40].Sample(bytes => ByteText.Encode(ByteText.Decode(bytes)).AsSpan().SequenceEqual(bytes));

    [Fact]
    public void Valid_UTF_8_is_plain_text() =>
        Gen.String.Where(s => !s.Any(char.IsSurrogate)).Sample(s => ByteText.Decode(Encoding.UTF8.GetBytes(s)) == s);

    [Fact]
    public void A_surrogate_written_in_UTF_8_is_three_bad_bytes() => Assert.Equal("\udced\udca0\udc80", ByteText.Decode([0xed, 0xa0, 0x80]));

    [Fact]
    public void The_order_is_that_of_the_bytes() =>
        Gen.Select(Gen.Byte.Array[0, 6], Gen.Byte.Array[0, 6]).Sample((a, b) =>
            Math.Sign(ByteText.Order.Compare(ByteText.Decode(a), ByteText.Decode(b))) == Math.Sign(a.AsSpan().SequenceCompareTo(b)));
}
