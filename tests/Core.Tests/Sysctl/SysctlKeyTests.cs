using CsCheck;
using K8sNetfilter.Errors;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Tests.Sysctl;

public sealed class SysctlKeyTests
{
    [Theory]
    [InlineData("net.ipv4.ip_forward", "net/ipv4/ip_forward")]
    [InlineData("net/ipv4/ip_forward", "net/ipv4/ip_forward")]
    [InlineData("/net/ipv4/ip_forward", "net/ipv4/ip_forward")]
    [InlineData("/proc/sys/net/ipv4/ip_forward", "net/ipv4/ip_forward")]
    [InlineData("net.ipv4.conf.eth0/100.forwarding", "net/ipv4/conf/eth0.100/forwarding")]
    [InlineData("net/ipv4/conf/eth0.100/forwarding", "net/ipv4/conf/eth0.100/forwarding")]
    public void A_name_leads_to_a_path(string name, string path) => Assert.Equal(path, SysctlKey.Parse(name));

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("net..ipv4")]
    [InlineData("net/../kernel/hostname")]
    [InlineData("/proc/sys/../../etc/passwd")]
    [InlineData("net/ipv4/")]
    [InlineData("net.ipv4\0.ip_forward")]
    [InlineData("net.ipv4.ip_forward\n")]
    [InlineData("net.ipv4.ip forward")]
    [InlineData("net.ipv4.\u001b[2Jx")]
    public void What_leads_anywhere_else_is_refused(string name)
    {
        var failure = Assert.Throws<NodeException>(() => SysctlKey.Parse(name));
        Assert.Equal("SysctlNameInvalid", failure.ErrorId);
        Assert.DoesNotContain(failure.Message, char.IsControl);
    }

    [Fact]
    public void A_name_of_any_length_is_bounded() => Assert.False(SysctlKey.TryParse(new string('a', 100_000), out _));

    [Fact]
    public void Every_path_has_a_name_that_leads_back_to_it() =>
        Gen.Char["abe0./-_:"].Array[1, 30].Select(c => new string(c)).Where(p => SysctlKey.TryParse("/" + p, out string same) && same == p)
            .Sample(path => SysctlKey.Parse(SysctlKey.ToName(path)) == path);

    [Theory]
    [InlineData("net/ipv4/ip_forward", true)]
    [InlineData("net/ipv4/conf/eth0.100/forwarding", true)]
    [InlineData("net/ipv4/conf/a=b/forwarding", false)]
    [InlineData("net/ipv4/conf/eth*/forwarding", false)]
    [InlineData("net/ipv4/conf/a[b/forwarding", false)]
    [InlineData("net/ipv4/conf/a\\b/forwarding", false)]
    [InlineData("-net/ipv4", false)]
    [InlineData("#net/ipv4", false)]
    public void Some_names_mean_something_else_in_a_file(string path, bool can) => Assert.Equal(can, SysctlKey.CanBePersisted(path));
}
