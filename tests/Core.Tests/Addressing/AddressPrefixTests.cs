using System.Net;
using CsCheck;
using K8sNetfilter.Addressing;

namespace K8sNetfilter.Tests.Addressing;

public sealed class AddressPrefixTests
{
    [Theory]
    [InlineData("10.96.0.10", "10.96.0.10")]
    [InlineData("10.244.1.7/16", "10.244.0.0/16")]
    [InlineData("0.0.0.0/0", "0.0.0.0/0")]
    [InlineData("10.0.0.1/32", "10.0.0.1")]
    [InlineData(" fd00::1/8 ", "fd00::/8")]
    [InlineData("::/0", "::/0")]
    [InlineData("::1", "::1")]
    [InlineData("FE80::1/128", "fe80::1")]
    public void A_prefix_is_read_and_printed_without_its_host_bits(string text, string expected)
    {
        Assert.True(AddressPrefix.TryParse(text, out var prefix));
        Assert.Equal(expected, prefix.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("10.0.0")]
    [InlineData("10.0.0.1.2")]
    [InlineData("10.0.0.256")]
    [InlineData("10.0.0.")]
    [InlineData("10..0.1")]
    [InlineData("010.0.0.1")]
    [InlineData("10.0.0.1/33")]
    [InlineData("10.0.0.1/-1")]
    [InlineData("10.0.0.1/")]
    [InlineData("10.0.0.1/255.0.0.0")]
    [InlineData("0x0a000001")]
    [InlineData("167772161")]
    [InlineData("fe80::1%eth0")]
    [InlineData("[::1]")]
    [InlineData("::1/129")]
    [InlineData("localhost")]
    public void Text_that_is_no_prefix_is_refused(string text) => Assert.False(AddressPrefix.TryParse(text, out _));

    [Fact]
    public void An_address_is_a_number_and_back() =>
        Gen.Byte.Array[4].Select(b => new IPAddress(b)).Sample(address =>
            AddressPrefix.ToAddress(IPFamily.IPv4, AddressPrefix.ToNumber(address)).Equals(address)
            && AddressPrefix.TryParse(address.ToString(), out var prefix) && prefix.Address.Equals(address) && prefix.IsSingle);

    [Fact]
    public void An_IPv6_address_is_a_number_and_back() =>
        Gen.Byte.Array[16].Select(b => new IPAddress(b)).Sample(address =>
            AddressPrefix.ToAddress(IPFamily.IPv6, AddressPrefix.ToNumber(address)).Equals(address)
            && AddressPrefix.TryParse(address.ToString(), out var prefix) && prefix.Address.Equals(address) && prefix.IsSingle);

    [Fact]
    public void A_prefix_contains_what_the_frameworks_own_network_contains() =>
        Gen.Select(Gen.Byte.Array[4], Gen.Byte.Array[4], Gen.Int[0, 32], Gen.Int[0, 32]).Sample((network, other, length, shared) =>
        {
            // Half of the random addresses share their first bits with the network, or nothing would ever be inside.
            for (int bit = 0; bit < shared; bit++)
            {
                int mask = 0x80 >> bit % 8;
                other[bit / 8] = (byte)(other[bit / 8] & ~mask | network[bit / 8] & mask);
            }

            Assert.True(AddressPrefix.TryParse($"{new IPAddress(network)}/{length}", out var prefix));
            return prefix.Contains(new IPAddress(other)) == new IPNetwork(prefix.Address, length).Contains(new IPAddress(other));
        });

    [Fact]
    public void An_IPv4_prefix_holds_no_IPv6_address()
    {
        Assert.True(AddressPrefix.TryParse("0.0.0.0/0", out var all));
        Assert.False(all.Contains(IPAddress.IPv6Loopback));
    }

    [Theory]
    [InlineData("Tcp", 6)]
    [InlineData("udp", 17)]
    [InlineData("ipv6-icmp", 58)]
    [InlineData("132", 132)]
    [InlineData("0", 0)]
    public void A_protocol_has_a_name_or_a_number(string text, byte number)
    {
        Assert.True(IPProtocolName.TryParse(text, out byte parsed));
        Assert.Equal(number, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("256")]
    [InlineData("tcpp")]
    public void A_protocol_that_is_neither_is_refused(string text) => Assert.False(IPProtocolName.TryParse(text, out _));

    [Fact]
    public void Every_number_is_read_back_from_its_name()
    {
        for (int i = 0; i < 256; i++)
        {
            Assert.True(IPProtocolName.TryParse(IPProtocolName.Of((byte)i), out byte parsed));
            Assert.Equal(i, parsed);
        }
    }
}
