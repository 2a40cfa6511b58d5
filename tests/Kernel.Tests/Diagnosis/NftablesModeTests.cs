using System.Net.Sockets;
using K8sNetfilter.Addressing;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Diagnosis.Chains;
using K8sNetfilter.Diagnosis.Lab;
using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.Hooks;
using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Services;
using K8sNetfilter.Simulation;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Diagnosis;

/// <summary>
/// A node whose kube-proxy is in nftables mode, with its table of the upstream's shape loaded by nft(8) and pods that call for real: what
/// each cmdlet says of it. What goes by iptables rules recognises the mode and does not judge; the probe needs no rules, and does.
/// </summary>
public sealed class NftablesModeTests
{
    private static bool HasBridgeNetfilter => Directory.Exists("/proc/sys/net/bridge");

    public static TheoryData<AddressFamily, ProtocolType> Calls => new()
    {
        { AddressFamily.InterNetwork, ProtocolType.Tcp }, { AddressFamily.InterNetwork, ProtocolType.Udp },
        { AddressFamily.InterNetworkV6, ProtocolType.Tcp }, { AddressFamily.InterNetworkV6, ProtocolType.Udp },
    };

    [Theory]
    [MemberData(nameof(Calls))]
    public void A_probe_names_the_Service_and_the_cause(AddressFamily family, ProtocolType protocol)
    {
        Assert.SkipUnless(HasBridgeNetfilter, "br_netfilter is not loaded");
        using var node = new ProbeNode(new LabScenario { Name = "nft", Family = family, Protocol = protocol }, nftables: true);
        var result = node.Probe();
        Assert.Equal((ServiceVerdict.Works, "default/web:http", node.Addresses.Endpoint.ToString()), (result.Verdict, result.Service, result.Endpoint));

        string key = family == AddressFamily.InterNetworkV6 ? "net/bridge/bridge-nf-call-ip6tables" : "net/bridge/bridge-nf-call-iptables";
        node.Lab.Node.Run(() => File.WriteAllText("/proc/sys/" + key, "0"));
        result = node.Probe();
        Assert.Equal((ServiceVerdict.Broken, ServiceHairpinCause.BridgeNetfilterOff, "default/web:http", "br0"), (result.Verdict, result.Cause, result.Service, result.Bridge));
        var seen = Assert.IsType<ServiceHairpinResult>(Assert.Single(node.Run("Test-ServiceHairpin -Passive -NetNamespace $node")));
        Assert.Equal(("default/web:http", ServiceHairpinCause.BridgeNetfilterOff), (seen.Service, seen.Cause));
    }

    [Fact]
    public void A_pods_own_Service_and_one_without_endpoints()
    {
        Assert.SkipUnless(HasBridgeNetfilter, "br_netfilter is not loaded");
        using var node = new ProbeNode(new LabScenario { Name = "own", Target = LabTarget.OwnService }, nftables: true);
        node.AddWayOut();
        var result = node.Probe();
        Assert.Equal((ServiceVerdict.Broken, ServiceHairpinCause.HairpinOff, "br0"), (result.Verdict, result.Cause, result.Bridge));
        Tool.Run(node.Lab.Node, "bridge link set dev pod0 hairpin on");
        Assert.Equal(ServiceVerdict.Works, node.Probe().Verdict);

        result = node.Probe(82);
        Assert.Equal((ServiceVerdict.Broken, ServiceHairpinCause.NoEndpoint, "default/none:http"), (result.Verdict, result.Cause, result.Service));
    }

