using K8sNetfilter.Logic;
using K8sNetfilter.Simulation;

namespace K8sNetfilter.Tests.Simulation;

/// <summary>A pod's connection to a Service, there and back: what must follow from the flags of the bridge, as it was observed on a kernel.</summary>
public sealed class PacketWalkConnectionTests
{
    private static readonly WalkOptions Connection = new() { Reply = true, KeepSteps = true };

    [Theory]
    [InlineData(true, false, true, true)]
    [InlineData(true, true, true, true)]
    [InlineData(false, false, true, false)]
    [InlineData(false, true, true, false)]
    [InlineData(true, false, false, false)]
    public void A_Service_with_an_endpoint_on_the_callers_bridge_needs_bridge_netfilter_and_forwarding(bool call, bool hairpin, bool forwarding, bool works)
    {
        var node = new WalkNode { Call = call, Hairpin = hairpin, Forwarding = forwarding };
        var result = node.Walk().Walk(WalkNode.Tcp("10.244.0.2", "10.96.0.10", 80, "veth-a"), Connection);
        var branch = Assert.Single(result.Branches);
        Assert.True((works ? MatchOutcome.Yes : MatchOutcome.No) == branch.Works, branch.Reason);
    }

    [Theory]
    [InlineData(true, false, false)]
    [InlineData(true, true, true)]
    [InlineData(false, false, true)]
    [InlineData(false, true, true)]
    public void A_pod_reaches_its_own_Service_by_hairpin_mode_or_without_bridge_netfilter(bool call, bool hairpin, bool works)
    {
        var node = new WalkNode { Call = call, Hairpin = hairpin };
        var result = node.Walk().Walk(WalkNode.Tcp("10.244.0.2", "10.96.0.20", 80, "veth-a"), Connection);
        var branch = Assert.Single(result.Branches);
        Assert.True((works ? MatchOutcome.Yes : MatchOutcome.No) == branch.Works, branch.Reason);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void A_bridges_own_flag_counts_only_where_the_module_is(bool hasModule, bool works)
    {
        var node = new WalkNode { Call = false, BridgeFlag = true, HasModule = hasModule };
        var branch = Assert.Single(node.Walk().Walk(WalkNode.Tcp("10.244.0.2", "10.96.0.10", 80, "veth-a"), Connection).Branches);
        Assert.True((works ? MatchOutcome.Yes : MatchOutcome.No) == branch.Works, branch.Reason);
    }

    [Fact]
    public void Masquerading_everything_works_without_bridge_netfilter()
    {
        var node = new WalkNode { Call = false };
        string rules = WalkNode.ServiceRules.Replace("-A KUBE-SVC-WEB -j KUBE-SEP-B", "-A KUBE-SVC-WEB -j KUBE-MARK-MASQ\n-A KUBE-SVC-WEB -j KUBE-SEP-B", StringComparison.Ordinal);
        var branch = Assert.Single(node.Walk(rules).Walk(WalkNode.Tcp("10.244.0.2", "10.96.0.10", 80, "veth-a"), Connection).Branches);
        Assert.True(branch.Works == MatchOutcome.Yes, branch.Reason);
        Assert.Equal("10.244.0.1", branch.Request!.Source!.ToString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_forward_policy_that_drops_breaks_the_call(bool call)
    {
        string rules = WalkNode.ServiceRules + "\n*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n";
        var branch = Assert.Single(new WalkNode { Call = call }.Walk(rules).Walk(WalkNode.Tcp("10.244.0.2", "10.96.0.10", 80, "veth-a"), Connection).Branches);
        Assert.Equal(PacketFate.Dropped, branch.Fate);
        Assert.Equal("dropped by the policy of filter FORWARD", branch.Reason);
    }

    [Fact]
    public void An_accept_ahead_of_the_masquerading_breaks_a_pods_own_service()
    {
        string rules = WalkNode.ServiceRules.Replace("-A POSTROUTING -m comment", "-A POSTROUTING -s 10.244.0.0/16 -j ACCEPT\n-A POSTROUTING -m comment", StringComparison.Ordinal);
        var branch = Assert.Single(new WalkNode { Hairpin = true }.Walk(rules).Walk(WalkNode.Tcp("10.244.0.2", "10.96.0.20", 80, "veth-a"), Connection).Branches);
        Assert.Equal(MatchOutcome.No, branch.Works);
        Assert.Contains("own address", branch.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_known_of_the_bridge_forks_the_walk()
    {
        var result = new WalkNode { Call = null }.Walk().Walk(WalkNode.Tcp("10.244.0.2", "10.96.0.10", 80, "veth-a"), Connection);
        Assert.Equal(MatchOutcome.Unknown, result.Works);
        Assert.Equal(
            ["bridge netfilter is off for cni0", "bridge netfilter is on for cni0"],
            result.Branches.Select(b => Assert.Single(b.Assumptions)).Order(StringComparer.Ordinal));
        Assert.Equal(MatchOutcome.Yes, result.Branches.Single(b => b.Assumptions[0].Contains("is on", StringComparison.Ordinal)).Works);
    }

    [Fact]
    public void The_node_itself_reaches_the_service()
    {
        var branch = Assert.Single(new WalkNode().Walk().Walk(WalkNode.Tcp("192.168.1.10", "10.96.0.10", 80), Connection).Branches);
        Assert.True(branch.Works == MatchOutcome.Yes, branch.Reason);
        Assert.Equal("10.244.0.3", branch.Request!.Destination.ToString());
    }
}
