using System.Net;
using K8sNetfilter.Addressing;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Simulation;

namespace K8sNetfilter.Tests.Simulation;

/// <summary>Where the answer to a translated packet goes, what of it is known, and what is named as taken for granted.</summary>
public sealed class PacketWalkReturnTests
{
    private static readonly WalkOptions WithReply = new() { Reply = true };

    private static WalkBranch Walk(string source, string input, string nat, Action<ForwardingModel>? more = null, string to = "192.168.1.10", int port = 30080)
    {
        var network = new WalkNode().Network();
        more?.Invoke(network);
        var rules = RulesetParser.Parse($"*nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n{nat}\nCOMMIT\n");
        return Assert.Single(new PacketWalk(rules, network).Walk(WalkNode.Tcp(source, to, port, input), WithReply).Branches);
    }

    private static void AddRoute(ForwardingModel network, string prefix, int length, string device, string? gateway) => network.Add(IPFamily.IPv4, new FibRoute
    {
        Destination = WalkNode.Bits(prefix), PrefixLength = length, Table = 254, Kind = FibResultKind.Unicast, Device = device, Devices = [device],
        Gateway = gateway is null ? null : WalkNode.Bits(gateway),
    });

    [Fact]
    public void An_endpoint_and_a_client_on_one_link_do_not_come_past_the_node_again()
    {
        var branch = Walk("192.168.1.9", "eth0", "-A PREROUTING -p tcp --dport 30080 -j DNAT --to-destination 192.168.1.7:80");
        Assert.Equal(MatchOutcome.No, branch.Works);
        Assert.Contains("the answer goes past this node", branch.Reason, StringComparison.Ordinal);
        Assert.Contains("192.168.1.10:30080 was called", branch.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-A POSTROUTING -j MASQUERADE")]
    [InlineData("-A POSTROUTING -j SNAT --to-source 192.168.1.10")]
    public void A_masqueraded_call_is_answered_to_the_node(string more)
    {
        var branch = Walk("192.168.1.9", "eth0", "-A PREROUTING -p tcp --dport 30080 -j DNAT --to-destination 192.168.1.7:80\n" + more);
        Assert.Equal(MatchOutcome.Yes, branch.Works);
        Assert.Empty(branch.Assumptions);
    }

    [Fact]
    public void An_endpoint_on_another_node_is_taken_to_answer_past_this_node_and_it_is_said()
    {
        var branch = Walk("203.0.113.9", "eth0", "-A PREROUTING -p tcp --dport 30080 -j DNAT --to-destination 10.244.7.5:80", n => AddRoute(n, "10.244.7.0", 24, "eth0", "192.168.1.11"));
        Assert.Equal((MatchOutcome.Yes, "the answer passes this node"), (branch.Works, Assert.Single(branch.Assumptions)));
    }

    [Fact]
    public void A_pod_on_the_node_answers_through_it()
    {
        Assert.Empty(Walk("203.0.113.9", "eth0", "-A PREROUTING -p tcp --dport 30080 -j DNAT --to-destination 10.244.0.3:8080").Assumptions);
        Assert.Empty(Walk("10.244.0.2", "veth-a", "-A PREROUTING -p tcp --dport 80 -j DNAT --to-destination 10.244.0.3:80", null, "10.96.0.10", 80).Assumptions);
    }

    [Theory]
    [InlineData("-A PREROUTING -p tcp --dport 80 -j DNAT --to-destination 10.244.7.5:80", "10.96.0.10")]
    [InlineData("", "203.0.113.9")]
    public void Whoever_answers_a_pod_from_outside_has_to_know_the_way_to_it(string nat, string to)
    {
        var branch = Walk("10.244.0.2", "veth-a", nat, n => AddRoute(n, "10.244.7.0", 24, "eth0", "192.168.1.11"), to, 80);
        Assert.Equal((MatchOutcome.Yes, "what is sent to 10.244.0.2, which is not an address of this node, comes to this node"), (branch.Works, Assert.Single(branch.Assumptions)));
        Assert.Empty(Walk("10.244.0.2", "veth-a", nat + "\n-A POSTROUTING -o eth0 -j MASQUERADE", n => AddRoute(n, "10.244.7.0", 24, "eth0", "192.168.1.11"), to, 80).Assumptions);
    }

    [Fact]
    public void A_pod_calls_from_its_port_also_where_the_node_answers_it_by_another_table()
    {
        var network = new WalkNode().Network();
        network.Add(new NetworkInterface { Name = "eth1" });
        network.Add(IPFamily.IPv4, new FibRoute { Destination = 0, PrefixLength = 0, Table = 2, Kind = FibResultKind.Unicast, Device = "eth1", Devices = ["eth1"], Gateway = WalkNode.Bits("192.168.66.9") });
        network.Add(IPFamily.IPv4, [
            new FibRule { Priority = 0, Table = 255 },
            new FibRule { Priority = 1000, Table = 2, From = (WalkNode.Bits("192.168.1.10"), AddressBits.Mask(32, IPFamily.IPv4)) },
            new FibRule { Priority = 32766, Table = 254 },
        ]);
        var packet = new Packet { Source = IPAddress.Parse("10.244.0.2"), Destination = IPAddress.Parse("192.168.1.10"), DestinationPort = 9000 };
        var branch = Assert.Single(new PacketWalk(RulesetParser.Parse(""), network).Walk(packet, WithReply).Branches);
        Assert.Equal("what leaves through eth1 reaches 10.244.0.2, whose call came in through veth-a", Assert.Single(branch.Assumptions));
    }

    [Theory]
    [InlineData("", ConnectionState.None, MatchOutcome.No)]
    [InlineData("", ConnectionState.Established, MatchOutcome.Yes)]
    [InlineData("*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j NOTRACK\nCOMMIT\n", ConnectionState.None, MatchOutcome.Yes)]
    public void A_full_table_takes_no_new_connection(string raw, ConnectionState state, MatchOutcome works)
    {
        var rules = RulesetParser.Parse(raw + "*nat\n:POSTROUTING ACCEPT [0:0]\nCOMMIT\n");
        var packet = WalkNode.Tcp("203.0.113.9", "10.244.0.3", 8080, "eth0") with { State = state };
        var branch = Assert.Single(new PacketWalk(rules, new WalkNode().Network()).Walk(packet, new WalkOptions { Reply = true, FullTable = "conntrack holds 4 entries of at most 4" }).Branches);
        Assert.Equal(works, branch.Works);
        Assert.Equal(works == MatchOutcome.No, branch.Reason == "conntrack holds 4 entries of at most 4: new connections are dropped");
    }

    [Fact]
    public void A_source_that_is_not_the_nodes_must_come_back_to_it()
    {
        var branch = Walk("10.244.0.2", "veth-a", "-A POSTROUTING -o eth0 -j SNAT --to-source 198.51.100.7", null, "203.0.113.9", 80);
        Assert.Equal((MatchOutcome.Yes, "what is sent to 198.51.100.7, which is not an address of this node, comes to this node"), (branch.Works, Assert.Single(branch.Assumptions)));
    }

    [Theory]
    [InlineData("SNAT --to-source 192.168.1.10:4000", "port 4000 of its new source is free for it")]
    [InlineData("SNAT --to-source 192.168.1.10:4000-4002", "a port of 4000-4002 of its new source is free for it")]
    [InlineData("MASQUERADE --to-ports 4001", "port 4001 of its new source is free for it")]
    [InlineData("MASQUERADE --to-ports 20000-60000", null)]
    [InlineData("MASQUERADE", null)]
    public void One_of_few_source_ports_is_taken_to_be_free_and_it_is_said(string target, string? said)
    {
        var branch = Walk("10.244.0.2", "veth-a", "-A POSTROUTING -o eth0 -p tcp -j " + target, null, "203.0.113.9", 80);
        Assert.Equal(MatchOutcome.Yes, branch.Works);
        Assert.Equal(said, branch.Assumptions.SingleOrDefault());
    }

    [Fact]
    public void An_answer_that_leaves_through_another_interface_is_said()
    {
        var branch = Walk("203.0.113.9", "eth0", "-A PREROUTING -p tcp --dport 30080 -j DNAT --to-destination 10.244.0.3:8080", network =>
        {
            network.Add(new NetworkInterface { Name = "eth1" });
            network.Add(IPFamily.IPv4, new FibRoute { Destination = 0, PrefixLength = 0, Table = 2, Kind = FibResultKind.Unicast, Device = "eth1", Devices = ["eth1"], Gateway = WalkNode.Bits("192.168.66.9") });
            network.Add(IPFamily.IPv4, [
                new FibRule { Priority = 0, Table = 255 },
                new FibRule { Priority = 1536, Table = 2, From = (WalkNode.Bits("10.244.0.3"), AddressBits.Mask(32, IPFamily.IPv4)) },
                new FibRule { Priority = 32766, Table = 254 },
            ]);
        });
        Assert.Equal(MatchOutcome.Yes, branch.Works);
        Assert.Contains("it leaves through eth1, although the call came in through eth0", branch.Reason, StringComparison.Ordinal);
        Assert.Equal("what leaves through eth1 reaches 203.0.113.9, whose call came in through eth0", Assert.Single(branch.Assumptions));
    }

    /// <summary>Four addresses at the very end of the numbers are four ways, not as many as there are branches.</summary>
    [Theory]
    [InlineData("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffc-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 4)]
    [InlineData("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1)]
    [InlineData("255.255.255.252-255.255.255.255", 4)]
    [InlineData("0.0.0.1-0.0.0.3", 3)]
    public void A_range_that_ends_at_the_highest_address_has_as_many_ways_as_addresses(string range, int ways)
    {
        bool v6 = range.Contains(':', StringComparison.Ordinal);
        var rules = RulesetParser.Parse($"# Generated by {(v6 ? "ip6" : "ip")}tables-save v1.8.9 on Mon Jan  1 00:00:00 2024\n*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j DNAT --to-destination {range}\nCOMMIT\n");
        var packet = new Packet { Source = IPAddress.Parse(v6 ? "fd00::1" : "10.0.0.1"), Destination = IPAddress.Parse(v6 ? "fd00::2" : "10.0.0.2"), SourcePort = 1, DestinationPort = 80, InInterface = "eth0" };
        var branches = PacketWalk.Create(rules).Walk(packet, new WalkOptions { OutInterface = "eth1" }).Branches;
        Assert.Equal(ways, branches.Count);
        Assert.Equal(1, branches.Sum(b => b.Probability!.Value), 9);
    }
}