    [Theory]
    [InlineData(AddressFamily.InterNetwork)]
    [InlineData(AddressFamily.InterNetworkV6)]
    public void What_goes_by_iptables_rules_says_so_and_does_not_judge(AddressFamily family)
    {
        using var node = new ProbeNode(new LabScenario { Name = "nft", Family = family, Call = HasBridgeNetfilter }, nftables: true);
        node.AddWayOut();
        var all = Assert.IsType<ServiceHairpinResult>(Assert.Single(node.Run("Test-ServiceHairpin -NetNamespace $node")));
        Assert.Equal((null, ServiceVerdict.Unknown, ServiceHairpinCause.NotByRules), (all.Service, all.Verdict, all.Cause));
        Assert.Contains("nftables mode", all.Evidence, StringComparison.Ordinal);

        foreach (string script in (string[])["Test-ServiceHairpin web -NetNamespace $node", "Get-NodeService web -NetNamespace $node | Test-ServiceHairpin -NetNamespace $node"])
        {
            var one = Assert.IsType<ServiceHairpinResult>(Assert.Single(node.Run(script)));
            Assert.Equal(("default/web:http", ServiceVerdict.Unknown, ServiceHairpinCause.NotByRules), (one.Service, one.Verdict, one.Cause));
            Assert.Equal(node.Addresses.Endpoint.ToString(), one.Endpoint);
            Assert.Equal($"Test-ServiceHairpin -Probe -ServiceIP {node.Addresses.ServiceAddress} -Port 80 -NetNamespace {node.Space}", one.Remedy);
        }

        // On the live node the walk goes through kube-proxy's table, and says what the traffic does.
        string trace = $"Trace-NetfilterPacket {node.Addresses.Client} $service 80";
        var branch = Assert.IsType<WalkBranch>(Assert.Single(node.Run($"{trace} -NetNamespace $node -Summary")));
        Assert.Equal((MatchOutcome.Yes, PacketFate.Sent), (branch.Works, branch.Fate));
        Assert.Equal(ServiceVerdict.Works, node.Probe().Verdict);
        Assert.Contains(node.Run($"{trace} -NetNamespace $node").OfType<TraceStep>(), s => s.Table?.EndsWith("kube-proxy", StringComparison.Ordinal) == true);

        // By the rules of iptables alone the call would leave the node untranslated and get its answer: no word of that without what is missing.
        using var copy = new Copy(node);
        branch = Assert.IsType<WalkBranch>(Assert.Single(node.Run($"{trace} -Snapshot {copy.Folder} -Summary")));
        Assert.Equal((MatchOutcome.Unknown, PacketFate.Unknown), (branch.Works, branch.Fate));
        Assert.Contains("kube-proxy in nftables mode", branch.Reason, StringComparison.Ordinal);
        Assert.Contains(node.Warnings, w => w.Contains("nftables mode", StringComparison.Ordinal));
        var last = Assert.IsType<TraceStep>(node.Run($"{trace} -Snapshot {copy.Folder}")[^1]);
        Assert.Equal(("RESULT", "UNKNOWN", MatchOutcome.Unknown, branch.Reason), (last.Hook, last.Verdict, last.Outcome, last.Reason));

        var hooks = node.Run("Get-NetfilterHook -Scenario Forwarded -NetNamespace $node").Cast<NetfilterHook>().Where(h => h.Table == "kube-proxy").ToList();
        Assert.Equal(["filter-prerouting-pre-dnat", "nat-prerouting", "filter-forward", "nat-postrouting"], hooks.Select(h => h.Chain));
    }

    /// <summary>The bridge forwards the answer past whatever translated the call: that needs no walk through kube-proxy's table. Only masquerading mends it.</summary>
    [Theory]
    [InlineData(AddressFamily.InterNetwork)]
    [InlineData(AddressFamily.InterNetworkV6)]
    public void That_a_bridge_forwards_the_answer_past_the_table_is_decided(AddressFamily family)
    {
        Assert.SkipUnless(HasBridgeNetfilter, "br_netfilter is not loaded");
        using var node = new ProbeNode(new LabScenario { Name = "bypass", Family = family, Call = false }, nftables: true);
        Assert.Equal(ServiceVerdict.Broken, node.Probe().Verdict);
        foreach (string script in (string[])["Test-ServiceHairpin web -NetNamespace $node", "Test-ServiceHairpin -NetNamespace $node"])
        {
            var result = Assert.Single(node.Run(script).Cast<ServiceHairpinResult>(), r => r.Service == "default/web:http");
            Assert.Equal(
                (ServiceVerdict.Broken, ServiceHairpinCause.BridgeNetfilterOff, node.Addresses.Client, node.Addresses.Endpoint.ToString(), "br0"),
                (result.Verdict, result.Cause, result.SourcePod, result.Endpoint, result.Bridge));
        }

        Tool.Run(node.Lab.Node, $"ip{(family == AddressFamily.InterNetworkV6 ? "6" : "")}tables-nft -t nat -A POSTROUTING -s {node.Addresses.Client} -j MASQUERADE");
        Assert.Equal(ServiceVerdict.Works, node.Probe().Verdict);
        Assert.DoesNotContain(node.Run("Test-ServiceHairpin web -NetNamespace $node").Cast<ServiceHairpinResult>(), r => r.Verdict == ServiceVerdict.Broken);
    }

