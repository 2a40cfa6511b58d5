using System.Text;
using K8sNetfilter.Configuration;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Tests.Sysctl;

/// <summary>What decides a parameter besides sysctl.d: the kernel's own start, and the programs that write after the boot's files were applied.</summary>
public sealed class LaterSysctlsTests
{
    private const string Forward = "net.ipv4.ip_forward";

    private sealed class Files : INodeFiles
    {
        private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);

        public Files With(string path, string text = "")
        {
            _texts[path] = text;
            return this;
        }

        public ConfigFile Read(string path) => _texts.TryGetValue(path, out string? text) ? new ConfigFile(path, Encoding.UTF8.GetBytes(text)) : new ConfigFile(path, default) { Problem = "missing" };

        public IReadOnlyList<string> List(string folder) =>
            [.. _texts.Keys.Where(p => p.StartsWith(folder + "/", StringComparison.Ordinal)).Select(p => p[(folder.Length + 1)..].Split('/')[0]).Distinct(StringComparer.Ordinal)];
    }

    private static SysctlNode Node(Files files) => new() { Later = LaterSysctls.Read(files) };

    private static Files Enabled(params string[] units) => units.Aggregate(new Files(), (f, u) => f.With($"/etc/systemd/system/multi-user.target.wants/{u}"));

    [Theory]
    [InlineData("net.ipv4.ip_forward", "0")]
    [InlineData("net.ipv4.conf.all.rp_filter", "0")]
    [InlineData("vm.overcommit_memory", "0")]
    [InlineData("kernel.keys.root_maxkeys", "1000000")]
    [InlineData("kernel.panic", null)]
    public void What_no_file_sets_the_kernel_starts(string name, string? start)
    {
        var node = new SysctlNode();
        node.Live![SysctlKey.Parse(name)] = "7";
        var sysctl = node.Explain(name);
        Assert.Equal((start, start is not null, null), (sysctl.BootValue, sysctl.IsDrifted, sysctl.Source));
        Assert.Equal(start is null ? "No file sets it: the kernel's default, or what a program sets later." : $"No file sets it: the kernel starts with {start}.", sysctl.Reason);
    }

    [Fact]
    public void Bridge_netfilter_starts_on_where_its_module_is_there()
    {
        const string Call = "net.bridge.bridge-nf-call-iptables";
        var node = new SysctlNode();
        node.Live!["net/bridge/bridge-nf-call-iptables"] = "0";
        Assert.Equal(("1", true), (node.Explain(Call, _ => true).BootValue, node.Explain(Call, _ => true).IsDrifted));
        Assert.Null(node.Explain(Call, _ => null).BootValue);
        Assert.Null(node.Explain(Call, _ => false).BootValue);
        Assert.Contains("nothing loads br_netfilter", node.Explain(Call, _ => false).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_that_a_pattern_left_out_has_no_empty_reason()
    {
        var sysctl = new SysctlNode().With("/usr/lib/sysctl.d/50-default.conf", "net.ipv4.conf.*.rp_filter = 2\n-net.ipv4.conf.all.rp_filter\n")
            .With("/etc/sysctl.d/k8s.conf", "net.ipv4.conf.*.rp_filter = 0\n").Explain("net.ipv4.conf.all.rp_filter");
        Assert.Equal("No file sets it: the kernel starts with 0.", sysctl.Reason);
        Assert.All(sysctl.Overridden, o => Assert.Equal("/usr/lib/sysctl.d/50-default.conf:2 excludes the key", o.Reason));
        Assert.Equal(2, sysctl.Overridden.Length);
    }

    [Fact]
    public void The_first_value_is_not_known_where_the_module_is_not()
    {
        var sysctl = new SysctlNode().Explain("net.bridge.bridge-nf-call-iptables", _ => null);
        Assert.Equal((false, null), (sysctl.IsBootValueKnown, sysctl.BootValue));
        Assert.Contains("whether that module is there is not known", sysctl.Reason, StringComparison.Ordinal);
        Assert.True(new SysctlNode().Explain("net.bridge.bridge-nf-call-iptables", _ => true) is { IsBootValueKnown: true, BootValue: "1" });
        Assert.True(new SysctlNode().Explain("net.ipv4.ip_forward", _ => null).IsBootValueKnown);
    }

    [Fact]
    public void Ufw_writes_its_own_file_last()
    {
        var files = new Files().With("/etc/ufw/ufw.conf", "ENABLED=yes\n").With("/etc/default/ufw", "IPT_SYSCTL=/etc/ufw/sysctl.conf\n")
            .With("/etc/ufw/sysctl.conf", "# for ufw\n#net/ipv4/ip_forward=1\nnet/ipv4/conf/all/rp_filter=1\nnet/ipv4/ip_forward=0\n");
        var node = Node(files).With("/etc/sysctl.d/k8s.conf", "net.ipv4.ip_forward = 1\n");
        var sysctl = node.Explain(Forward);
        Assert.Equal(("0", "/etc/ufw/sysctl.conf:4"), (sysctl.BootValue, sysctl.Source!.ToString()));
        Assert.Equal("/etc/ufw/sysctl.conf:4 sets it: ufw writes it after the boot's sysctl files.", sysctl.Reason);
        Assert.Equal("/etc/sysctl.d/k8s.conf:1 = 1 (/etc/ufw/sysctl.conf:4 comes later)", Assert.Single(sysctl.Overridden).ToString());
        Assert.Equal("1", node.Explain("net.ipv4.conf.all.rp_filter").BootValue);

        files.With("/etc/ufw/ufw.conf", "ENABLED=no\n");
        Assert.Equal("1", Node(files).With("/etc/sysctl.d/k8s.conf", "net.ipv4.ip_forward = 1\n").Explain(Forward).BootValue);
    }

    [Fact]
    public void Networkd_switches_forwarding_for_the_whole_node()
    {
        var node = Node(new Files().With("/etc/systemd/networkd.conf.d/10.conf", "[Network]\nIPv4Forwarding=yes\n")).With("/etc/sysctl.d/a.conf", "net.ipv4.ip_forward=0\n");
        Assert.Equal(("1", "/etc/systemd/networkd.conf.d/10.conf:2"), (node.Explain(Forward).BootValue, node.Explain(Forward).Source!.ToString()));

        // Which version it is no file says: before 256 one interface's line switched the node's.
        node = Node(new Files().With("/etc/systemd/network/zz.network", "[Match]\nName=*\n[Network]\nIPForward=yes\n")).With("/etc/sysctl.d/a.conf", "net.ipv4.ip_forward=0\n");
        var sysctl = node.Explain(Forward);
        Assert.Equal(("0", "systemd-networkd"), (sysctl.BootValue, Assert.Single(sysctl.LaterWriters)));
        Assert.Contains("/etc/systemd/network/zz.network:4", sysctl.Reason, StringComparison.Ordinal);

        // Where another unit is enabled and this one is not, its files mean nothing.
        node = Node(Enabled("NetworkManager.service").With("/etc/systemd/networkd.conf", "[Network]\nIPv4Forwarding=yes\n"));
        Assert.Equal("0", node.Explain(Forward).BootValue);
    }

    [Fact]
    public void Tuned_sets_what_its_profile_and_those_that_it_includes_say()
    {
        var files = Enabled("tuned.service").With("/etc/tuned/active_profile", "mine\n")
            .With("/etc/tuned/mine/tuned.conf", "[main]\ninclude=base\n[sysctl]\nnet.ipv4.ip_forward=1\nvm.panic_on_oom=>1\n")
            .With("/usr/lib/tuned/base/tuned.conf", "[main]\ninclude=mine\n[sysctl]\nnet.ipv4.ip_forward=0\nvm.overcommit_memory=2\n[vm]\ndirty_ratio=5\n");
        Assert.Equal(("1", "/etc/tuned/mine/tuned.conf:4"), (Node(files).Explain(Forward).BootValue, Node(files).Explain(Forward).Source!.ToString()));

        // It applies /etc/sysctl.d again after that.
        Assert.Equal("0", Node(files).With("/etc/sysctl.d/a.conf", "net.ipv4.ip_forward = 0\n").Explain(Forward).BootValue);
        Assert.Equal("1", Node(files).With("/usr/lib/sysctl.d/a.conf", "net.ipv4.ip_forward = 0\n").Explain(Forward).BootValue);
        files.With("/etc/tuned/tuned-main.conf", "reapply_sysctl = 0\n");
        Assert.Equal("1", Node(files).With("/etc/sysctl.d/a.conf", "net.ipv4.ip_forward = 0\n").Explain(Forward).BootValue);
        var node = Node(files);
        node.Live!["vm/panic_on_oom"] = "1";
        Assert.Equal(["tuned"], node.Explain("vm.panic_on_oom").LaterWriters);
    }

    [Theory]
    [InlineData("docker.service", "net.ipv4.ip_forward", "Docker")]
    [InlineData("k3s.service", "net.ipv4.ip_forward", "k3s")]
    [InlineData("kubelet.service", "vm.overcommit_memory", "kubelet")]
    [InlineData("kubelet.service", "net.netfilter.nf_conntrack_max", "kube-proxy")]
    public void Programs_that_are_enabled_are_named(string unit, string key, string program)
    {
        var node = Node(Enabled(unit));
        node.Live![SysctlKey.Parse(key)] = "1";
        var sysctl = node.Explain(key, _ => true);
        Assert.Equal([program], sysctl.LaterWriters);
        Assert.Contains($"It may be overwritten by {program}, which is enabled here", sysctl.Reason, StringComparison.Ordinal);
        Assert.False(sysctl.IsDrifted);

        // What a program would set is no news where it is so already.
        Assert.Empty(Node(Enabled("docker.service")).With("/etc/sysctl.d/a.conf", "net.ipv4.ip_forward=1\n").Explain(Forward).LaterWriters);
        Assert.Empty(Node(Enabled("docker.service").With("/usr/lib/systemd/system/docker.service")).Explain("net.ipv4.conf.all.rp_filter").LaterWriters);
    }

    [Fact]
    public void A_kubelet_that_protects_the_defaults_writes_none() =>
        Assert.Empty(Node(Enabled("kubelet.service").With("/var/lib/kubelet/config.yaml", "kind: KubeletConfiguration\nprotectKernelDefaults: true\n")).Explain("vm.overcommit_memory").LaterWriters);

    [Fact]
    public void A_rule_of_udev_applies_the_files_once_the_module_is_there()
    {
        const string Call = "net.bridge.bridge-nf-call-iptables";
        var files = new Files().With("/etc/udev/rules.d/99-bridge.rules",
            "# systemd-sysctl --prefix=/net/ipv4\nACTION==\"add\", SUBSYSTEM==\"module\", KERNEL==\"br_netfilter\", RUN+=\"/usr/lib/systemd/systemd-sysctl --prefix=/net/bridge\"\n")
            .With("/usr/lib/udev/rules.d/99-systemd.rules", "RUN+=\"/usr/lib/systemd/systemd-sysctl --prefix=/net/ipv4/conf/$name\"\n");
        var sysctl = Node(files).With("/etc/sysctl.d/k8s.conf", $"{Call} = 1\n").Explain(Call, _ => false);
        Assert.Equal("1", sysctl.BootValue);
        Assert.Equal(
            "/etc/sysctl.d/k8s.conf:1 sets it. It is applied once br_netfilter is loaded: /etc/udev/rules.d/99-bridge.rules:2 runs systemd-sysctl again.", sysctl.Reason);
        Assert.Null(Node(new Files()).With("/etc/sysctl.d/k8s.conf", $"{Call} = 1\n").Explain(Call, _ => false).BootValue);
    }

    [Fact]
    public void Talos_has_no_files_that_tell()
    {
        var sysctl = Node(new Files().With("/etc/os-release", "NAME=\"Talos\"\nID=talos\n")).Explain(Forward);
        Assert.Equal((null, false, false), (sysctl.BootValue, sysctl.IsBootValueKnown, sysctl.IsDrifted));
        Assert.StartsWith("Talos has no sysctl files", sysctl.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_were_not_read_decide_nothing()
    {
        var node = new SysctlNode { UnreadFolder = "etc/sysctl.d" };
        Assert.Equal((null, false), (node.Explain(Forward).BootValue, node.Explain(Forward).IsBootValueKnown));
        Assert.Equal("Which file sets it is not known: etc/sysctl.d was not read.", node.Explain(Forward).Reason);
    }

    [Fact]
    public void A_part_of_a_listing_does_not_say_that_a_key_is_not_there()
    {
        var node = new SysctlNode { IsPart = true }.With("/etc/sysctl.d/a.conf", "kernel.nosuch = 1\n");
        Assert.Equal("/etc/sysctl.d/a.conf:1 sets it.", node.Explain("kernel.nosuch").Reason);
        Assert.False(SysctlListing.Parse("net.bridge.bridge-nf-call-iptables = 1\n").IsWhole);
        Assert.True(SysctlListing.Parse("fs.a = 1\nkernel.a = 1\nnet.a = 1\nvm.a = 1\n").IsWhole);
    }
}
