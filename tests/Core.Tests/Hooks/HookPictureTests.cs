using K8sNetfilter.Addressing;
using K8sNetfilter.Hooks;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Tests.KubeProxy;

namespace K8sNetfilter.Tests.Hooks;

public sealed class HookPictureTests
{
    private static Ruleset Rules(string text, NetfilterBackend backend = NetfilterBackend.Legacy) =>
        RulesetParser.Parse(text, new RulesetParserOptions { Backend = backend, Family = IPFamily.IPv4 });

    private static string[] Draw(Ruleset ruleset, KernelHooks kernel, HookScenario scenario, params string[] bridges) =>
        [.. new HookListBuilder(IPFamily.IPv4, ruleset, kernel, bridges).Draw(scenario).Select(h => $"{h.Layer} {h.Hook} {h.Priority} {h.Name}{(h.Chain is null ? "" : $" {h.Backend} {h.Table} {h.Chain} {h.RuleCount}/{h.ReachableRuleCount}")}")];

    private static HookEntry Entry(HookPoint point, int priority, string function, string? table = null, string? chain = null) =>
        new(HookLayer.IP, IPFamily.IPv4, point, priority, function, null, table, chain);

    private static HookEntry BridgeEntry(HookPoint point, int priority, string function) =>
        new(HookLayer.Bridge, IPFamily.Unspecified, point, priority, function, "br_netfilter", null, null);

    [Fact]
    public void Without_the_kernels_list_the_tables_and_what_their_rules_use_give_the_way()
    {
        var rules = Rules(KubeProxyRuleset.Generate(2));
        Assert.Equal(
            [
                "IP PREROUTING -400 defragmentation",
                "IP PREROUTING -200 conntrack",
                "IP PREROUTING -100 nat Legacy nat PREROUTING 1/25",
                "IP FORWARD 0 filter Legacy filter FORWARD 4/7",
                "IP POSTROUTING 100 nat Legacy nat POSTROUTING 1/4",
                "IP POSTROUTING 2147483647 conntrack confirm",
            ],
            Draw(rules, KernelHooks.Unknown, HookScenario.Forwarded));
        var hooks = new HookListBuilder(IPFamily.IPv4, rules, KernelHooks.Unknown, []).Draw(HookScenario.Incoming);
        Assert.All(hooks, h => Assert.True(h.IsDerived));
        Assert.Equal(Enumerable.Range(1, hooks.Count), hooks.Select(h => h.Order));
        Assert.Empty(Draw(rules, KernelHooks.Unknown, HookScenario.Bridged));
    }

    [Fact]
    public void Rules_that_track_nothing_bring_no_connection_tracking()
    {
        Assert.Equal(
            ["IP OUTPUT 0 filter Legacy filter OUTPUT 1/1"],
            Draw(Rules("*filter\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -p tcp -j ACCEPT\nCOMMIT\n"), KernelHooks.Unknown, HookScenario.Outgoing));
        Assert.Contains(
            "IP OUTPUT -200 conntrack",
            Draw(Rules("*filter\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -m conntrack --ctstate NEW\nCOMMIT\n"), KernelHooks.Unknown, HookScenario.Outgoing));
    }

    [Fact]
    public void A_bridged_packet_takes_the_detour_where_bridge_netfilter_is_effective()
    {
        var rules = Rules("*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n*mangle\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\nCOMMIT\n");
        var hooks = new HookListBuilder(IPFamily.IPv4, rules, KernelHooks.Unknown, ["cni0"]).Draw(HookScenario.Bridged);
        Assert.Equal(
            ["Bridge PREROUTING bridge netfilter", "IP PREROUTING mangle", "Bridge FORWARD bridge netfilter", "IP FORWARD filter", "Bridge POSTROUTING bridge netfilter", "IP POSTROUTING mangle"],
            hooks.Select(h => $"{h.Layer} {h.Hook} {h.Name}"));
        Assert.All(hooks, h => Assert.Equal(["cni0"], h.Detour));
    }

