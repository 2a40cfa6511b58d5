using System.Net;
using K8sNetfilter.Addressing;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Links;
using K8sNetfilter.Listeners;
using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Simulation;

namespace K8sNetfilter.Tests.Simulation;

/// <summary>Who takes a packet where it arrives decides whether the call works: a socket, nobody, or somebody of whom nothing is known.</summary>
public sealed class WalkReceiverTests
{
    private const string Ss = "Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port\n";

    private sealed class Source(ListenerTable? own, PodListeners? pod) : IListenerSource
    {
        public int Reads { get; private set; }

        public ListenerTable? Read(CancellationToken cancellation)
        {
            Reads++;
            return own;
        }

        public PodListeners? ReadPeer(int namespaceId, CancellationToken cancellation)
        {
            Reads++;
            return namespaceId == 7 ? pod : null;
        }
    }

    private static PodListeners Pod(string rows, bool? hasRules = false, bool? answers = false) => new()
    {
        Table = ListenerText.Parse(Ss + rows),
        Addresses = [IPAddress.Parse("10.244.0.3"), IPAddress.Loopback],
        HasRules = hasRules,
        Ways = [new PodWay(IPNetwork.Parse("0.0.0.0/0"), IPAddress.Parse("10.244.0.1"))],
        AnswersForOthers = answers,
    };

    private static (WalkBranch Branch, Source Source) Walk(
        Packet packet, string? own = null, PodListeners? pod = null, string? echo = null, string rules = "*nat\n:PREROUTING ACCEPT\n:POSTROUTING ACCEPT\nCOMMIT\n", bool reply = true)
    {
        var source = new Source(own is null ? null : ListenerText.Parse(Ss + own), pod);
        var network = new ForwardingModel((true, true), n => n == "net.ipv4.icmp_echo_ignore_all" ? echo : n == "net.ipv4.ip_forward" ? "1" : null)
        {
            Listeners = new NodeListeners(source, CancellationToken.None),
            Switches = new BridgeNetfilterSwitches(true, true, true, true),
        };
        Add("lo", "127.0.0.1", 8, link => link);
        Add("eth0", "192.0.2.1", 24, link => link);
        Add("cni0", "10.244.0.1", 24, link => link);
        network.Add(new NetworkInterface { Name = "veth0", Kind = "veth", Bridge = "cni0", PeerNamespaceId = 6, PeerIndex = 2 });
        network.Add(new NetworkInterface { Name = "veth1", Kind = "veth", Bridge = "cni0", PeerNamespaceId = 7, PeerIndex = 2 });
        network.AddStation("cni0", AddressBits.From(IPAddress.Parse("10.244.0.2")), "veth0");
        network.AddStation("cni0", AddressBits.From(IPAddress.Parse("10.244.0.3")), "veth1");
        network.Add(IPFamily.IPv4, new FibRoute { Destination = 0, PrefixLength = 0, Table = 254, Kind = FibResultKind.Unicast, Device = "eth0", Devices = ["eth0"], Gateway = AddressBits.From(IPAddress.Parse("192.0.2.254")) });
        var ruleset = RulesetParser.Parse(rules, new RulesetParserOptions { Family = IPFamily.IPv4 });
        var result = new PacketWalk(ruleset, network).Walk(packet, new WalkOptions { Reply = reply });
        return (Assert.Single(result.Branches), source);

        void Add(string name, string address, int length, Func<NetworkInterface, NetworkInterface> with)
        {
            var bits = AddressBits.From(IPAddress.Parse(address));
            var item = with(new NetworkInterface { Name = name, IsBridge = name == "cni0", IsLoopback = name == "lo", Kind = name == "cni0" ? "bridge" : null });
            item.Addresses.Add(new InterfaceAddress(IPFamily.IPv4, bits, length, 0, false));
            network.Add(item);
            network.Add(IPFamily.IPv4, new FibRoute { Destination = bits, PrefixLength = 32, Table = 255, Kind = FibResultKind.Local, Device = name, Devices = [name] });
            network.Add(IPFamily.IPv4, new FibRoute { Destination = bits & AddressBits.Mask(length, IPFamily.IPv4), PrefixLength = length, Table = 254, Kind = FibResultKind.Unicast, Device = name, Devices = [name] });
        }
    }