    [Fact]
    public void A_table_of_nft_is_not_said_to_be_missing()
    {
        using var node = new ProbeNode(new LabScenario { Name = "native", Call = HasBridgeNetfilter }, serve: false);
        Tool.Run(node.Lab.Node, "nft add table inet mine");
        Tool.Run(node.Lab.Node, "nft", "add chain inet mine f { type filter hook forward priority 0 ; }");
        var (_, errors) = node.TryRun("Get-NetfilterRule -Table mine -NetNamespace $node");
        Assert.StartsWith("TableNative,", Assert.Single(errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        (_, errors) = node.TryRun("Get-NetfilterRule -Table theirs -NetNamespace $node");
        Assert.StartsWith("TableNotFound,", Assert.Single(errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        var hook = Assert.Single(node.Run("Get-NetfilterHook Forwarded -Family IPv4 -NetNamespace $node").Cast<NetfilterHook>(), h => h.Table == "mine");
        Assert.Equal((HookFamily.Inet, IPFamily.IPv4), (hook.Family, hook.PacketFamily));
    }

    [Fact]
    public void Its_base_chains_are_found_and_missed_when_they_are_flushed()
    {
        using var node = new ProbeNode(new LabScenario { Name = "nft", Call = HasBridgeNetfilter }, nftables: true);
        NetfilterChainResult Test() => Assert.IsType<NetfilterChainResult>(Assert.Single(node.Run("Test-NetfilterChain -Owner KubeProxy -NetNamespace $node")));
        var result = Test();
        Assert.Equal((ChainVerdict.Works, "nftables mode", "kube-proxy", IPFamily.IPv4), (result.Verdict, result.Group, result.Table, result.Family));
        Assert.Equal([true], node.Run("Test-NetfilterChain -NetNamespace $node -Quiet"));

        Tool.Run(node.Lab.Node, "nft flush chain ip kube-proxy nat-prerouting");
        result = Test();
        Assert.Equal((ChainVerdict.Broken, ChainCause.ChainEmpty), (result.Verdict, result.Cause));
        Assert.Contains("nat-prerouting", result.Evidence, StringComparison.Ordinal);
        Tool.Run(node.Lab.Node, "nft delete chain ip kube-proxy nat-prerouting");
        Assert.Equal((ChainVerdict.Broken, ChainCause.ChainMissing), (Test().Verdict, Test().Cause));
    }

    /// <summary>Both modes at once: what iptables mode made is no longer said to be just right.</summary>
    [Fact]
    public void Rules_of_iptables_mode_beside_it_are_left_over()
    {
        using var node = new ProbeNode(new LabScenario { Name = "both", Call = HasBridgeNetfilter }, nftables: true);
        node.Restore(HairpinCell.Rules(new LabScenario { Name = "both" }));
        var results = node.Run("Test-NetfilterChain -Owner KubeProxy -NetNamespace $node").Cast<NetfilterChainResult>().ToList();
        Assert.Contains(results, r => r is { Group: "nftables mode", Verdict: ChainVerdict.Works });
        var others = results.Where(r => r.Group != "nftables mode").ToList();
        Assert.NotEmpty(others);
        Assert.All(others, r => Assert.Equal((ChainVerdict.Stale, ChainCause.LeftOver), (r.Verdict, r.Cause)));
        Assert.Equal(
            [KubeProxyMode.Iptables, KubeProxyMode.Nftables],
            node.Run("Get-NodeService web -NetNamespace $node").Cast<NodeService>().Select(s => s.ProxyMode).Order());
    }

    /// <summary>A table of somebody else on the way: a firewall of nft's own may drop what the iptables rules let pass.</summary>
    [Fact]
    public void A_walk_through_a_native_firewall_says_what_traffic_does_and_that_it_does_not_know_without_its_rules()
    {
        using var node = new ProbeNode(new LabScenario { Name = "firewall", Call = HasBridgeNetfilter });
        string trace = $"Trace-NetfilterPacket {node.Addresses.Client} $service 80 -NetNamespace $node -Summary";
        MatchOutcome Works() => Assert.IsType<WalkBranch>(Assert.Single(node.Run(trace))).Works;
        var before = Works();
        Assert.NotEqual(MatchOutcome.Unknown, before);
        Tool.Run(node.Lab.Node, "nft add table inet firewall");
        Tool.Run(node.Lab.Node, "nft", "add chain inet firewall input { type filter hook input priority 0 ; policy drop ; }");
        // Nothing that is forwarded meets it.
        Assert.Equal(before, Works());
        Tool.Run(node.Lab.Node, "nft", "add chain inet firewall forward { type filter hook forward priority 0 ; policy drop ; }");
        // Without rules its policy decides: nothing passes, as real traffic shows.
        Assert.Equal(MatchOutcome.No, Works());
        Assert.Equal(ServiceVerdict.Broken, node.Probe().Verdict);
        Tool.Run(node.Lab.Node, "nft", "add rule inet firewall forward ct state established accept");
        Tool.Run(node.Lab.Node, "nft", "add rule inet firewall forward tcp dport 8080 accept");
        Assert.Equal(MatchOutcome.Yes, Works());
        Assert.Equal(ServiceVerdict.Works, node.Probe().Verdict);
        using var copy = new Copy(node);
        trace = $"Trace-NetfilterPacket {node.Addresses.Client} $service 80 -Snapshot {copy.Folder} -Summary";
        Assert.Equal(MatchOutcome.Unknown, Works());
        Assert.Contains(node.Warnings, w => w.StartsWith("the nftables chain forward of table inet firewall", StringComparison.Ordinal));
    }

    /// <summary>A snapshot of the node, whose native rules are not walked.</summary>
    private sealed class Copy : IDisposable
    {
        public Copy(ProbeNode node) => node.Run($"Export-NodeSnapshot {Folder} -IncludePods -NetNamespace $node");

        public string Folder { get; } = Path.Combine(Path.GetTempPath(), "k8snf-native-" + Guid.NewGuid().ToString("N"));

        public void Dispose() => Directory.Delete(Folder, recursive: true);
    }
}