    [Fact]
    public void Tables_of_one_priority_carry_a_note_where_the_order_is_not_told()
    {
        var both = Ruleset.Join([
            Rules("*filter\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n*raw\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n"),
            Rules("*filter\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n*security\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n", NetfilterBackend.Nft)]);
        var hooks = new HookListBuilder(IPFamily.IPv4, both, KernelHooks.Unknown, []).Draw(HookScenario.Outgoing);
        Assert.Equal([("raw", -300, false), ("filter", 0, true), ("filter", 0, true), ("security", 150, false)], hooks.Select(h => (h.Table!, h.Priority, h.Note is not null)));
    }

    [Fact]
    public void The_kernels_list_is_taken_as_it_stands_with_tables_and_counts_put_to_it()
    {
        var rules = Ruleset.Join([
            Rules("*filter\n:FORWARD ACCEPT [0:0]\n:MINE - [0:0]\n-A FORWARD -j MINE\n-A MINE -j ACCEPT\nCOMMIT\n*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j ACCEPT\nCOMMIT\n"),
            Rules("*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -j ACCEPT\nCOMMIT\n", NetfilterBackend.Nft)]);
        var kernel = new KernelHooks(
            [
                Entry(HookPoint.Prerouting, -400, "ipv4_conntrack_defrag"),
                Entry(HookPoint.Prerouting, -200, "ipv4_conntrack_in"),
                Entry(HookPoint.Prerouting, -100, "nf_nat_ipv4_pre_routing"),
                Entry(HookPoint.Forward, -225, "selinux_ip_forward"),
                Entry(HookPoint.Forward, 0, "nft_do_chain_ipv4", "filter", "FORWARD"),
                Entry(HookPoint.Forward, 0, "ipt_do_table"),
                Entry(HookPoint.Forward, 10, "nft_do_chain_inet", "firewall", "fwd"),
                Entry(HookPoint.Postrouting, 2147483647, "nf_confirm"),
                BridgeEntry(HookPoint.Prerouting, 0, "br_nf_pre_routing"),
                BridgeEntry(HookPoint.Forward, 0, "br_nf_forward_ip"),
                BridgeEntry(HookPoint.Forward, 0, "br_nf_forward_arp"),
            ],
            [
                new NftBaseChain(HookLayer.IP, IPFamily.Unspecified, "firewall", "fwd", "filter", HookPoint.Forward, 10, 7),
                new NftBaseChain(HookLayer.IP, IPFamily.IPv4, "own", "dst", "nat", HookPoint.Prerouting, -110, 3),
            ]);
        Assert.Equal(
            [
                "IP PREROUTING -400 defragmentation",
                "IP PREROUTING -200 conntrack",
                "IP PREROUTING -110 nat Nft own dst 3/",
                "IP PREROUTING -100 nat Legacy nat PREROUTING 1/1",
                "IP FORWARD -225 selinux_ip_forward",
                "IP FORWARD 0 filter Nft filter FORWARD 1/1",
                "IP FORWARD 0 filter Legacy filter FORWARD 1/2",
                "IP FORWARD 10 firewall Nft firewall fwd 7/",
                "IP POSTROUTING 2147483647 conntrack confirm",
            ],
            Draw(rules, kernel, HookScenario.Forwarded));
        Assert.All(new HookListBuilder(IPFamily.IPv4, rules, kernel, []).Draw(HookScenario.Forwarded), h => Assert.False(h.IsDerived));
        Assert.Equal(
            [
                "Bridge PREROUTING 0 bridge netfilter",
                "IP PREROUTING -400 defragmentation",
                "IP PREROUTING -200 conntrack",
                "IP PREROUTING -110 nat Nft own dst 3/",
                "IP PREROUTING -100 nat Legacy nat PREROUTING 1/1",
                "Bridge FORWARD 0 bridge netfilter",
                "IP FORWARD -225 selinux_ip_forward",
                "IP FORWARD 0 filter Nft filter FORWARD 1/1",
                "IP FORWARD 0 filter Legacy filter FORWARD 1/2",
                "IP FORWARD 10 firewall Nft firewall fwd 7/",
                "Bridge FORWARD 0 bridge netfilter",
            ],
            Draw(rules, kernel, HookScenario.Bridged, "*"));
        Assert.Equal(3, Draw(rules, kernel, HookScenario.Bridged).Length);
    }
}
