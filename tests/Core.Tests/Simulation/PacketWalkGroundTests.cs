using System.Net;
using K8sNetfilter.Configuration;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Links;
using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Simulation;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Tests.Simulation;

/// <summary>Routing rules, next hops, neighbours, forwarding entries and MTUs, on plain data; the kernel's word on them is in Kernel.Tests.</summary>
public sealed class PacketWalkGroundTests
{
    private static WalkBranch[] Walk(PlainLinks links, Packet packet, string rules = "*filter\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n", bool call = false)
    {
        var network = ForwardingModelReader.Read(links, new Parameters(call), _ => { }, CancellationToken.None);
        return [.. new PacketWalk(RulesetParser.Parse(rules), network).Walk(packet, new WalkOptions()).Branches];
    }

    private static Packet Out(string destination = "203.0.113.9") => new() { Source = IPAddress.Parse("10.244.0.2"), Destination = IPAddress.Parse(destination), DestinationPort = 80, InInterface = "veth-a" };

    private sealed class Parameters(bool call) : ISysctlSource
    {
        public IReadOnlyList<ConfigFile> SystemdFiles => [];

        public IReadOnlyList<ConfigFile> ProcpsFiles => [];

        public bool ProcpsExcludesByPattern => true;

        public IReadOnlyList<ReplacedContent> ReplacedFiles => [];

        public string? CommandLine => null;

        public IReadOnlyList<string>? ListKeys(CancellationToken stop) => null;

        public IReadOnlyList<string?> ReadValues(IReadOnlyList<string> paths, CancellationToken stop) => [.. paths.Select(ReadValue)];

        public string? ReadValue(string path) => path switch
        {
            "net/ipv4/ip_forward" or "net/ipv6/conf/all/forwarding" => "1",
            "net/bridge/bridge-nf-call-iptables" or "net/bridge/bridge-nf-call-ip6tables" => call ? "1" : "0",
            _ => null,
        };
    }

    [Theory]
    [InlineData("ipproto 6", false)]
    [InlineData("ipproto 17", true)]
    [InlineData("dport", false)]
    [InlineData("sport", true)]
    [InlineData("tos", true)]
    [InlineData("uid 0", false)]
    [InlineData("uid 5", true)]
    [InlineData("oif", true)]
    [InlineData("l3mdev", true)]
    public void A_rule_that_refuses_applies_where_its_selectors_do(string selector, bool works)
    {
        var refuses = PlainLinks.Rule(100, 0) with { Action = RoutingRuleAction.Blackhole, Table = null };
        refuses = selector switch
        {
            "ipproto 6" => refuses with { IPProtocol = 6 },
            "ipproto 17" => refuses with { IPProtocol = 17 },
            "dport" => refuses with { DestinationPorts = (80, 90) },
            "sport" => refuses with { SourcePorts = (53, 53) },
            "tos" => refuses with { TypeOfService = 0x10 },
            "uid 0" => refuses with { Users = (0, 0) },
            "uid 5" => refuses with { Users = (5, 9) },
            "oif" => refuses with { OutInterface = "eth0" },
            _ => refuses with { IsL3Mdev = true },
        };
        var links = new PlainLinks();
        links.Rules!.Insert(1, refuses);
        Assert.Equal(works ? PacketFate.Sent : PacketFate.Dropped, Assert.Single(Walk(links, Out())).Fate);
        if (works)
        {
            // Where it comes in is looked up as well.
            Assert.Equal(PacketFate.Sent, Assert.Single(Walk(links, Out() with { InInterface = null })).Fate);
        }
    }

    [Fact]
    public void A_selector_that_is_not_known_decides_nothing_only_where_it_makes_a_difference()
    {
        var links = new PlainLinks();
        links.Rules!.Insert(1, PlainLinks.Rule(100, 254) with { TunnelId = 7 });
        Assert.Equal(PacketFate.Sent, Assert.Single(Walk(links, Out())).Fate);
        links.Rules.Insert(1, PlainLinks.Rule(90, 0) with { Action = RoutingRuleAction.Prohibit, Table = null, OtherSelector = "dscp" });
        Assert.Equal(PacketFate.Unknown, Assert.Single(Walk(links, Out())).Fate);
    }

