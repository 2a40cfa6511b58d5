using System.Net;
using K8sNetfilter.Addressing;
using K8sNetfilter.Conntrack;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Diagnosis.Hairpin;
using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Services;
using K8sNetfilter.Simulation.Compiled;
using K8sNetfilter.Tests.Simulation;

namespace K8sNetfilter.Tests.Diagnosis;

/// <summary>A remedy is tried on the observed node before it is offered, names the node, and lists all that is needed together.</summary>
public sealed class RemedyProofTests
{
    private const string Jump = "-A POSTROUTING -m comment --comment \"kubernetes postrouting rules\" -j KUBE-POSTROUTING\n";
    private const string Web = "10.96.0.10", Own = "10.96.0.20";

    // Chains are kube-proxy's by the length of their hash.
    private static readonly string Rules = WalkNode.ServiceRules.ReplaceLineEndings("\n").Replace("KUBE-SEP-A", "KUBE-SEP-AAAAAAAAAAAAAAAA", StringComparison.Ordinal)
        .Replace("KUBE-SEP-B", "KUBE-SEP-BBBBBBBBBBBBBBBB", StringComparison.Ordinal).Replace("KUBE-SVC-OWN", "KUBE-SVC-OWNOWNOWNOWNOWNO", StringComparison.Ordinal)
        .Replace("KUBE-SVC-WEB", "KUBE-SVC-WEBWEBWEBWEBWEBW", StringComparison.Ordinal);

    private static readonly ConntrackStatistic Full = new([], 100, 100, 1024);

    private static ServiceHairpinResult Ask(WalkNode node, string service, string source, string? rules = null, CommandPlace? place = null, ConntrackStatistic? usage = null)
    {
        var ruleset = RulesetParser.Parse(rules ?? Rules);
        var network = node.Network();
        var ground = new FamilyFacts(IPFamily.IPv4, new NodePods(network, IPFamily.IPv4), [], UnknownParts.Of(new Ruleset([], [], []), true, IPFamily.IPv4, null));
        var observed = new HairpinFacts("a node", ruleset, network, OtherChains.None, [ground], usage, node.HasModule, true) { Place = place ?? CommandPlace.Here };
        var results = new List<ServiceHairpinResult>();
        var asked = ServiceReader.Read(ruleset).Single(s => s.IP == service);
        new ServiceCheck(observed, proof: new RemedyProof(observed)).Try(asked, results, CancellationToken.None);
        return results.Single(r => r.SourcePod == source);
    }

    private static void Works(ServiceHairpinCause cause, string remedy, ServiceHairpinResult result) =>
        Assert.Equal((ServiceVerdict.Broken, cause, remedy, ServiceVerdict.Works), (result.Verdict, result.Cause, result.Remedy, result.RemedyGives));

    [Fact]
    public void A_switch_is_tried_before_it_is_offered()
    {
        const string set = "Set-NodeSysctl -Name net.bridge.bridge-nf-call-iptables -Value 1 -Persist";
        Works(ServiceHairpinCause.BridgeNetfilterOff, set, Ask(new WalkNode { Call = false }, Web, "10.244.0.2"));
        Works(ServiceHairpinCause.ModuleMissing, $"Enable-KernelModule -Name br_netfilter -Persist; {set}", Ask(new WalkNode { Call = false, HasModule = false }, Web, "10.244.0.2"));
        Works(ServiceHairpinCause.ForwardingOff, "Set-NodeSysctl -Name net.ipv4.ip_forward -Value 1 -Persist", Ask(new WalkNode { Forwarding = false }, Web, "10.244.0.2"));
        Works(ServiceHairpinCause.HairpinOff, "bridge link set dev veth-a hairpin on", Ask(new WalkNode(), Own, "10.244.0.2"));
        // Nobody looked at the pod's sockets: the promise depends on it, and that it fails now does not.
        var routed = Ask(new WalkNode { Forwarding = false }, Web, "10.244.0.2");
        Assert.Equal(Ask(new WalkNode(), Web, "10.244.0.2").Assumptions, routed.RemedyAssumptions);
        Works(ServiceHairpinCause.ConntrackFull, "Set-NodeSysctl -Name net.netfilter.nf_conntrack_max -Value 200 -Persist", Ask(new WalkNode(), Web, "10.244.0.2", usage: Full));
    }

