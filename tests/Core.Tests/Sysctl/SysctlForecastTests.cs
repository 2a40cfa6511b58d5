using System.Text;
using K8sNetfilter.Configuration;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Tests.Sysctl;

public sealed class SysctlForecastTests
{
    [Fact]
    public void The_last_file_decides_and_the_others_are_named()
    {
        var sysctl = new SysctlNode().With("/etc/sysctl.d/10-a.conf", "net.ipv4.ip_forward = 1\n").With("/etc/sysctl.d/20-b.conf", "# x\nnet.ipv4.ip_forward = 0\n").Explain("net.ipv4.ip_forward");
        Assert.Equal(("0", "/etc/sysctl.d/20-b.conf:2", false), (sysctl.BootValue, sysctl.Source!.ToString(), sysctl.IsDrifted));
        Assert.Equal("/etc/sysctl.d/10-a.conf:1 = 1 (/etc/sysctl.d/20-b.conf:2 comes later)", Assert.Single(sysctl.Overridden).ToString());
    }

    [Fact]
    public void Sysctl_and_systemd_sysctl_can_set_different_values()
    {
        var node = new SysctlNode().With("/etc/sysctl.d/k8s.conf", "net.ipv4.ip_forward = 1\n");
        node.Procps.Add(new ConfigFile("/etc/sysctl.conf", "net.ipv4.ip_forward=0\n"u8.ToArray()));
        var sysctl = node.Explain("net.ipv4.ip_forward");
        Assert.Equal(("1", "0", "/etc/sysctl.conf:1", true), (sysctl.BootValue, sysctl.SystemValue, sysctl.SystemSource!.ToString(), sysctl.IsDrifted));
        Assert.Equal("/etc/sysctl.conf:1 = 0 (systemd-sysctl does not read /etc/sysctl.conf)", Assert.Single(sysctl.Overridden).ToString());
    }

    [Fact]
    public void A_file_that_another_replaces_loses()
    {
        var node = new SysctlNode();
        node.Replaced.Add(new ReplacedContent(new ConfigFile("/usr/lib/sysctl.d/50-a.conf", "net.ipv4.ip_forward=1\n"u8.ToArray()), "/etc/sysctl.d/50-a.conf"));
        var sysctl = node.Explain("net.ipv4.ip_forward");
        Assert.Equal(("0", null), (sysctl.BootValue, sysctl.Source));
        Assert.Equal("/etc/sysctl.d/50-a.conf is read in place of this file", Assert.Single(sysctl.Overridden).Reason);
    }

