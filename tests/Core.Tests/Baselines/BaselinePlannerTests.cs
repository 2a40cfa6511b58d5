using System.Text;
using K8sNetfilter.Baselines;
using K8sNetfilter.Links;
using K8sNetfilter.Modules;
using K8sNetfilter.Tests.Modules;

namespace K8sNetfilter.Tests.Baselines;

/// <summary>The steps to a baseline, in their order, and what is refused.</summary>
public sealed class BaselinePlannerTests
{
    private const BaselineRequirementKind Module = BaselineRequirementKind.Module, Sysctl = BaselineRequirementKind.Sysctl, Bridge = BaselineRequirementKind.Bridge;

    private static string[] Steps(BaselinePlan plan)
    {
        Assert.Empty(plan.Refusals);
        Assert.Equal(Enumerable.Range(1, plan.Steps.Count), plan.Steps.Select(s => s.Number));
        return [.. plan.Steps.Select(s => s.ToString())];
    }

    private static string Refusal(BaselinePlan plan)
    {
        Assert.Empty(plan.Steps);
        return Assert.Single(plan.Refusals).Why;
    }

    private static string Content(BaselinePlan plan, int step) => Encoding.UTF8.GetString(plan.EditOf(plan.Steps[step - 1]).After);

    [Fact]
    public void A_node_that_is_as_it_should_be_has_no_steps()
    {
        var node = new BaselineNode().Want(Sysctl, "net.ipv4.ip_forward", "0").Want(Module, "overlay", "present").With("/etc/modules-load.d/a.conf", "overlay\n")
            .With("/etc/sysctl.d/a.conf", "net.ipv4.ip_forward = 0\n");
        node.Loaded.Add("overlay");
        Assert.Empty(Steps(node.Plan()));
    }

    [Fact]
    public void A_module_is_loaded_before_the_sysctls_that_it_makes_and_files_are_written_last()
    {
        var plan = new BaselineNode().Want(Sysctl, "net.bridge.bridge-nf-call-iptables", "1").Want(Sysctl, "net.ipv4.ip_forward", "1").Plan();
        Assert.Equal(
            [
                "br_netfilter: load it", "net.ipv4.ip_forward: set it to 1 (it is 0)", "net.bridge.bridge-nf-call-iptables: set it to 1 once br_netfilter has made it",
                "/etc/sysctl.d/k8s.conf: make it: set net.ipv4.ip_forward = 1; set net.bridge.bridge-nf-call-iptables = 1",
                "/etc/modules-load.d/k8s.conf: make it: add the line br_netfilter",
            ],
            Steps(plan).OrderBy(s => s.StartsWith('/')));
        Assert.Equal([true, false, true], plan.Steps.Take(3).Select(s => s.CanCutTraffic));
        Assert.Equal("br_netfilter", plan.Steps[2].NeedsModule);

        // Whoever leaves the module out cannot have its parameter.
        var less = plan.Without(new HashSet<int> { 1 });
        Assert.Equal(["net.ipv4.ip_forward"], less.Steps.Where(s => s.Kind == BaselineStepKind.Sysctl).Select(s => s.Target));
    }

    [Fact]
    public void An_administrators_line_that_decides_otherwise_is_commented_out()
    {
        var node = new BaselineNode { IsLive = false }.Want(Sysctl, "net.ipv4.ip_forward", "1").With("/etc/sysctl.d/zzz.conf", "# theirs\nnet.ipv4.ip_forward = 0\n");
        var plan = node.Plan();
        Assert.Equal(
            ["/etc/sysctl.d/k8s.conf: make it: set net.ipv4.ip_forward = 1", "/etc/sysctl.d/zzz.conf: comment out line 2: net.ipv4.ip_forward = 0"], Steps(plan));
        Assert.Equal("# theirs\n# K8sNetfilter (baseline Own): net.ipv4.ip_forward = 0\n", Content(plan, 2));
    }

    [Fact]
    public void A_packages_line_is_left_and_outranked()
    {
        var node = new BaselineNode { IsLive = false }.Want(Sysctl, "net.ipv4.ip_forward", "1").With("/usr/lib/sysctl.d/z.conf", "net.ipv4.ip_forward = 0\n");
        Assert.Equal("/etc/sysctl.d/zz-k8s.conf: make it: set net.ipv4.ip_forward = 1, after /usr/lib/sysctl.d/z.conf:1", Steps(node.Plan())[^1]);
        var last = new BaselineNode { IsLive = false }.Want(Sysctl, "net.ipv4.ip_forward", "1").With("/usr/lib/sysctl.d/zzzz.conf", "net.ipv4.ip_forward = 0\n");
        Assert.Equal("/usr/lib/sysctl.d/zzzz.conf:1 decides, which is not ours to change", Refusal(last.Plan()));
    }

    [Fact]
    public void A_package_that_blocks_a_module_gets_a_file_of_its_name_in_its_place()
    {
        var node = new BaselineNode { IsLive = false }.Want(Module, "overlay", "present").With("/etc/modules-load.d/a.conf", "overlay\n").With("/usr/lib/modprobe.d/b.conf", "options a b=1\ninstall overlay /bin/false\n");
        var plan = node.Plan();
        Assert.Equal(["/etc/modprobe.d/b.conf: make it: replace /usr/lib/modprobe.d/b.conf and comment out line 2: install overlay /bin/false"], Steps(plan));
        var edit = plan.EditOf(plan.Steps[0]);
        Assert.Equal(("/etc/modprobe.d/b.conf", null), (edit.Path, edit.Before));
        Assert.Equal("options a b=1\n# K8sNetfilter (baseline Own): install overlay /bin/false\n", Encoding.UTF8.GetString(edit.After));
    }

