using K8sNetfilter.Configuration;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Tests.Sysctl;

public sealed class SysctlValueTests
{
    [Theory]
    [InlineData("1", "1", true)]
    [InlineData("0x10", "16", true)]
    [InlineData("010", "8", true)]
    [InlineData("1024 65000", "1024\t65000", true)]
    [InlineData("1", "0", false)]
    [InlineData("1 2", "1", false)]
    [InlineData("cubic", "reno", false)]
    [InlineData("-1", "-1 ", true)]
    [InlineData(null, "1", false)]
    public void Texts_are_one_value_or_two(string? a, string? b, bool same) => Assert.Equal(same, KernelValue.Same(a, b));

    [Theory]
    [InlineData("net/ipv4/ip_forward", "0x1", "0", "1", false)]
    [InlineData("net/ipv4/ip_forward", "1 9", "0", "1", false)]
    [InlineData("net/ipv4/ip_forward", "yes", "0", "0", true)]
    [InlineData("net/ipv4/ip_forward", "", "0", "0", true)]
    [InlineData("net/ipv4/ip_forward", "99999999999999999999999999", "0", "0", true)]
    [InlineData("net/ipv4/tcp_rmem", "5000", "1\t2\t3", "5000\t2\t3", false)]
    [InlineData("net/ipv4/tcp_rmem", "5000 x", "1\t2\t3", "5000\t2\t3", true)]
    [InlineData("net/ipv4/ip_local_port_range", "5000 x", "1\t2", "1\t2", true)]
    [InlineData("net/ipv4/ip_local_reserved_ports", "8081,80,81,8080", "", "80-81,8080-8081", false)]
    [InlineData("net/ipv4/ip_local_reserved_ports", "9-8", "", "", true)]
    [InlineData("net/ipv4/tcp_congestion_control", "bbr", "cubic", "bbr", false)]
    [InlineData("kernel/hostname", "node", "1", "node", false)]
    public void What_the_kernel_makes_of_a_text(string path, string written, string? current, string? expected, bool refused)
    {
        Assert.Equal(expected, SysctlValue.Taken(path, written, current, out bool isRefused));
        Assert.Equal(refused, isRefused);
    }
}