    private static Packet ToNode(int port = 80, string protocol = "tcp") => new()
    {
        Source = IPAddress.Parse("192.0.2.9"), Destination = IPAddress.Parse("192.0.2.1"), Protocol = protocol, DestinationPort = port, SourcePort = 4000, InInterface = "eth0",
    };

    private static Packet ToPod(int port = 8080, string protocol = "tcp", string address = "10.244.0.3") => new()
    {
        Source = IPAddress.Parse("192.0.2.9"), Destination = IPAddress.Parse(address), Protocol = protocol, DestinationPort = port, SourcePort = 4000, InInterface = "eth0",
    };

    [Fact]
    public void A_socket_of_the_node_takes_the_call()
    {
        var (branch, _) = Walk(ToNode(), "tcp LISTEN 0 0 0.0.0.0:80 0.0.0.0:*\n");
        Assert.Equal(MatchOutcome.Yes, branch.Works);
        Assert.Empty(branch.Assumptions);
    }

    [Theory]
    [InlineData("tcp", "udp UNCONN 0 0 0.0.0.0:80 0.0.0.0:*\n", "TCP reset")]
    [InlineData("tcp", "tcp LISTEN 0 0 127.0.0.1:80 0.0.0.0:*\n", "TCP reset")]
    [InlineData("tcp", "tcp LISTEN 0 0 [::]:80 [::]:*\n", "TCP reset")]
    [InlineData("tcp", "tcp LISTEN 0 0 0.0.0.0%cni0:80 0.0.0.0:*\n", "TCP reset")]
    [InlineData("udp", "tcp LISTEN 0 0 0.0.0.0:80 0.0.0.0:*\n", "ICMP error")]
    public void What_no_socket_takes_is_refused(string protocol, string sockets, string how)
    {
        foreach (bool reply in (bool[])[true, false])
        {
            var (branch, _) = Walk(ToNode(80, protocol), sockets, reply: reply);
            Assert.Equal((MatchOutcome.No, PacketFate.Rejected, PacketDirection.Original), (branch.Works, branch.Fate, branch.Direction));
            Assert.Contains("nothing listens on 80/" + protocol, branch.Reason, StringComparison.Ordinal);
            Assert.Contains(how, branch.Reason, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("0.0.0.0", true)]
    [InlineData("192.0.2.1", false)]
    public void A_UDP_socket_of_every_address_may_answer_from_another(string bound, bool isGranted)
    {
        string sockets = $"udp UNCONN 0 0 {bound}:53 0.0.0.0:*\n";
        Assert.Empty(Walk(ToNode(53, "udp"), sockets).Branch.Assumptions);
        var (branch, _) = Walk(ToNode(53, "udp") with { Source = IPAddress.Parse("10.244.0.3"), InInterface = "veth1" }, sockets);
        Assert.Equal(MatchOutcome.Yes, branch.Works);
        Assert.Equal(
            isGranted ? ["the process on 53/udp answers from 192.0.2.1, which it was called by, and not from 10.244.0.1"] : [], branch.Assumptions);
    }

    [Fact]
    public void Without_the_sockets_the_node_s_own_answer_is_not_known()
    {
        var (branch, _) = Walk(ToNode());
        Assert.Equal((MatchOutcome.Unknown, PacketFate.Unknown), (branch.Works, branch.Fate));
        Assert.Equal("delivered here; whether something listens on 80/tcp is not known", branch.Reason);
        Assert.Equal(MatchOutcome.Unknown, Walk(ToNode(38412, "sctp"), "").Branch.Works);
    }

    [Fact]
    public void An_answer_that_a_rule_drops_fails_whoever_listens()
    {
        const string Drop = "*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT DROP\nCOMMIT\n";
        Assert.All((string?[])[null, "", "tcp LISTEN 0 0 0.0.0.0:80 0.0.0.0:*\n"], sockets =>
        {
            var (branch, _) = Walk(ToNode(), sockets, rules: Drop);
            Assert.Equal((MatchOutcome.No, PacketFate.Dropped), (branch.Works, branch.Fate));
        });
    }

    [Fact]
    public void A_packet_of_a_connection_that_is_there_has_its_socket() =>
        Assert.Equal(MatchOutcome.Yes, Walk(ToNode() with { State = ConnectionState.Established }, "").Branch.Works);

    [Theory]
    [InlineData("0", MatchOutcome.Yes)]
    [InlineData("1", MatchOutcome.No)]
    public void The_kernel_answers_an_echo_unless_it_is_told_not_to(string ignore, MatchOutcome expected) =>
        Assert.Equal(expected, Walk(ToNode(0, "icmp") with { SourcePort = 1, DestinationPort = null }, "", echo: ignore).Branch.Works);

    [Fact]
    public void A_pod_s_socket_takes_the_call()
    {
        var (branch, _) = Walk(ToPod(), null, Pod("tcp LISTEN 0 0 *:8080 *:*\n"));
        Assert.Equal(MatchOutcome.Yes, branch.Works);
        Assert.Empty(branch.Assumptions);
    }

    [Fact]
    public void A_pod_without_the_socket_refuses()
    {
        var (branch, _) = Walk(ToPod(), null, Pod("tcp LISTEN 0 0 *:8081 *:*\n"));
        Assert.Equal((MatchOutcome.No, PacketFate.Rejected), (branch.Works, branch.Fate));
        Assert.Equal("nothing listens on 8080/tcp at 10.244.0.3: its kernel refuses with a TCP reset", branch.Reason);
    }

    [Fact]
    public void What_nobody_could_look_at_is_named()
    {
        var (unread, _) = Walk(ToPod());
        Assert.Equal((MatchOutcome.Yes, "10.244.0.3 listens on 8080/tcp"), (unread.Works, Assert.Single(unread.Assumptions)));
        var (ruled, _) = Walk(ToPod(), null, Pod("tcp LISTEN 0 0 *:8080 *:*\n", hasRules: true));
        Assert.Equal((MatchOutcome.Yes, "no netfilter rule of 10.244.0.3's own changes what becomes of 8080/tcp"), (ruled.Works, Assert.Single(ruled.Assumptions)));
        var (led, _) = Walk(ToPod(), null, Pod("tcp LISTEN 0 0 *:15006 *:*\n", hasRules: true));
        Assert.Equal(MatchOutcome.Unknown, led.Works);
        var (open, _) = Walk(ToPod(), null, Pod("tcp LISTEN 0 0 *:15006 *:*\n", hasRules: null));
        Assert.Equal((MatchOutcome.No, 1), (open.Works, open.Assumptions.Count));
        var (outside, _) = Walk(ToPod(address: "198.51.100.7") with { Source = IPAddress.Parse("10.244.0.3"), InInterface = "veth1" });
        Assert.Equal(MatchOutcome.Yes, outside.Works);
        Assert.Equal(["198.51.100.7 answers", "what is sent to 10.244.0.3, which is not an address of this node, comes to this node"], outside.Assumptions);
    }

    [Fact]
    public void An_address_that_no_pod_has_is_not_reached()
    {
        // Of veth0's namespace nothing is known: it may have the address.
        var (open, _) = Walk(ToPod(address: "10.244.0.9"), null, Pod(""));
        Assert.Equal((MatchOutcome.Yes, "somebody on cni0 has 10.244.0.9"), (open.Works, Assert.Single(open.Assumptions)));
    }

    [Fact]
    public void The_sockets_of_a_namespace_are_read_once()
    {
        var source = new Source(null, Pod("tcp LISTEN 0 0 *:8080 *:*\n"));
        var listeners = new NodeListeners(source, CancellationToken.None);
        for (int i = 0; i < 100; i++)
        {
            Assert.NotNull(listeners.Peer(7, AddressBits.From(IPAddress.Loopback), out bool? has));
            Assert.True(has);
            Assert.Null(listeners.Peer(6, 0, out has));
            Assert.Null(has);
            Assert.Null(listeners.Own());
        }

        Assert.Equal(3, source.Reads);
    }

    [Theory]
    [InlineData("10.244.0.0/24", MatchOutcome.No)]
    [InlineData("192.0.2.9/32", MatchOutcome.Yes)]
    [InlineData("0.0.0.0/0", MatchOutcome.Yes)]
    public void A_pod_without_a_route_to_its_caller_does_not_answer(string way, MatchOutcome works)
    {
        var pod = Pod("tcp LISTEN 0 0 0.0.0.0:8080 0.0.0.0:*\n") with { Ways = [new PodWay(IPNetwork.Parse(way), IPAddress.Parse("10.244.0.1"))] };
        var (branch, _) = Walk(ToPod(), pod: pod);
        Assert.Equal(works, branch.Works);
        Assert.Equal(works == MatchOutcome.No, branch.Reason == "10.244.0.3 has no route to 192.0.2.9: it can't answer");
    }

    [Theory]
    [InlineData("0.0.0.0/0", "10.244.0.1", null)]
    [InlineData("0.0.0.0/0", "10.244.0.2", "10.244.0.3 reaches this node by its gateway 10.244.0.2, which is not an address of this node")]
    [InlineData("0.0.0.0/0", "10.244.0.254", "10.244.0.3 reaches this node by its gateway 10.244.0.254, which is not an address of this node")]
    [InlineData("10.244.0.0/24", null, "10.244.0.3 sends such a packet, though it has no route to 192.0.2.1")]
    public void A_pod_that_calls_reaches_the_node_by_its_gateway(string way, string? gateway, string? taken)
    {
        var pod = Pod("") with { Ways = [new PodWay(IPNetwork.Parse(way), gateway is null ? null : IPAddress.Parse(gateway))] };
        var packet = ToNode() with { Source = IPAddress.Parse("10.244.0.3"), InInterface = "veth1" };
        var (branch, _) = Walk(packet, "tcp LISTEN 0 0 0.0.0.0:80 0.0.0.0:*\n", pod);
        Assert.Equal((MatchOutcome.Yes, taken), (branch.Works, branch.Assumptions.SingleOrDefault()));
    }

    [Fact]
    public void The_ways_of_a_pod_are_not_known_where_more_than_the_destination_chooses()
    {
        Route To(string address, int length, uint table, RouteKind kind = RouteKind.Unicast) => new()
        {
            Family = System.Net.Sockets.AddressFamily.InterNetwork, Destination = IPAddress.Parse(address), PrefixLength = length, Table = table, Kind = kind, Gateway = IPAddress.Parse("10.244.0.1"),
        };
        var ways = PodWay.From([To("0.0.0.0", 0, 254), To("10.9.0.0", 16, 254), To("10.9.9.0", 24, 254, RouteKind.Blackhole)])!;
        Assert.Equal([0, 16, 24], ways.Select(w => w.Destination.PrefixLength));
        Assert.Equal(RouteKind.Blackhole, Find(ways, "10.9.9.9")!.Kind);
        Assert.Equal(16, Find(ways, "10.9.8.9")!.Destination.PrefixLength);
        Assert.Null(new PodRoutes(ways).Find(IPFamily.IPv6, AddressBits.From(IPAddress.Parse("fd00::1")), out _));
        Assert.Null(PodWay.From([To("0.0.0.0", 0, 254), To("0.0.0.0", 0, 100)]));
        RoutingRule Rule(uint priority, uint table, string? from = null) => new()
        {
            Family = System.Net.Sockets.AddressFamily.InterNetwork, Priority = priority, Action = RoutingRuleAction.Lookup, Table = table, Source = from is null ? null : IPAddress.Parse(from),
        };
        Assert.NotNull(PodWay.From([To("0.0.0.0", 0, 254)], [Rule(0, 255), Rule(32766, 254), Rule(32767, 253)]));
        Assert.Null(PodWay.From([To("0.0.0.0", 0, 254)], [Rule(0, 255), Rule(100, 254, "10.244.0.3"), Rule(32766, 254)]));

        static PodWay? Find(IReadOnlyList<PodWay> ways, string address) => new PodRoutes(ways).Find(IPFamily.IPv4, AddressBits.From(IPAddress.Parse(address)), out _);
    }

    [Theory]
    [InlineData("192.0.2.0/24", null, RouteKind.Unreachable, 2, MatchOutcome.No, null)]
    [InlineData("192.0.2.0/24", null, RouteKind.Unicast, 3, MatchOutcome.Yes, "the answer of 10.244.0.3 leaves by tun0 and reaches 192.0.2.9")]
    [InlineData("192.0.2.0/24", "10.244.0.254", RouteKind.Unicast, 2, MatchOutcome.Yes, "10.244.0.3 reaches this node by its gateway 10.244.0.254, which is not an address of this node")]
    [InlineData("192.0.2.0/24", null, RouteKind.Unicast, 2, MatchOutcome.Yes, "somebody on the link of 10.244.0.3 answers for 192.0.2.9, which its route has there")]
    [InlineData("192.0.2.0/24", "10.244.0.1", RouteKind.Unicast, 2, MatchOutcome.Yes, null)]
    public void An_answer_takes_the_pod_s_own_route(string to, string? gateway, RouteKind kind, int link, MatchOutcome works, string? taken)
    {
        var pod = Pod("tcp LISTEN 0 0 0.0.0.0:8080 0.0.0.0:*\n");
        pod = pod with
        {
            Ways = [.. pod.Ways!, new PodWay(IPNetwork.Parse(to), gateway is null ? null : IPAddress.Parse(gateway)) { Kind = kind, LinkIndex = link, Device = link == 3 ? "tun0" : "eth0" }],
        };
        var (branch, _) = Walk(ToPod(), pod: pod);
        Assert.Equal((works, taken), (branch.Works, branch.Assumptions.SingleOrDefault()));
    }

    [Fact]
    public void Rules_of_the_pod_that_calls_are_named()
    {
        var packet = ToNode() with { Source = IPAddress.Parse("10.244.0.3"), InInterface = "veth1" };
        var (branch, _) = Walk(packet, "tcp LISTEN 0 0 0.0.0.0:80 0.0.0.0:*\n", Pod("", hasRules: true));
        Assert.Equal("no netfilter rule of 10.244.0.3's own changes or refuses the call", Assert.Single(branch.Assumptions));
    }

    [Fact]
    public void A_full_accept_queue_drops_the_call()
    {
        var (branch, _) = Walk(ToPod(), pod: Pod("tcp LISTEN 129 128 0.0.0.0:8080 0.0.0.0:*\n"));
        Assert.Equal((PacketFate.Dropped, MatchOutcome.No), (branch.Fate, branch.Works));
        Assert.Contains("accept queue of the socket 0.0.0.0:8080", branch.Reason, StringComparison.Ordinal);
        Assert.Equal(MatchOutcome.Yes, Walk(ToPod(), pod: Pod("tcp LISTEN 128 128 0.0.0.0:8080 0.0.0.0:*\n")).Branch.Works);
    }
}
