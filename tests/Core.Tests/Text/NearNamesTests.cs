using K8sNetfilter.Text;

namespace K8sNetfilter.Tests.Text;

public sealed class NearNamesTests
{
    private static readonly string[] Known = ["limit", "hashlimit", "recent", "set", "statistic", "LIMIT2", "net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"];

    [Theory]
    [InlineData("limti", "limit")]
    [InlineData("Limit", "limit LIMIT2")]
    [InlineData("limt", "limit")]
    [InlineData("rcent", "recent")]
    [InlineData("sets", "set")]
    [InlineData("net.ipv4.ip_forwad", "net.ipv4.ip_forward")]
    [InlineData("xyzzy", "")]
    [InlineData("", "")]
    public void What_differs_little_is_near(string name, string expected) => Assert.Equal(expected, string.Join(' ', NearNames.Find(name, Known)));

    [Fact]
    public void A_name_of_any_length_is_compared_or_left() => Assert.Empty(NearNames.Find(new string('x', 1_000_000), [new string('x', 1_000_000)]));

    [Fact]
    public void Only_so_many_are_given() => Assert.Equal(["aaa1", "aaa2"], NearNames.Find("aaa0", ["aaa3", "aaa2", "aaa1"], most: 2));
}
