using K8sNetfilter.Modules;

namespace K8sNetfilter.Tests.Modules;

public sealed class BootPredictionTests
{
    [Fact]
    public void A_name_loads_with_what_it_needs()
    {
        var boot = BootPrediction.Of(new ModuleNode().Load("overlay\nbr-netfilter\n"));
        Assert.Equal(["overlay", "llc", "stp", "bridge", "br_netfilter"], boot.Steps.Select(s => s.Target.Name));
        Assert.Equal("/etc/modules-load.d/k8s.conf:2", boot.For("br_netfilter")!.Source!.ToString());
        Assert.Equal("br_netfilter", boot.For("llc")!.NeededBy);
        Assert.Equal(BootOutcome.Loads, boot.For("bridge")!.Outcome);
        Assert.Null(boot.For("nf_conntrack"));
    }

    [Theory]
    [InlineData("blacklist br-netfilter", BootOutcome.Blacklisted, 1)]
    [InlineData("#\ninstall br_netfilter /bin/false", BootOutcome.InstallCommand, 2)]
    [InlineData("install br_* /bin/true", BootOutcome.InstallCommand, 1)]
    [InlineData("alias br_netfilter off", BootOutcome.AliasLeadsNowhere, 1)]
    [InlineData("install stp /bin/false", BootOutcome.DependencyFails, 1)]
    [InlineData("install bridge /bin/true", BootOutcome.DependencyFails, 1)]
    public void What_blocks_it_is_named_by_its_line(string rules, BootOutcome outcome, int line)
    {
        var load = BootPrediction.Of(new ModuleNode().Load("br_netfilter").Modprobe(rules)).For("br_netfilter")!;
        Assert.Equal(outcome, load.Outcome);
        Assert.False(load.IsThere);
        Assert.Equal($"/etc/modprobe.d/local.conf:{line}", load.BlockedBy!.ToString());
        Assert.Equal("/etc/modules-load.d/k8s.conf:1", load.Source!.ToString());
    }

    [Fact]
    public void A_blacklisted_dependency_is_loaded_all_the_same() =>
        Assert.Equal(BootOutcome.Loads, BootPrediction.Of(new ModuleNode().Load("br_netfilter").Modprobe("blacklist bridge")).For("br_netfilter")!.Outcome);

    [Fact]
    public void A_dependency_that_the_kernel_refuses_takes_its_users_with_it()
    {
        var boot = BootPrediction.Of(new ModuleNode { CommandLine = "module_blacklist=stp" }.Load("br_netfilter"));
        Assert.Equal(BootOutcome.DependencyFails, boot.For("br_netfilter")!.Outcome);
        Assert.Equal("stp", boot.For("br_netfilter")!.FailedDependency);
        Assert.Equal(BootOutcome.KernelRefuses, boot.For("stp")!.Outcome);
    }

    [Fact]
    public void An_unknown_command_leaves_the_answer_open()
    {
        var boot = BootPrediction.Of(new ModuleNode().Load("br_netfilter").Modprobe("install stp /sbin/modprobe -i stp && echo"));
        Assert.Null(boot.For("br_netfilter")!.IsThere);
        Assert.Equal("/etc/modprobe.d/local.conf:1", boot.For("br_netfilter")!.DecidedBy!.ToString());
    }

    [Fact]
    public void Soft_dependencies_load_and_switch_the_install_command_off()
    {
        var boot = BootPrediction.Of(new ModuleNode().Load("overlay").Modprobe("softdep overlay pre: nf_conntrack post: missing\ninstall overlay /bin/false"));
        Assert.Equal(["nf_conntrack", "overlay"], boot.Steps.Select(s => s.Target.Name));
        Assert.Equal(BootOutcome.Loads, boot.For("overlay")!.Outcome);
    }

    [Fact]
    public void A_second_line_that_works_beats_a_first_that_does_not()
    {
        var boot = BootPrediction.Of(new ModuleNode().Load("overlay #x\noverlay"));
        Assert.Equal(BootOutcome.Missing, boot.Requests[0].Outcome);
        Assert.Equal(2, boot.For("overlay")!.Source!.Line);
    }

    [Fact]
    public void The_command_line_asks_first() =>
        Assert.Equal("/proc/cmdline", BootPrediction.Of(new ModuleNode { CommandLine = "modules_load=overlay" }.Load("overlay")).For("overlay")!.Source!.ToString());

    [Fact]
    public void A_missing_file_is_a_missing_module()
    {
        var node = new ModuleNode().Load("br_netfilter\noverlay");
        node.MissingFiles.Add("/lib/modules/6.1.0-k8s/kernel/net/llc/llc.ko");
        node.MissingFiles.Add("/lib/modules/6.1.0-k8s/kernel/fs/overlayfs/overlay.ko.xz");
        var boot = BootPrediction.Of(node);
        Assert.Equal(BootOutcome.Missing, boot.For("overlay")!.Outcome);
        Assert.False(boot.For("br_netfilter")!.IsThere is null);
    }

    [Fact]
    public void Circles_and_long_chains_of_soft_dependencies_end()
    {
        string circle = "softdep overlay pre: nf_conntrack\nsoftdep nf_conntrack pre: overlay\n";
        Assert.Equal(BootOutcome.Loads, BootPrediction.Of(new ModuleNode().Load("overlay").Modprobe(circle)).For("overlay")!.Outcome);
        string chain = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"install s{i} true\nsoftdep s{i} pre: s{i + 1}\n"));
        Assert.NotNull(BootPrediction.Of(new ModuleNode().Load("s0").Modprobe(chain)).For("s0"));
    }
}