    [Fact]
    public void Rules_that_were_not_read_are_granted()
    {
        var branch = Assert.Single(Walk(new PlainLinks { Rules = null }, Out()));
        Assert.Equal(PacketFate.Sent, branch.Fate);
        Assert.Contains("ip-rule-4.json", string.Join(' ', branch.Assumptions), StringComparison.Ordinal);
    }

    [Fact]
    public void A_route_of_one_type_of_service_is_for_that_alone()
    {
        var links = new PlainLinks();
        links.Routes.Add(PlainLinks.To("203.0.113.0/24", null) with { TypeOfService = 0x10, Kind = RouteKind.Blackhole });
        Assert.Equal(PacketFate.Sent, Assert.Single(Walk(links, Out())).Fate);
        Assert.Equal(PacketFate.Sent, Assert.Single(Walk(links, Out() with { Tos = 0x20 })).Fate);
        Assert.Equal(PacketFate.Dropped, Assert.Single(Walk(links, Out() with { Tos = 0x11 })).Fate);
    }

    [Fact]
    public void Each_of_several_next_hops_is_followed_and_a_dead_one_is_not()
    {
        var links = new PlainLinks();
        links.Routes[^1] = PlainLinks.To("0.0.0.0/0", null) with { NextHops = [new(IPAddress.Parse("192.168.1.1"), 2, 1), new(IPAddress.Parse("192.168.1.2"), 2, 1)] };
        links.Neighbors!.Add(PlainLinks.Neighbor("192.168.1.2", 2, NeighborState.Failed, null));
        Assert.Equal([PacketFate.Sent, PacketFate.Dropped], Walk(links, Out()).Select(b => b.Fate).Order());
        links.Routes[^1] = links.Routes[^1] with { NextHops = [new(IPAddress.Parse("192.168.1.1"), 2, 1), new(IPAddress.Parse("192.168.1.2"), 2, 1) { Flags = 1 }] };
        Assert.Equal(PacketFate.Sent, Assert.Single(Walk(links, Out())).Fate);
    }

    [Fact]
    public void A_nexthop_object_that_was_not_read_leaves_it_open()
    {
        var links = new PlainLinks();
        links.Routes[^1] = PlainLinks.To("0.0.0.0/0", null) with { NextHopId = 9 };
        Assert.Equal(PacketFate.Unknown, Assert.Single(Walk(links, Out())).Fate);
    }

    [Theory]
    [InlineData(NeighborState.Reachable, PacketFate.Sent)]
    [InlineData(NeighborState.Permanent, PacketFate.Sent)]
    [InlineData(NeighborState.Failed, PacketFate.Dropped)]
    public void A_gateways_neighbour_entry_says_whether_the_packet_is_sent(NeighborState state, PacketFate fate)
    {
        var links = new PlainLinks { Neighbors = [PlainLinks.Neighbor("192.168.1.1", 2, state, state == NeighborState.Failed ? null : "02:cc:00:00:00:01")] };
        var branch = Assert.Single(Walk(links, Out()));
        Assert.Equal((fate, 0), (branch.Fate, branch.Assumptions.Count));
    }

