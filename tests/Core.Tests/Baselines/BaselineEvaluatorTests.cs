using K8sNetfilter.Baselines;
using K8sNetfilter.Links;
using K8sNetfilter.Tests.Nodes;

namespace K8sNetfilter.Tests.Baselines;

/// <summary>How a node stands to each kind of requirement, now and after the next boot.</summary>
public sealed class BaselineEvaluatorTests
{
    private const BaselineRequirementKind Module = BaselineRequirementKind.Module, Sysctl = BaselineRequirementKind.Sysctl;

    private static BaselineFinding One(BaselineNode node) => Assert.Single(node.Evaluate());

    private static (bool? Live, bool? Boot, string? Cause, string? Remedy) Show(BaselineFinding finding) =>
        (finding.IsLiveInDesiredState, finding.IsBootInDesiredState, finding.Cause, finding.Remedy);

    [Fact]
    public void A_module_is_there_now_and_at_boot_or_the_finding_says_which_is_wrong()
    {
        var node = new BaselineNode().Want(Module, "overlay", "present");
        Assert.Equal((false, false, "it is available now; no file loads it at boot", "Enable-KernelModule -Name overlay -Persist"), Show(One(node)));
        node.Loaded.Add("overlay");
        Assert.Equal((true, false, "no file loads it at boot", "Enable-KernelModule -Name overlay -Persist"), Show(One(node)));
        node.With("/etc/modules-load.d/k8s.conf", "overlay\n");
        Assert.Equal((true, true, null, null), Show(One(node)));
        Assert.Equal("/etc/modules-load.d/k8s.conf:1", One(node).Source?.ToString());
    }

