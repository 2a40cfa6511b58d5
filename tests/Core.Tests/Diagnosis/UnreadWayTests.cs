using System.Net;
using K8sNetfilter.Addressing;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Hooks;
using K8sNetfilter.Links;
using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Simulation;
using K8sNetfilter.Tests.Nodes;
using K8sNetfilter.Tests.Simulation;

namespace K8sNetfilter.Tests.Diagnosis;

/// <summary>What a walk by the rules alone may not decide: rules, routes and other translations that it has not read.</summary>
public sealed class UnreadWayTests
{
    private static readonly Packet Call = WalkNode.Tcp("10.244.0.2", PlainNode.Web, 80, "veth-a");

    private static (BlindSpots Way, WalkBranch Branch) Walk(PlainNode node, Ruleset? rules = null, KernelHooks? hooks = null)
    {
        rules ??= new Ruleset(RulesetParser.Parse(node.Rules!).Tables, [], []);
        hooks ??= KernelHooks.Unknown;
        var walk = BlindSpots.Walk(node, rules, hooks, Assert.Fail, TestContext.Current.CancellationToken);
        return (BlindSpots.Of(walk, rules, hooks, IPFamily.IPv4, node.VirtualServers), Assert.Single(walk.Walk(Call, new WalkOptions { Reply = true }).Branches));
    }

    [Fact]
    public void A_branch_past_nothing_unread_stays_as_it_is()
    {
        var (way, branch) = Walk(new PlainNode());
        Assert.Equal(MatchOutcome.Yes, branch.Works);
        Assert.Same(branch, way.Qualify(branch, Call));
        Assert.Empty(way.Notices);
    }

    [Fact]
    public void A_missing_part_of_the_rules_leaves_the_end_open_and_is_named()
    {
        var node = new PlainNode();
        var rules = new Ruleset(RulesetParser.Parse(node.Rules!).Tables, [], []) { Gaps = [new RulesetGap(IPFamily.IPv4, "the filter table")] };
        var (way, branch) = Walk(node, rules);
        var end = way.Qualify(branch, Call);
        Assert.Equal((MatchOutcome.Unknown, PacketFate.Unknown), (end.Works, end.Fate));
        Assert.StartsWith("the filter table is not known; by the rules alone: WORKS: ", end.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_part_that_most_nodes_lack_is_an_assumption()
    {
        var node = new PlainNode();
        var rules = new Ruleset(RulesetParser.Parse(node.Rules!).Tables, [], []) { Gaps = [new RulesetGap(IPFamily.Unspecified, "the legacy backend") { IsLikelyEmpty = true }] };
        var (way, branch) = Walk(node, rules);
        var end = way.Qualify(branch, Call);
        Assert.Equal(MatchOutcome.Yes, end.Works);
        Assert.Contains("packets meet no rule in the legacy backend", end.Assumptions);
    }

    [Fact]
    public void A_gap_of_the_other_family_says_nothing()
    {
        var node = new PlainNode();
        var rules = new Ruleset(RulesetParser.Parse(node.Rules!).Tables, [], []) { Gaps = [new RulesetGap(IPFamily.IPv6, "the filter table")] };
        var (way, branch) = Walk(node, rules);
        Assert.Same(branch, way.Qualify(branch, Call));
    }

    [Fact]
    public void What_else_translates_a_Services_address_leaves_the_end_open()
    {
        var node = new PlainNode();
        node.Links.Links.Add(new Link { Index = 9, Name = "cilium_host", IsUp = true, HasCarrier = true, Mtu = 1500 });
        var (way, branch) = Walk(node);
        var end = way.Qualify(branch, Call);
        Assert.Equal((MatchOutcome.Unknown, PacketFate.Unknown), (end.Works, end.Fate));
        Assert.StartsWith("Cilium, which may translate in eBPF (there is the interface cilium_host) is not among the rules that were walked; by those alone: WORKS: ", end.Reason, StringComparison.Ordinal);
        Assert.Equal(["Cilium, which may translate in eBPF: there is the interface cilium_host (IPv4)"], way.Notices);
    }

    [Fact]
    public void IPVS_leaves_open_only_calls_to_the_addresses_that_it_has()
    {
        var node = new PlainNode();
        node.Links.Links.Add(new Link { Index = 9, Name = "kube-ipvs0", Kind = "dummy", Mtu = 1500 });
        node.Links.Addresses.Add(new Address { IPAddress = IPAddress.Parse("10.96.0.99"), PrefixLength = 32, LinkIndex = 9 });
        var (way, branch) = Walk(node);
        Assert.Same(branch, way.Qualify(branch, Call));
        Assert.Equal(MatchOutcome.Unknown, way.Qualify(branch, Call with { Destination = IPAddress.Parse("10.96.0.99") }).Works);
    }

    [Fact]
    public void The_last_step_says_what_its_branch_says()
    {
        var node = new PlainNode();
        node.Links.Links.Add(new Link { Index = 9, Name = "cilium_host", IsUp = true, HasCarrier = true, Mtu = 1500 });
        var (way, branch) = Walk(node);
        var end = way.Qualify(branch, Call);
        var step = new TraceStep { Number = 9, Branch = 1, Direction = PacketDirection.Reply, Hook = "RESULT", Verdict = "WORKS", Outcome = MatchOutcome.Yes, Reason = branch.Reason };
        Assert.Equal(("UNKNOWN", MatchOutcome.Unknown, end.Reason), BlindSpots.Qualify(step, branch, end) is var last ? (last.Verdict, last.Outcome, last.Reason) : default);
        Assert.Same(step, BlindSpots.Qualify(step, branch, branch));
        var inner = step with { Hook = "FORWARD" };
        Assert.Same(inner, BlindSpots.Qualify(inner, branch, end));
    }
}
