using System.Net;
using K8sNetfilter.Errors;
using K8sNetfilter.Netlink;

namespace K8sNetfilter.Tests.Netlink;

public sealed class NetlinkWriterTests
{
    [Fact]
    public void Every_kind_of_attribute_has_its_bytes()
    {
        using var writer = new NetlinkWriter(stackalloc byte[8]);
        writer.BeginMessage(0x1234, NetlinkFlags.Ack);
        writer.Header(0x0a0b0c0d0e0f1011UL);
        writer.Flag(1);
        writer.Put(2, (byte)0xfe);
        writer.Put(3, (ushort)0x0102);
        writer.PutBigEndian(4, (ushort)0x0102);
        writer.PutBigEndian(5, 0x01020304u);
        writer.PutBigEndian(6, 0x0102030405060708UL);
        int nested = writer.BeginNested(7);
        writer.Put(8, "eth0");
        writer.Put(9, IPAddress.Parse("10.1.2.3"));
        writer.EndNested(nested);
        writer.EndMessage();
        Assert.Equal(
            "60000000341205000000000000000000" + "11100f0e0d0c0b0a" + "04000100" + "05000200fe000000" + "0600030002010000" + "0600040001020000"
            + "0800050001020304" + "0c0006000102030405060708" + "18000780" + "09000800657468300000000" + "0" + "080009000a010203",
            Convert.ToHexString(writer.Written).ToLowerInvariant());
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        using var writer = new NetlinkWriter(stackalloc byte[16]);
        writer.BeginMessage(1, 0);
        int nested = writer.BeginNested(5);
        writer.Put(6, 0xdeadbeefu);
        writer.Put(7, IPAddress.Parse("fd00::1"));
        writer.EndNested(nested);
        writer.Put(8, "x");
        writer.EndMessage();

        var seen = new List<string>();
        foreach (var outer in new NetlinkMessage(writer.Written).Attributes(0))
        {
            if (outer.Type == 8)
            {
                seen.Add(outer.AsText());
                continue;
            }

            foreach (var inner in outer.Children)
            {
                seen.Add(inner.Type == 6 ? $"{outer.Type}/{inner.AsUInt32():x}" : inner.AsAddress().ToString());
            }
        }

        Assert.Equal(["5/deadbeef", "fd00::1", "x"], seen);
    }

    [Fact]
    public void An_attribute_too_long_for_its_length_field_is_refused() =>
        Assert.Throws<ArgumentException>(() =>
        {
            using var writer = new NetlinkWriter(default);
            writer.BeginMessage(1, 0);
            writer.Put(1, new byte[65532]);
        });

    [Theory]
    [InlineData("0300010000000000")]
    [InlineData("ff00010000000000")]
    [InlineData("0000000000000000")]
    public void A_length_that_does_not_fit_is_malformed(string bytes) =>
        Assert.Equal("NetlinkMalformed", Assert.Throws<NodeException>(() =>
        {
            foreach (var attribute in new NetlinkAttributes(Convert.FromHexString(bytes)))
            {
                _ = attribute.Type;
            }
        }).ErrorId);

    [Fact]
    public void A_number_shorter_than_its_type_is_malformed() =>
        Assert.Equal("NetlinkMalformed", Assert.Throws<NodeException>(() => new NetlinkAttribute([6, 0, 1, 0, 1, 2]).AsUInt32()).ErrorId);

    [Fact]
    public void A_name_with_an_escape_sequence_is_made_safe() =>
        Assert.Equal("a\\x1b[2J", new NetlinkAttribute([9, 0, 3, 0, (byte)'a', 0x1b, (byte)'[', (byte)'2', (byte)'J', 0]).AsText());
}
