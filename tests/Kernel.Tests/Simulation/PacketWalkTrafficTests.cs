using K8sNetfilter.Addressing;
using K8sNetfilter.Conntrack;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Diagnosis.Hairpin;
using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.Logic;
using K8sNetfilter.Services;
using K8sNetfilter.Simulation;
using K8sNetfilter.Snapshots.Reading;
using K8sNetfilter.Snapshots.Writing;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Simulation;

/// <summary>
/// Translated calls whose answer may go another way, connections that are tracked by half or were there before, against real TCP and UDP
/// sockets: the walk never says yes to what fails nor no to what works, and where it cannot know it names what it takes for granted.
/// </summary>
public sealed class PacketWalkTrafficTests(ITestOutputHelper output)
{
    private const string NodePort = "*nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp --dport 30080 -j DNAT --to-destination {0}\n-A PREROUTING -p udp --dport 30080 -j DNAT --to-destination {0}\n{1}\nCOMMIT\n";

    private const string Empty = "*raw\nCOMMIT\n*nat\nCOMMIT\n*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n";

    private void Hold(string what, bool traffic, WalkBranch[] branches, string? assumption = null)
    {
        var branch = Assert.Single(branches);
        output.WriteLine($"{what}: traffic {(traffic ? "works" : "fails")}, the walk says {branch.Works} [{string.Join("; ", branch.Assumptions)}] {branch.Reason}");
        if (assumption is not null)
        {
            Assert.Equal((MatchOutcome.Yes, what), (branch.Works, what));
            Assert.Contains(branch.Assumptions, a => a.Contains(assumption, StringComparison.Ordinal));
            return;
        }

        Assert.Equal((traffic ? MatchOutcome.Yes : MatchOutcome.No, what), (branch.Works, what));
        Assert.DoesNotContain(branch.Assumptions, a => a.Contains("answer", StringComparison.Ordinal) || a.Contains("leaves through", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("tcp")]
    [InlineData("udp")]
    public void The_answer_of_an_endpoint_beyond_the_interface_that_the_call_came_in_by(string protocol)
    {
        using var lab = new TrafficLab();
        lab.Serve("y", protocol, 80, "192.168.50.7");
        lab.Serve("b", protocol, 80);

        // On one link: the answer goes past the node.
        lab.Rules(string.Format(null, NodePort, "192.168.50.7:80", ""));
        bool direct = lab.Call("x", protocol, "192.168.50.1", 30080);
        Assert.False(direct);
        Hold("same link", direct, lab.Walk("192.168.50.9", "192.168.50.1", 30080, protocol, "eth0"));
        lab.Rules(string.Format(null, NodePort, "192.168.50.7:80", "-A POSTROUTING -j MASQUERADE"));
        bool masqueraded = lab.Call("x", protocol, "192.168.50.1", 30080);
        Assert.True(masqueraded);
        Hold("same link, masqueraded", masqueraded, lab.Walk("192.168.50.9", "192.168.50.1", 30080, protocol, "eth0"));

        // A pod of the node itself.
        lab.Rules(string.Format(null, NodePort, "10.244.1.3:80", ""));
        bool own = lab.Call("x", protocol, "192.168.50.1", 30080);
        Assert.True(own);
        Hold("own pod", own, lab.Walk("192.168.50.9", "192.168.50.1", 30080, protocol, "eth0"));

        // A pod of another node: only that node knows which way it answers.
        lab.Shell("y", "ip address add 10.244.7.5/32 dev lo");
        lab.Serve("y", protocol, 80, "10.244.7.5");
        lab.Shell("node", "ip route add 10.244.7.0/24 via 192.168.50.7");
        lab.Rules(string.Format(null, NodePort, "10.244.7.5:80", ""));
        bool bypasses = lab.Call("x", protocol, "192.168.50.1", 30080);
        Assert.False(bypasses);
        Hold("another node's pod that answers directly", bypasses, lab.Walk("192.168.50.9", "192.168.50.1", 30080, protocol, "eth0"), "the answer passes this node");
        lab.Shell("y", "sysctl -qw net.ipv4.conf.all.accept_redirects=0 net.ipv4.conf.eth0.accept_redirects=0; ip route add 192.168.50.9 via 192.168.50.1");
        bool back = lab.Call("x", protocol, "192.168.50.1", 30080);
        Assert.True(back);
        Hold("another node's pod that answers through this node", back, lab.Walk("192.168.50.9", "192.168.50.1", 30080, protocol, "eth0"), "the answer passes this node");

        // And a pod of this node that calls it gets its answer, which is for it alone.
        lab.Rules($"*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -d 10.96.0.10/32 -p {protocol} --dport 80 -j DNAT --to-destination 10.244.7.5:80\nCOMMIT\n");
        lab.Shell("y", "ip route replace 10.244.1.0/24 via 192.168.50.1");
        bool pod = lab.Call("a", protocol, "10.96.0.10", 80);
        Assert.True(pod);
        Hold("from a pod", pod, lab.Walk("10.244.1.2", "10.96.0.10", 80, protocol, "veth-a"));
    }

    [Theory]
    [InlineData("tcp")]
    [InlineData("udp")]
    public void An_answer_that_leaves_through_another_interface_and_a_source_that_is_not_the_nodes(string protocol)
    {
        using var lab = new TrafficLab();
        lab.Serve("b", protocol, 80);
        lab.Serve("node", protocol, 81, "192.168.50.1");
        lab.Shell("node", $"""
            ip link add eth1 type veth peer name eth1 netns {lab.Holder("y")}; ip address add 192.168.66.1/24 dev eth1; ip link set eth1 up
            ip route add default via 192.168.66.9 table 2; ip rule add pref 1536 from 10.244.1.3 lookup 2
            """);
        lab.Shell("y", "ip address add 192.168.66.9/24 dev eth1; ip link set eth1 up");
        lab.Shell("x", "ip address add 203.0.113.7/32 dev lo; ip route replace default via 192.168.50.1 src 203.0.113.7");
        lab.Serve("x", protocol, 80, "203.0.113.7");
        lab.Rules(string.Format(null, NodePort, "10.244.1.3:80", ""));
        lab.Shell("x", "ip route add 192.168.50.1 dev eth0 src 203.0.113.7");
        bool other = lab.Call("x", protocol, "192.168.50.1", 30080);
        Assert.False(other);
        var said = lab.Walk("203.0.113.7", "192.168.50.1", 30080, protocol, "eth0");
        Hold("policy-routed answer", other, said, "what leaves through eth1 reaches 203.0.113.7");
        Assert.Contains("although the call came in through eth0", said[0].Reason, StringComparison.Ordinal);
        lab.Shell("node", "ip rule del pref 1536");
        bool same = lab.Call("x", protocol, "192.168.50.1", 30080);
        Assert.True(same);
        Hold("routed by the main table", same, lab.Walk("203.0.113.7", "192.168.50.1", 30080, protocol, "eth0"));

        // The node's own answer to a pod.
        lab.Shell("node", "ip rule add pref 1536 from 192.168.50.1 to 10.244.1.0/24 lookup 2");
        bool host = lab.Call("a", protocol, "192.168.50.1", 81);
        Assert.False(host);
        Hold("policy-routed answer of the node", host, lab.Walk("10.244.1.2", "192.168.50.1", 81, protocol, "veth-a"), "what leaves through eth1 reaches 10.244.1.2");
        lab.Shell("node", "ip rule del pref 1536");
        Assert.True(lab.Call("a", protocol, "192.168.50.1", 81));

        // A foreign source works where others send it here, and else does not.
        lab.Rules("*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -o eth0 -j SNAT --to-source 198.51.100.7\nCOMMIT\n");
        lab.Shell("x", "ip route add 198.51.100.7 via 192.168.50.1");
        bool comes = lab.Call("a", protocol, "203.0.113.7", 80);
        Assert.True(comes);
        Hold("foreign source that comes back", comes, lab.Walk("10.244.1.2", "203.0.113.7", 80, protocol, "veth-a"), "what is sent to 198.51.100.7, which is not an address of this node, comes to this node");
        lab.Rules("*nat\n:POSTROUTING ACCEPT [0:0]\n-A POSTROUTING -o eth0 -j SNAT --to-source 192.168.50.77\nCOMMIT\n");
        bool nobody = lab.Call("a", protocol, "203.0.113.7", 80);
        Assert.False(nobody);
        Hold("a source of the link that nobody has", nobody, lab.Walk("10.244.1.2", "203.0.113.7", 80, protocol, "veth-a"), "what is sent to 192.168.50.77, which is not an address of this node, comes to this node");
    }

    [Theory]
    [InlineData("tcp", "-i eth0", "INVALID")]
    [InlineData("udp", "-i eth0", "INVALID")]
    [InlineData("tcp", "-i cni0", "INVALID")]
    [InlineData("udp", "-i cni0", "INVALID")]
    [InlineData("tcp", "-p udp", "INVALID")]
    [InlineData("tcp", "-i eth0", "UNTRACKED")]
    [InlineData("tcp", "-i cni0", "")]
    public void What_is_tracked_in_one_direction_only_ends_as_the_walk_says(string protocol, string untracked, string dropped)
    {
        using var lab = new TrafficLab();
        lab.Serve("x", protocol, 80);
        lab.Rules($"*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING {untracked} -j CT --notrack\nCOMMIT\n*filter\n:FORWARD ACCEPT [0:0]\n"
            + (dropped.Length == 0 ? "" : $"-A FORWARD -m conntrack --ctstate {dropped} -j DROP\n") + "-A FORWARD -m conntrack --ctstate NEW -j ACCEPT\nCOMMIT\n");
        Hold($"{protocol} {untracked} {dropped}", lab.Call("a", protocol, "192.168.50.9", 80), lab.Walk("10.244.1.2", "192.168.50.9", 80, protocol, "veth-a"));
    }

    [Theory]
    [InlineData("-A FORWARD -p tcp --syn -j ACCEPT\n-A FORWARD -p tcp --tcp-flags SYN,ACK SYN,ACK -j ACCEPT")]
    [InlineData("-A FORWARD -m conntrack --ctstate NEW -j ACCEPT\n-A FORWARD -i eth0 -m conntrack --ctstate ESTABLISHED -j ACCEPT")]
    [InlineData("-A FORWARD -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT")]
    public void Rules_that_let_only_the_beginning_of_a_connection_through(string rules)
    {
        using var lab = new TrafficLab();
        lab.Serve("x", "tcp", 80);
        lab.Rules($"*filter\n:FORWARD DROP [0:0]\n{rules}\nCOMMIT\n");
        Hold(rules, lab.Call("a", "tcp", "192.168.50.9", 80), lab.Walk("10.244.1.2", "192.168.50.9", 80, "tcp", "veth-a"));
    }

    [Fact]
    public void A_connection_that_is_tracked_already_is_followed_live_and_in_a_snapshot()
    {
        Tool.Require("conntrack");
        using var lab = new TrafficLab();
        lab.Serve("b", "udp", 53);
        lab.Serve("x", "udp", 53);

        // The Service has no endpoints yet: the datagram leaves as it is, by the default route.
        lab.Rules(Empty);
        lab.Rules("*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n");
        Assert.False(lab.Call("a", "udp", "10.96.0.10", 53, 40000));
        lab.Rules("*nat\n:PREROUTING ACCEPT [0:0]\n:KUBE-SERVICES - [0:0]\n:KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]\n:KUBE-SEP-AAAAAAAAAAAAAAAA - [0:0]\n-A PREROUTING -j KUBE-SERVICES\n"
            + "-A KUBE-SERVICES -d 10.96.0.10/32 -p udp -m comment --comment \"kube-system/dns:dns cluster IP\" -m udp --dport 53 -j KUBE-SVC-AAAAAAAAAAAAAAAA\n"
            + "-A KUBE-SVC-AAAAAAAAAAAAAAAA -m comment --comment \"kube-system/dns:dns -> 10.244.1.3:53\" -j KUBE-SEP-AAAAAAAAAAAAAAAA\n"
            + "-A KUBE-SEP-AAAAAAAAAAAAAAAA -p udp -m comment --comment \"kube-system/dns:dns\" -m udp -j DNAT --to-destination 10.244.1.3:53\nCOMMIT\n");
        bool hole = lab.Call("a", "udp", "10.96.0.10", 53, 40000);
        Assert.False(hole);
        var said = lab.Walk("10.244.1.2", "10.96.0.10", 53, "udp", "veth-a", 40000);
        Hold("an entry from before", hole, said);
        Assert.Contains("| Remove-ConntrackEntry", said[0].Reason, StringComparison.Ordinal);
        bool fresh = lab.Call("a", "udp", "10.96.0.10", 53, 40001);
        Assert.True(fresh);
        Hold("another port", fresh, lab.Walk("10.244.1.2", "10.96.0.10", 53, "udp", "veth-a", 40001));
        var packet = new Packet { Source = said[0].End.Destination, Destination = System.Net.IPAddress.Parse("10.96.0.10"), DestinationPort = 53, Protocol = "udp" };
        var any = ExistingEntries.Read(lab.Node.Conntrack, packet with { Source = System.Net.IPAddress.Parse("10.244.1.2") }, _ => { }, CancellationToken.None)!;
        Assert.Contains("sport=40000", Assert.Single(any.Elsewhere(Result(lab))), StringComparison.Ordinal);

        string folder = Path.Combine(Path.GetTempPath(), "k8snf-entry-" + Guid.NewGuid().ToString("N"));
        try
        {
            SnapshotExport.Run(lab.Node, folder, new SnapshotExportOptions(), CancellationToken.None);
            var kept = new SnapshotNode(folder);
            Hold("from a snapshot", hole, TrafficLab.Walk(kept, "10.244.1.2", "10.96.0.10", 53, "udp", "veth-a", 40000));
            Hold("another port from a snapshot", fresh, TrafficLab.Walk(kept, "10.244.1.2", "10.96.0.10", 53, "udp", "veth-a", 40001));

            // A snapshot without connections does not know of the hole.
            foreach (string file in Directory.EnumerateFiles(folder, "*conntrack*", SearchOption.AllDirectories))
            {
                File.Delete(file);
            }

            Hold("without connections", hole, TrafficLab.Walk(new SnapshotNode(folder), "10.244.1.2", "10.96.0.10", 53, "udp", "veth-a", 40000), "no connection with the packet's addresses and ports is tracked already");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        var unanswered = lab.Node.Conntrack.Read(new ConntrackFilter { Unreplied = true }, _ => { }, CancellationToken.None)!;
        var services = NodeServices.Read(lab.Node, [], p => Assert.Fail(p.Message), CancellationToken.None)!;
        var stale = Assert.Single(HairpinFingerprint.Find(unanswered, new CallFacts(), services));
        Assert.Equal((ServiceVerdict.Broken, ServiceHairpinCause.StaleEntry, "kube-system/dns:dns"), (stale.Verdict, stale.Cause, stale.Service));
        Assert.Equal("Get-ConntrackEntry -Protocol udp -Destination 10.96.0.10 -DestinationPort 53 -Unreplied | Remove-ConntrackEntry", stale.Remedy);

        // What is said to do is what mends it.
        lab.Shell("node", "conntrack -D -p udp -s 10.244.1.2 --sport 40000 2>/dev/null");
        bool mended = lab.Call("a", "udp", "10.96.0.10", 53, 40000);
        Assert.True(mended);
        Hold("the entry removed", mended, lab.Walk("10.244.1.2", "10.96.0.10", 53, "udp", "veth-a", 40000));
    }

    /// <summary>NodeLocal DNSCache: the node has the Service's address, listens on it, and keeps its packets from being tracked.</summary>
    [Theory]
    [InlineData("udp")]
    [InlineData("tcp")]
    public void A_Service_address_that_the_node_has_and_does_not_track_is_answered_by_the_node(string protocol)
    {
        using var lab = new TrafficLab();
        lab.Shell("node", "ip address add 10.96.0.10/32 dev lo");
        lab.Serve("node", protocol, 53, "10.96.0.10");
        lab.Rules($"*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING -d 10.96.0.10/32 -p {protocol} -m {protocol} --dport 53 -j CT --notrack\n-A OUTPUT -s 10.96.0.10/32 -p {protocol} -m {protocol} --sport 53 -j CT --notrack\nCOMMIT\n"
            + "*nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:KUBE-SERVICES - [0:0]\n:KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]\n:KUBE-SEP-AAAAAAAAAAAAAAAA - [0:0]\n-A PREROUTING -j KUBE-SERVICES\n-A OUTPUT -j KUBE-SERVICES\n"
            + $"-A KUBE-SERVICES -d 10.96.0.10/32 -p {protocol} -m comment --comment \"kube-system/dns:dns cluster IP\" -m {protocol} --dport 53 -j KUBE-SVC-AAAAAAAAAAAAAAAA\n"
            + "-A KUBE-SVC-AAAAAAAAAAAAAAAA -m comment --comment \"kube-system/dns:dns -> 10.244.1.3:53\" -j KUBE-SEP-AAAAAAAAAAAAAAAA\n"
            + $"-A KUBE-SEP-AAAAAAAAAAAAAAAA -p {protocol} -m comment --comment \"kube-system/dns:dns\" -m {protocol} -j DNAT --to-destination 10.244.1.3:53\nCOMMIT\n");
        Assert.True(lab.Call("a", protocol, "10.96.0.10", 53));
        var results = ServiceHairpinDiagnosis.Run(lab.Node, new HairpinQuery { OnProblem = p => Assert.Fail(p.Message) }, CancellationToken.None)!.ToList();
        Assert.NotEmpty(results);
        Assert.All(results, r => Assert.Equal((ServiceVerdict.Works, null), (r.Verdict, r.Endpoint)));

        // Without the address, the call is lost.
        lab.Shell("node", "ip address del 10.96.0.10/32 dev lo");
        Assert.False(lab.Call("a", protocol, "10.96.0.10", 53));
        Assert.All(
            ServiceHairpinDiagnosis.Run(lab.Node, new HairpinQuery(), CancellationToken.None)!, r => Assert.Equal((ServiceVerdict.Broken, ServiceHairpinCause.NotTracked), (r.Verdict, r.Cause)));
    }

    /// <summary>The nat table that was registered last comes first: traffic takes one of the two ways, which depends on nothing that a dump shows.</summary>
    [Theory]
    [InlineData("legacy", "nft")]
    [InlineData("nft", "legacy")]
    public void Two_nat_tables_that_translate_one_address_have_both_orders(string earlier, string later)
    {
        Tool.Require("iptables-nft-restore");
        using var lab = new TrafficLab();
        lab.Serve("b", "tcp", 8001);
        string To(string target) => $"*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -d 10.96.0.10/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination {target}\nCOMMIT\n";

        // Only the one that comes first is met, and only its endpoint answers.
        lab.Rules(To("10.244.1.3:8002"), earlier);
        lab.Rules(To("10.244.1.3:8001"), later);
        Assert.True(lab.Call("a", "tcp", "10.96.0.10", 80));
        var branches = lab.Walk("10.244.1.2", "10.96.0.10", 80, "tcp", "veth-a");
        Assert.Equal([8001, 8002], branches.Select(b => b.Request!.DestinationPort!.Value).Order());
        Assert.All(branches, b => Assert.Contains("is met before that of", Assert.Single(b.Assumptions), StringComparison.Ordinal));

        // The same dump in the other order of making.
        using var other = new TrafficLab();
        other.Serve("b", "tcp", 8001);
        other.Rules(To("10.244.1.3:8001"), later);
        other.Rules(To("10.244.1.3:8002"), earlier);
        Assert.False(other.Call("a", "tcp", "10.96.0.10", 80));
        Assert.Equal([8001, 8002], other.Walk("10.244.1.2", "10.96.0.10", 80, "tcp", "veth-a").Select(b => b.Request!.DestinationPort!.Value).Order());
    }

    [Theory]
    [InlineData("legacy")]
    [InlineData("nft")]
    public void Rules_of_a_nat_table_are_met_where_connections_are_tracked(string backend)
    {
        Tool.Require($"iptables-{backend}-restore");
        using var lab = new TrafficLab();
        lab.Serve("x", "tcp", 80);
        lab.Shell("node", "ip route add blackhole default table 7; ip rule add fwmark 1 pref 99 lookup 7");
        lab.Rules("*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -i cni0 -p tcp -m tcp --dport 80 -j MARK --set-xmark 0x1/0xffffffff\nCOMMIT\n", backend);
        bool untracked = lab.Call("a", "tcp", "192.168.50.9", 80);
        Assert.True(untracked);

        // A kernel that does not tell its hooks may have something else that needs tracking.
        var branches = lab.Walk("10.244.1.2", "192.168.50.9", 80, "tcp", "veth-a");
        var met = Assert.Single(branches, b => b.Works == MatchOutcome.Yes);
        Assert.True(branches.Length == 1 || met.Assumptions.Contains("nothing on this node has connections tracked, so that the rules of the nat table are never met"));
        lab.Shell("node", $"iptables-{backend} -A FORWARD -m conntrack --ctstate INVALID -j DROP");
        bool tracked = lab.Call("a", "tcp", "192.168.50.9", 80);
        Assert.False(tracked);
        Hold("a rule needs tracking", tracked, lab.Walk("10.244.1.2", "192.168.50.9", 80, "tcp", "veth-a"));
    }

    private static WalkResult Result(TrafficLab lab)
    {
        var packet = new Packet { Source = System.Net.IPAddress.Parse("10.244.1.2"), Destination = System.Net.IPAddress.Parse("10.96.0.10"), DestinationPort = 53, Protocol = "udp", InInterface = "veth-a" };
        var rules = lab.Node.Rulesets.Read(new K8sNetfilter.Rulesets.RulesetQuery { Family = IPFamily.IPv4 }, CancellationToken.None)!;
        return PacketWalk.Create(rules, lab.Node.Links, lab.Node.Sysctls, _ => { }).Walk(packet, new WalkOptions { Reply = true });
    }
}
