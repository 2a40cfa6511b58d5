using K8sNetfilter.Modules;

namespace K8sNetfilter.Tests.Modules;

public sealed class ModuleReportTests
{
    private static readonly LoadedModule Bridge = new("bridge", ModuleState.Loaded, 311296, 1, ["br_netfilter"], false);

    [Fact]
    public void The_kernel_and_the_next_boot_stand_side_by_side()
    {
        var report = new ModuleReport(new ModuleNode { Loaded = [Bridge] }.Load("br_netfilter").Modprobe("blacklist bridge"));
        var bridge = report.Describe("bridge");
        Assert.Equal(ModuleState.Loaded, bridge.State);
        Assert.Equal(311296UL, bridge.SizeBytes);
        Assert.Equal(["br_netfilter"], bridge.UsedBy);
        Assert.Equal(["stp", "llc"], bridge.DependsOn);
        Assert.True(bridge.LoadsAtBoot);
        Assert.Equal("/etc/modules-load.d/k8s.conf:1", bridge.BootSource!.ToString());
        Assert.Equal(["br_netfilter", "bridge"], new ModuleReport(new ModuleNode { Loaded = [Bridge] }.Load("br_netfilter")).LoadedOrNamed);
    }

    [Theory]
    [InlineData("overlay", "", ModuleState.Available, false, null)]
    [InlineData("overlay", "blacklist overlay", ModuleState.Blocked, false, "/etc/modprobe.d/local.conf:1")]
    [InlineData("br-netfilter", "", ModuleState.Available, false, null)]
    [InlineData("ip_tables", "blacklist ip_tables", ModuleState.BuiltIn, true, null)]
    [InlineData("nosuch", "", ModuleState.Missing, false, null)]
    [InlineData("nosuch", "blacklist nosuch", ModuleState.Missing, false, null)]
    public void What_is_not_loaded_has_a_state_too(string name, string rules, ModuleState state, bool atBoot, string? blockedBy)
    {
        var module = new ModuleReport(new ModuleNode().Modprobe(rules)).Describe(name);
        Assert.Equal(state, module.State);
        Assert.Equal(atBoot, module.LoadsAtBoot);
        Assert.Equal(blockedBy, module.BlockedBy?.ToString());
        Assert.Null(module.BootSource);
        Assert.Null(module.SizeBytes);
    }

    [Fact]
    public void A_pattern_finds_what_shows_itself_where_nothing_lists_what_is_built_in()
    {
        var node = new ModuleNode { Catalog = null, SupportsModules = false };
        node.Shown.UnionWith(["overlay", "nf_conntrack", "of_no_interest"]);
        Assert.Equal(["nf_conntrack", "overlay"], new ModuleReport(node).Known);
    }

    [Fact]
    public void A_kernel_without_modules_shows_what_it_has_built_in()
    {
        var node = new ModuleNode { Catalog = null, SupportsModules = false }.Load("br_netfilter\noverlay");
        node.Shown.Add("br_netfilter");
        var report = new ModuleReport(node);
        Assert.Equal(ModuleState.BuiltIn, report.Describe("br_netfilter").State);
        Assert.True(report.Describe("br_netfilter").LoadsAtBoot);
        Assert.Equal(ModuleState.Missing, report.Describe("overlay").State);
        Assert.False(report.Describe("overlay").LoadsAtBoot);
        Assert.Equal("/etc/modules-load.d/k8s.conf:2", report.Describe("overlay").BootSource!.ToString());
    }

    [Fact]
    public void An_alias_leads_to_its_module() =>
        Assert.Equal("overlay", new ModuleReport(new ModuleNode()).Find("fs-overlay").Single().Name);

    [Fact]
    public void A_comment_behind_a_name_is_explained() => Assert.Contains(
        "a line of its own",
        new ModuleReport(new ModuleNode().Load("overlay # for pods")).Describe("overlay # for pods").Reason,
        StringComparison.Ordinal);

    [Fact]
    public void Reasons_show_no_control_characters() => Assert.DoesNotContain(
        new ModuleReport(new ModuleNode().Load("a\x1b[31m")).LoadedOrNamed.Select(new ModuleReport(new ModuleNode().Load("a\x1b[31m")).Describe),
        m => (m.Name + m.Reason).Any(char.IsControl));
}
