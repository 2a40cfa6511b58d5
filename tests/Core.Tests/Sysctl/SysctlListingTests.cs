using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Tests.Sysctl;

public sealed class SysctlListingTests
{
    [Fact]
    public void Keys_of_interfaces_values_of_several_lines_and_refusals_are_read_as_they_were_written()
    {
        string[] paths = ["net/ipv4/conf/eth0.100/forwarding", "dev/cdrom/info", "net/ipv4/route/flush", "kernel/core_pattern", "net/ipv4/tcp_rmem", "kernel/domainname"];
        string?[] values = ["1", "CD-ROM\n\ndrive name:\t\tsr0", null, "|/usr/lib/core %P = %s", "4096\t131072\t6291456", ""];
        using var text = new StringWriter();
        SysctlListing.Write(text, paths, values);
        Assert.Contains("net.ipv4.conf.eth0/100.forwarding = 1\n", text.ToString(), StringComparison.Ordinal);
        var listing = SysctlListing.Parse(text.ToString());
        Assert.Equal(paths, listing.Paths);
        Assert.Equal(values, paths.Select(listing.Find));
        Assert.Null(listing.Find("net/none"));
    }

    [Fact]
    public void What_the_tool_says_between_the_lines_is_no_value()
    {
        var listing = SysctlListing.Parse("sysctl: reading key \"net.ipv6.conf.all.stable_secret\": Input/output error\r\nkernel.ostype = Linux\r\nrubbish\n = x\n");
        Assert.Equal(["net/ipv6/conf/all/stable_secret", "kernel/ostype"], listing.Paths);
        Assert.Equal("Linux", listing.Find("kernel/ostype"));
    }

    [Theory]
    [InlineData("sysctl from procps-ng 4.0.5\n", true)]
    [InlineData("sysctl from procps-ng 4.0.2", false)]
    [InlineData("sysctl from procps-ng 4.1", true)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Only_a_known_version_excludes_by_pattern(string? version, bool excludes) => Assert.Equal(excludes, SysctlListing.ExcludesByPattern(version));
}