    [Fact]
    public void A_blocked_module_names_the_line_that_blocks_it()
    {
        var finding = One(new BaselineNode().Want(Module, "overlay", "present").With("/etc/modules-load.d/k8s.conf", "overlay\n").With("/etc/modprobe.d/x.conf", "# no\ninstall overlay /bin/false\n"));
        Assert.Equal((false, "/etc/modprobe.d/x.conf:2"), (finding.IsBootInDesiredState, finding.Source?.ToString()));
        Assert.StartsWith("take the line /etc/modprobe.d/x.conf:2 out, then Enable-KernelModule", finding.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_module_that_must_be_absent_is_neither_loaded_nor_named()
    {
        var node = new BaselineNode().Want(Module, "overlay", "absent");
        Assert.Equal((true, true, null, null), Show(One(node)));
        node.Loaded.Add("overlay");
        node.With("/etc/modules-load.d/k8s.conf", "overlay\n");
        Assert.Equal(
            (false, false, "it is loaded now and must be absent; /etc/modules-load.d/k8s.conf:1 loads it at boot", "Disable-KernelModule -Name overlay -Persist"), Show(One(node)));
    }

    [Fact]
    public void A_module_that_is_built_in_is_there_at_every_boot() =>
        Assert.Equal((true, true, null, null), Show(One(new BaselineNode().Want(Module, "ip_tables", "present"))));

    [Fact]
    public void A_sysctl_is_held_against_the_kernel_and_against_the_files()
    {
        var node = new BaselineNode().Want(Sysctl, "net.ipv4.ip_forward", "1").With("/etc/sysctl.d/a.conf", "net.ipv4.ip_forward = 1\n");
        Assert.Equal((false, true, "it is 0 now", "Set-NodeSysctl -Name net.ipv4.ip_forward -Value '1' -Persist"), Show(One(node)));
        node.With("/etc/sysctl.d/b.conf", "net.ipv4.ip_forward = 0\n");
        Assert.Equal((false, false, "it is 0 now; /etc/sysctl.d/b.conf:1 makes it 0 at boot"), Show(One(node)) is var both ? (both.Live, both.Boot, both.Cause) : default);
        Assert.Equal(("0", "0"), (One(node).LiveValue, One(node).BootValue));
    }

    [Fact]
    public void A_sysctl_of_the_running_kernel_alone_is_not_looked_for_in_files()
    {
        var finding = One(new BaselineNode().Want(Sysctl, "net.ipv4.ip_forward", "0", atBoot: false).With("/etc/sysctl.d/a.conf", "net.ipv4.ip_forward = 1\n"));
        Assert.Equal((true, null, null, null), Show(finding));
        Assert.Null(finding.BootValue);
    }

    [Fact]
    public void A_sysctl_whose_module_is_not_loaded_is_set_after_the_module()
    {
        var finding = One(new BaselineNode().Want(Sysctl, "net.bridge.bridge-nf-call-iptables", "1"));
        Assert.False(finding.IsLiveInDesiredState);
        Assert.StartsWith("the kernel has no net.bridge.bridge-nf-call-iptables now: ", finding.Cause, StringComparison.Ordinal);
        Assert.StartsWith("Enable-KernelModule -Name br_netfilter -Persist; Set-NodeSysctl -Name net.bridge.bridge-nf-call-iptables -Value '1'", finding.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mounted_root_has_no_present_state_and_a_node_without_values_an_unknown_one()
    {
        var root = One(new BaselineNode { IsLive = false }.Want(Sysctl, "net.ipv4.ip_forward", "1").With("/etc/sysctl.d/a.conf", "net.ipv4.ip_forward = 1\n"));
        Assert.Equal((null, true, true), (root.IsLiveInDesiredState, root.IsBootInDesiredState, root.IsInDesiredState));
        var part = One(new BaselineNode { Arrange = n => n.Sysctls.IsPart = true }.Want(Sysctl, "kernel.panic", "10").With("/etc/sysctl.d/a.conf", "kernel.panic = 10\n"));
        Assert.Equal((null, null), (part.IsLiveInDesiredState, part.IsInDesiredState));
        Assert.StartsWith("the value now is not known: kernel.panic was not read", part.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_contradicts_with_a_line_that_another_file_overrides_too()
    {
        var node = new BaselineNode().Want(Sysctl, "net.ipv4.ip_forward", "0").Want(BaselineRequirementKind.File, "/etc/sysctl.d/*.conf", "agrees")
            .With("/etc/sysctl.d/a.conf", "# x\nnet.ipv4.ip_forward = 1\n").With("/etc/sysctl.d/b.conf", "net.ipv4.ip_forward = 0\n");
        var finding = node.Evaluate()[1];
        Assert.Equal(
            (false, "/etc/sysctl.d/a.conf:2 sets net.ipv4.ip_forward to 1; the baseline wants 0", "Remove-NodeSysctl -Name net.ipv4.ip_forward -Path /etc/sysctl.d/a.conf"),
            (finding.IsLiveInDesiredState, finding.Cause, finding.Remedy));
        node.With("/etc/sysctl.d/a.conf", "");
        Assert.Equal((true, "agrees", null), (node.Evaluate()[1].IsLiveInDesiredState, node.Evaluate()[1].LiveValue, node.Evaluate()[1].Cause));
    }

    [Theory]
    [InlineData("callIptables", "on", true, null)]
    [InlineData("callIp6tables", "off", false, "callIp6tables of cni0 is on")]
    [InlineData("hairpin", "on", false, "hairpin of cni0 is off")]
    [InlineData("hairpin", "off", true, null)]
    public void A_bridges_flags_are_those_that_are_in_effect(string property, string expected, bool satisfied, string? cause)
    {
        var node = new BaselineNode().Want(BaselineRequirementKind.Bridge, "cni*", expected, property);
        node.Values["net/bridge/bridge-nf-call-iptables"] = node.Values["net/bridge/bridge-nf-call-ip6tables"] = node.Values["net/bridge/bridge-nf-call-arptables"] = "1";
        var finding = One(node);
        Assert.Equal(("cni0", satisfied, cause), (finding.Name, finding.IsLiveInDesiredState, finding.Cause));
        Assert.Equal(property == "hairpin" && !satisfied ? "bridge link set dev veth-a hairpin on; bridge link set dev veth-b hairpin on"
            : satisfied ? null : "ip link set cni0 type bridge nf_call_ip6tables 0", finding.Remedy);
    }

    [Fact]
    public void A_bridge_that_is_named_must_be_there_and_a_pattern_asks_for_none()
    {
        var named = One(new BaselineNode().Want(BaselineRequirementKind.Bridge, "br9", "on", "hairpin"));
        Assert.Equal((false, "there is no bridge br9"), (named.IsLiveInDesiredState, named.Cause));
        Assert.Empty(new BaselineNode().Want(BaselineRequirementKind.Bridge, "br*", "on", "hairpin").Evaluate());
    }

    [Fact]
    public void A_chain_is_reached_or_missing_or_nothing_leads_to_it()
    {
        Assert.Equal("reached", Chain("KUBE-SERVICES", PlainNode.ServiceRules).LiveValue);
        var missing = Chain("KUBE-NOSUCH", PlainNode.ServiceRules);
        Assert.Equal((false, "the nat table has no chain KUBE-NOSUCH"), (missing.IsLiveInDesiredState, missing.Cause));
        var unreached = Chain("KUBE-POSTROUTING", PlainNode.ServiceRules.Replace(PlainNode.Jump, "", StringComparison.Ordinal));
        Assert.Equal((false, "no packet reaches KUBE-POSTROUTING: no base chain leads to it"), (unreached.IsLiveInDesiredState, unreached.Cause));
        var unread = Chain("KUBE-SERVICES", null);
        Assert.Equal((null, "not known: the node's rules were not read"), (unread.IsLiveInDesiredState, unread.Cause));

        BaselineFinding Chain(string name, string? rules) =>
            One(new BaselineNode { Arrange = n => n.Rules = rules }.Want(BaselineRequirementKind.Chain, name, "reached", "nat", atBoot: false, family: "IPv4"));
    }

    [Fact]
    public void A_requirement_whose_condition_fails_is_left_out_and_one_that_may_hold_is_checked()
    {
        var node = new BaselineNode().Want(Sysctl, "net.ipv4.ip_forward", "1");
        node.Requirements[0] = node.Requirements[0] with { When = new BaselineCondition { IPv6 = true } };
        Assert.Empty(node.Evaluate(new BaselineFacts { IPv6 = false }));
        Assert.Single(node.Evaluate(new BaselineFacts { IPv6 = true }));
        Assert.Single(node.Evaluate(new BaselineFacts()));
    }
}