    [Fact]
    public void What_works_and_what_only_shows_more_has_no_promise()
    {
        Assert.Equal((ServiceVerdict.Works, null, null), Ask(new WalkNode(), Web, "10.244.0.2") is var fine ? (fine.Verdict, fine.Remedy, fine.RemedyGives) : default);
        var dropped = Ask(new WalkNode(), Web, "10.244.0.2", Rules + "\n*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -d 10.244.0.3/32 -j DROP\nCOMMIT\n");
        Assert.Equal((ServiceHairpinCause.DroppedByRule, null), (dropped.Cause, dropped.RemedyGives));
        Assert.StartsWith("Trace-NetfilterPacket ", dropped.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_remedy_that_is_not_enough_is_not_offered_and_the_evidence_says_what_is_still_wrong()
    {
        // The answer would meet FORWARD then.
        var result = Ask(new WalkNode { Call = false }, Web, "10.244.0.2", Rules + "\n*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m physdev --physdev-is-bridged -j DROP\nCOMMIT\n");
        Assert.Equal((ServiceHairpinCause.BridgeNetfilterOff, null, null), (result.Cause, result.Remedy, result.RemedyGives));
        Assert.Contains("Set-NodeSysctl -Name net.bridge.bridge-nf-call-iptables -Value 1 -Persist is not enough, since the call would still fail (DroppedByRule)", result.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void Causes_that_hide_each_other_are_mended_together()
    {
        string rules = Rules.Replace(Jump, "-A POSTROUTING -o cni0 -j ACCEPT\n" + Jump, StringComparison.Ordinal);
        Works(
            ServiceHairpinCause.HairpinOff,
            "bridge link set dev veth-a hairpin on; iptables-nft -t nat -I POSTROUTING -m comment --comment \"kubernetes postrouting rules\" -j KUBE-POSTROUTING; iptables-nft -t nat -D POSTROUTING 3",
            Ask(new WalkNode(), Own, "10.244.0.2", rules));
    }

    [Fact]
    public void Changes_of_rules_are_tried()
    {
        string rules = Rules;
        var hairpin = new WalkNode { Hairpin = true };
        Works(
            ServiceHairpinCause.NoTranslation, "iptables-nft -t nat -I PREROUTING -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES",
            Ask(hairpin, Web, "10.244.0.2", rules.Replace("-A PREROUTING -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES\n", "", StringComparison.Ordinal)));
        Works(
            ServiceHairpinCause.MasqueradeMissing, "iptables-nft -t nat -I POSTROUTING -m comment --comment \"kubernetes postrouting rules\" -j KUBE-POSTROUTING",
            Ask(hairpin, Own, "10.244.0.2", rules.Replace(Jump, "", StringComparison.Ordinal)));
        Works(
            ServiceHairpinCause.MasqueradeMissing, "iptables-nft -t nat -I KUBE-SEP-AAAAAAAAAAAAAAAA -s 10.244.0.2/32 -j KUBE-MARK-MASQ",
            Ask(hairpin, Own, "10.244.0.2", rules.Replace("-A KUBE-SEP-AAAAAAAAAAAAAAAA -s 10.244.0.2/32 -j KUBE-MARK-MASQ\n", "", StringComparison.Ordinal)));
        Works(
            ServiceHairpinCause.NotTracked, "iptables-nft -t raw -D PREROUTING 1",
            Ask(hairpin, Web, "10.244.0.2", rules + "\n*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING -d 10.96.0.10/32 -j CT --notrack\nCOMMIT\n"));
        // A chain that is gone with its rules is for kube-proxy to write.
        var gone = Ask(hairpin, Own, "10.244.0.2", rules.Replace("-A KUBE-POSTROUTING -m comment --comment \"kubernetes service traffic requiring SNAT\" -j MASQUERADE --random-fully\n", "", StringComparison.Ordinal));
        Assert.Equal((ServiceHairpinCause.MasqueradeMissing, "kubectl -n kube-system rollout restart daemonset kube-proxy", null), (gone.Cause, gone.Remedy, gone.RemedyGives));
    }

    [Fact]
    public void A_remedy_names_the_node_of_the_question()
    {
        var pod = new CommandPlace { NetNamespace = "worker 2", NamespacePath = "/run/netns/worker 2" };
        Assert.Equal("Set-NodeSysctl -Name net.bridge.bridge-nf-call-iptables -Value 1 -NetNamespace 'worker 2'", Ask(new WalkNode { Call = false }, Web, "10.244.0.2", place: pod).Remedy);
        Assert.Equal("nsenter --net='/run/netns/worker 2' bridge link set dev veth-a hairpin on", Ask(new WalkNode(), Own, "10.244.0.2", place: pod).Remedy);
        // One number for all namespaces, which can't be changed in this one.
        Assert.Equal("Set-NodeSysctl -Name net.netfilter.nf_conntrack_max -Value 200 -Persist", Ask(new WalkNode(), Web, "10.244.0.2", place: pod, usage: Full).Remedy);
        var snapshot = new CommandPlace { Snapshot = "/tmp/a.tar.gz", Host = "worker-3" };
        Assert.Equal("on node worker-3: bridge link set dev veth-a hairpin on", Ask(new WalkNode(), Own, "10.244.0.2", place: snapshot).Remedy);
        Assert.EndsWith(" -Snapshot /tmp/a.tar.gz", Ask(new WalkNode(), Web, "10.244.0.2", Rules + "\n*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -d 10.244.0.3/32 -j DROP\nCOMMIT\n", snapshot).Remedy, StringComparison.Ordinal);
        Assert.StartsWith("on the snapshot's node: ", (snapshot with { Host = "x; reboot" }).On("ip link"), StringComparison.Ordinal);
        Assert.Equal("Set-NodeSysctl -Root /host", new CommandPlace { Root = "/host" }.Cmdlet("Set-NodeSysctl"));
    }
}