    [Fact]
    public void A_module_that_must_go_is_unloaded_and_no_longer_named()
    {
        var node = new BaselineNode().Want(Module, "overlay", "absent").With("/etc/modules-load.d/a.conf", "br_netfilter\noverlay\n");
        node.Loaded.Add("overlay");
        Assert.Equal(["overlay: unload it", "/etc/modules-load.d/a.conf: comment out line 2: overlay"], Steps(node.Plan()));
    }

    [Fact]
    public void Flags_of_a_bridge_and_of_its_ports_are_set_by_themselves()
    {
        var node = new BaselineNode().Want(Bridge, "cni0", "on", "hairpin", atBoot: false).Want(Bridge, "cni0", "on", "callIp6tables", atBoot: false);
        node.Loaded.Add("br_netfilter");
        foreach (string key in new[] { "iptables", "ip6tables", "arptables" })
        {
            node.Values["net/bridge/bridge-nf-call-" + key] = "0";
        }

        var plan = node.Plan();
        Assert.Equal(
            ["veth-a: turn hairpin on (a port of cni0)", "veth-b: turn hairpin on (a port of cni0)", "cni0: turn its own callIp6tables on"], Steps(plan));
        Assert.Equal([BaselineStepKind.BridgePort, BaselineStepKind.BridgePort, BaselineStepKind.Bridge], plan.Steps.Select(s => s.Kind));
    }

    [Fact]
    public void What_no_change_can_satisfy_is_refused_with_its_reason()
    {
        Assert.StartsWith("rules belong to the program that made them", Refusal(new BaselineNode { Arrange = n => n.Rules = "*nat\nCOMMIT\n" }
            .Want(BaselineRequirementKind.Chain, "KUBE-SERVICES", "reached", "nat", atBoot: false, family: "IPv4").Plan()), StringComparison.Ordinal);
        Assert.Equal("this kernel has no kernel.nosuch", Refusal(new BaselineNode().Want(Sysctl, "kernel.nosuch", "1", atBoot: false).Plan()));
        Assert.Equal("it is the first namespace's", Refusal(new BaselineNode().Want(Sysctl, "net.ipv4.ip_forward", "1", atBoot: false).Plan(_ => "it is the first namespace's")));
        Assert.StartsWith("this kernel has no module nosuch: ", Refusal(new BaselineNode().Want(Module, "nosuch", "present").Plan()), StringComparison.Ordinal);
        Assert.Equal("it is built into the kernel", Refusal(new BaselineNode().Want(Module, "ip_tables", "absent").Plan()));
        Assert.Equal("there is no such bridge; the CNI plugin makes it with the first pod", Refusal(new BaselineNode().Want(Bridge, "br9", "on", "hairpin").Plan()));
    }

    [Fact]
    public void A_module_in_use_and_one_that_never_goes_are_refused()
    {
        Assert.Equal("it is in use by bridge", Refusal(Unload(new LoadedModule("overlay", ModuleState.Loaded, 1, 1, ["bridge"], false))));
        Assert.Equal("it is in use", Refusal(Unload(new LoadedModule("overlay", ModuleState.Loaded, 1, 2, [], false))));
        Assert.Equal("the kernel does not let it go", Refusal(Unload(new LoadedModule("overlay", ModuleState.Loaded, 1, 0, [], true))));

        static BaselinePlan Unload(LoadedModule module) =>
            new BaselineNode { Arrange = n => n.Modules = new ModuleNode { Loaded = [module] } }.Want(Module, "overlay", "absent").Plan();
    }

    [Fact]
    public void Baselines_that_contradict_each_other_are_refused()
    {
        var node = new BaselineNode().Want(Sysctl, "net.ipv4.ip_forward", "1");
        var other = new BaselineNode().Want(Sysctl, "net.ipv4.ip_forward", "2");
        var plan = new BaselinePlanner(node.Node, _ => null, Assert.Fail, TestContext.Current.CancellationToken).Plan([node.Baseline, other.Baseline with { Name = "Other" }], new());
        Assert.Empty(plan.Steps);
        Assert.All(plan.Refusals, r => Assert.Equal("the baselines contradict each other: 1, 2", r.Why));
        Assert.Equal(2, plan.Refusals.Count);
    }

    [Fact]
    public void A_bridge_cannot_opt_out_while_the_switch_is_on()
    {
        var node = new BaselineNode().Want(Bridge, "cni0", "off", "callIptables", atBoot: false);
        node.Loaded.Add("br_netfilter");
        foreach (string key in new[] { "iptables", "ip6tables", "arptables" })
        {
            node.Values["net/bridge/bridge-nf-call-" + key] = "1";
        }

        Assert.StartsWith("a bridge cannot opt out while net.bridge.bridge-nf-call-iptables is on", Refusal(node.Plan()), StringComparison.Ordinal);
    }

    [Fact]
    public void Only_the_findings_that_are_named_are_mended()
    {
        var plan = new BaselineNode().Want(Sysctl, "net.ipv4.ip_forward", "1", atBoot: false).Want(Module, "overlay", "present", atBoot: false).Plan(only: f => f.Name == "overlay");
        Assert.Equal(["overlay: load it"], Steps(plan));
        Assert.Equal(2, plan.Findings.Count);
    }

    [Fact]
    public void A_step_writes_nothing_where_the_value_satisfies_by_then()
    {
        var plan = new BaselineNode().Want(Sysctl, "net.ipv4.ip_forward", "1", atBoot: false).Plan();
        Assert.Equal(("1", null, "1"), (plan.ValueFor(plan.Steps[0], "0"), plan.ValueFor(plan.Steps[0], "1"), plan.ValueFor(plan.Steps[0], null)));
    }
}