    [Fact]
    public void A_bridge_key_needs_its_module_before_systemd_sysctl_runs()
    {
        var node = new SysctlNode().With("/etc/sysctl.d/k8s.conf", "net.bridge.bridge-nf-call-iptables = 1\n");
        Assert.Equal("1", node.Explain("net.bridge.bridge-nf-call-iptables", _ => true).BootValue);
        Assert.Equal("1", node.Explain("net.bridge.bridge-nf-call-iptables", _ => null).BootValue);
        var without = node.Explain("net.bridge.bridge-nf-call-iptables", _ => false);
        Assert.Null(without.BootValue);
        Assert.False(without.IsDrifted);
        Assert.Contains("br_netfilter is not loaded by the time systemd-sysctl runs", without.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_kernel_passes_on_is_known_with_the_line_that_started_it()
    {
        var node = new SysctlNode().With("/etc/sysctl.d/k8s.conf", "net.ipv4.conf.eth0.forwarding = 0\nnet.ipv4.ip_forward = 1\nnet.ipv4.conf.default.rp_filter = 2\n");
        Assert.Equal(("1", "The kernel takes it from net.ipv4.ip_forward, which /etc/sysctl.d/k8s.conf:2 sets."), (node.Explain("net.ipv4.conf.all.forwarding").BootValue, node.Explain("net.ipv4.conf.all.forwarding").Reason));
        Assert.Equal("2", node.Explain("net.ipv4.conf.eth0.rp_filter").BootValue);

        // The loopback interface has its address by then, and keeps what it has; udev applies an interface's own line once more.
        Assert.Null(node.Explain("net.ipv4.conf.lo.rp_filter").BootValue);
        Assert.Equal(("0", "/etc/sysctl.d/k8s.conf:1"), (node.Explain("net.ipv4.conf.eth0.forwarding").BootValue, node.Explain("net.ipv4.conf.eth0.forwarding").Source!.ToString()));
    }

    [Fact]
    public void Patterns_leave_named_and_excluded_keys_alone()
    {
        var node = new SysctlNode().With("/etc/sysctl.d/a.conf", "net.ipv4.conf.all.rp_filter = 0\nnet.ipv4.conf.*.rp_filter = 2\n-net.ipv4.conf.eth0.rp_filter\n");
        Assert.Equal("0", node.Explain("net.ipv4.conf.all.rp_filter").BootValue);
        Assert.Equal("a pattern; /etc/sysctl.d/a.conf:1 names the key", node.Explain("net.ipv4.conf.all.rp_filter").Overridden[0].Reason);
        Assert.Equal("2", node.Explain("net.ipv4.conf.lo.rp_filter").BootValue);

        // Excluded from the pattern, but default, which the pattern set, is passed on.
        Assert.Equal("The kernel takes it from net.ipv4.conf.default.rp_filter, which /etc/sysctl.d/a.conf:2 sets.", node.Explain("net.ipv4.conf.eth0.rp_filter").Reason);

        node = new SysctlNode().With("/etc/sysctl.d/a.conf", "net.ipv4.conf.e*.rp_filter = 2\n-net.ipv4.conf.eth0.rp_filter\n");
        Assert.Null(node.Explain("net.ipv4.conf.eth0.rp_filter").BootValue);
        Assert.Equal("/etc/sysctl.d/a.conf:2 excludes the key", Assert.Single(node.Explain("net.ipv4.conf.eth0.rp_filter").Overridden).Reason);
    }

    [Fact]
    public void The_kernel_command_line_sets_keys_that_no_file_sets()
    {
        var node = new SysctlNode { CommandLine = "quiet sysctl.net.ipv4.ip_forward=1 \"sysctl/net/ipv4/conf/all/rp_filter=2\" sysctl.net.bridge.bridge-nf-call-iptables=0 -- sysctl.net.ipv4.ip_forward=7" };
        Assert.Equal(("1", "/proc/cmdline"), (node.Explain("net.ipv4.ip_forward").BootValue, node.Explain("net.ipv4.ip_forward").Source!.ToString()));
        Assert.Equal("2", node.Explain("net.ipv4.conf.all.rp_filter").BootValue);
        Assert.Null(node.Explain("net.bridge.bridge-nf-call-iptables").BootValue);
        node.With("/etc/sysctl.d/a.conf", "net.ipv4.ip_forward = 0\n");
        Assert.Equal("0", node.Explain("net.ipv4.ip_forward").BootValue);
    }

    [Fact]
    public void Lines_without_effect_say_why()
    {
        var node = new SysctlNode().With("/etc/sysctl.d/a.conf", "net.ipv4.nosuch = 1\nnet.ipv4.ip_forward = yes\nnet.ipv4.conf.eth9.rp_filter = 1\n");
        Assert.Equal("/etc/sysctl.d/a.conf:1 has no effect: this kernel has no such key.", node.Explain("net.ipv4.nosuch").Reason);
        Assert.Equal("/etc/sysctl.d/a.conf:2 has no effect: the kernel takes a number here, and 'yes' is none.", node.Explain("net.ipv4.ip_forward").Reason);
        Assert.Equal("1", node.Explain("net.ipv4.conf.eth9.rp_filter").BootValue);
    }

    [Fact]
    public void An_image_answers_from_its_files_alone()
    {
        var node = new SysctlNode { Live = null }.With("/etc/sysctl.d/a.conf", "net.ipv4.conf.*.rp_filter = 2\nnet.ipv4.ip_forward = 1\n");
        var forecast = SysctlForecast.Of(node, ["net/ipv4/conf/eth0/rp_filter"], stop: TestContext.Current.CancellationToken);
        Assert.Equal(["net/ipv4/ip_forward"], forecast.Paths);
        Assert.Equal("2", forecast.Explain("net/ipv4/conf/eth0/rp_filter", null).BootValue);
        Assert.Equal("net.ipv4.conf.*.rp_filter", SysctlForecast.Explain(Assert.Single(forecast.Patterns)).Name);
    }
}