    [Fact]
    public void A_gateway_that_is_being_asked_for_or_was_never_is_an_assumption()
    {
        var asked = Walk(new PlainLinks { Neighbors = [PlainLinks.Neighbor("192.168.1.1", 2, NeighborState.Incomplete, null)] }, Out());
        Assert.Equal(2, asked.Length);
        Assert.Contains("somebody on eth0 has 192.168.1.1", Assert.Single(Walk(new PlainLinks { Neighbors = [] }, Out())).Assumptions);
        Assert.Contains("ip-neigh.json", string.Join(' ', Assert.Single(Walk(new PlainLinks { Neighbors = null }, Out())).Assumptions), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("eth0 without carrier")]
    [InlineData("veth-a blocks")]
    [InlineData("veth-b blocks")]
    [InlineData("sticky elsewhere")]
    [InlineData("bridge's own")]
    [InlineData("permanent neighbour of another")]
    [InlineData("pod's MTU")]
    public void What_the_link_layer_does_not_bring_there_is_dropped(string fault)
    {
        var links = new PlainLinks();
        var packet = Out("10.244.0.3") with { InInterface = "eth0", Source = IPAddress.Parse("192.168.1.77") };
        Assert.Equal(PacketFate.Sent, Assert.Single(Walk(links, packet)).Fate);
        switch (fault)
        {
            case "eth0 without carrier":
                links.Links[1] = links.Links[1] with { HasCarrier = false };
                packet = Out();
                break;
            case "veth-a blocks":
                links.Links[3] = links.Links[3] with { Port = links.Links[3].Port! with { State = BridgePortState.Learning } };
                packet = Out();
                break;
            case "veth-b blocks":
                links.Links[4] = links.Links[4] with { Port = links.Links[4].Port! with { State = BridgePortState.Blocking } };
                break;
            case "sticky elsewhere":
                links.Entries = [new() { MacAddress = "02:bb:00:00:00:03", LinkIndex = 4, BridgeIndex = 3, State = NeighborState.NoArp, IsSticky = true }];
                break;
            case "bridge's own":
                links.Entries = [new() { MacAddress = "02:bb:00:00:00:03", LinkIndex = 3, BridgeIndex = 3, State = NeighborState.Permanent }];
                break;
            case "permanent neighbour of another":
                links.Neighbors!.Add(PlainLinks.Neighbor("10.244.0.3", 3, NeighborState.Permanent, "02:bb:00:00:00:99"));
                break;
            default:
                links.Pods[5] = links.Pods[5] with { Mtu = 1300 };
                packet = packet with { Length = 1400, DontFragment = true, Protocol = "udp" };
                break;
        }

        Assert.Equal(PacketFate.Dropped, Assert.Single(Walk(links, packet)).Fate);
    }

    [Fact]
    public void A_packet_that_is_too_long_is_told_of_or_falls_into_a_black_hole()
    {
        var links = new PlainLinks();
        links.Routes[^1] = links.Routes[^1] with { Mtu = 1400 };
        var packet = Out() with { Length = 1500, State = ConnectionState.Established };
        var told = Assert.Single(Walk(links, packet));
        Assert.Equal((PacketFate.Rejected, MatchOutcome.Unknown), (told.Fate, told.Works));
        var hole = Assert.Single(Walk(links, packet, "*filter\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -p icmp -m icmp --icmp-type 3/4 -j DROP\nCOMMIT\n"));
        Assert.Equal((PacketFate.Dropped, MatchOutcome.No), (hole.Fate, hole.Works));
        Assert.Equal(PacketFate.Sent, Assert.Single(Walk(links, packet with { Length = 1400 })).Fate);
        Assert.Equal(PacketFate.Sent, Assert.Single(Walk(links, packet with { Protocol = "udp", DontFragment = false, State = ConnectionState.None })).Fate);
        var whole = Assert.Single(Walk(links, packet with { Protocol = "udp", DontFragment = true, State = ConnectionState.None }));
        Assert.Equal((PacketFate.Dropped, MatchOutcome.No), (whole.Fate, whole.Works));
        Assert.Equal(2, Walk(links, packet with { Protocol = "udp", State = ConnectionState.None }).Length);
    }

    [Theory]
    [InlineData("vxlan", true)]
    [InlineData("wireguard", true)]
    [InlineData(null, false)]
    public void What_a_tunnel_wraps_a_packet_in_is_an_assumption(string? kind, bool isNamed)
    {
        var links = new PlainLinks();
        links.Links[1] = links.Links[1] with { Kind = kind };
        var packet = Out() with { Length = 1450, State = ConnectionState.Established };
        Assert.Equal(isNamed, Assert.Single(Walk(links, packet)).Assumptions.Any(a => a.StartsWith("the network below eth0", StringComparison.Ordinal)));
        Assert.DoesNotContain(Assert.Single(Walk(links, packet with { Length = null })).Assumptions, a => a.Contains("below", StringComparison.Ordinal));
    }
}
