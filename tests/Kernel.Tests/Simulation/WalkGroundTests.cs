using System.Net;
using K8sNetfilter.Addressing;
using K8sNetfilter.Logic;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Simulation;

namespace K8sNetfilter.Tests.Simulation;

/// <summary>
/// Links, neighbours, forwarding databases, routing rules, routes and MTUs as they are: a node is set up, real sockets call across it, and the
/// walk says the same, live and from a snapshot.
/// </summary>
public sealed class WalkGroundTests(ITestOutputHelper output)
{
    /// <summary>One set-up.</summary>
    /// <param name="Name">What it is.</param>
    /// <param name="Script">What is changed on the node.</param>
    /// <param name="From">Who calls: A, B, X.</param>
    /// <param name="To">The address that is called, on port 8080.</param>
    /// <param name="Works">Whether the call comes about.</param>
    /// <param name="Says">What the walk says.</param>
    public sealed record Ground(string Name, string Script, char From, string To, bool Works, MatchOutcome Says)
    {
        public string Protocol { get; init; } = "tcp";

        public int SourcePort { get; init; }

        /// <summary>The packet's length; 0 for a call with few bytes.</summary>
        public int Length { get; init; }

        public bool? DontFragment { get; init; }

        /// <summary>A word of the reason, or of an assumption.</summary>
        public string Reason { get; init; } = "";

        public override string ToString() => Name;
    }

    private const string MacB = "02:bb:00:00:00:03";
    private const string Far = "203.0.113.9";
    private const string Far6 = "2001:db8:9::9";

    // The first of the two waits of the spanning tree, 15 seconds each.
    private const string Listening = "ip link set cni0 type bridge stp_state 1 forward_delay 1500; ip link set veth3 down; ip link set veth3 up";

    // Pod B has a second link that no bridge connects.
    private const string Alone = "ip link add veth9 type veth peer name eth9 netns $B; ip link set veth9 up; nsenter -t $B -n bash -c 'ip addr add 10.244.9.7/32 dev eth9; ip link set eth9 up; ip route add 192.168.50.0/24 via 10.244.1.1'; ip route add 10.244.9.0/24 via 192.168.50.9; nsenter -t $X -n ip route add 10.244.9.7 via 192.168.50.1";

    private static readonly Ground[] LinkGrounds =
    [
        new("BridgedPods", "", 'A', "10.244.1.3", true, MatchOutcome.Yes),
        new("RoutedOut", "", 'A', Far, true, MatchOutcome.Yes),
        new("RoutedIn", "", 'X', "10.244.1.3", true, MatchOutcome.Yes),
        new("IsolatedOne", "bridge link set dev veth3 isolated on", 'A', "10.244.1.3", true, MatchOutcome.Yes),
        new("IsolatedBoth", "bridge link set dev veth2 isolated on; bridge link set dev veth3 isolated on", 'A', "10.244.1.3", false, MatchOutcome.No),
        new("IsolatedRouted", "bridge link set dev veth2 isolated on; bridge link set dev veth3 isolated on", 'X', "10.244.1.3", true, MatchOutcome.Yes),
        new("BlockedPortBridged", Listening, 'A', "10.244.1.3", false, MatchOutcome.No) { Reason = "veth3" },
        new("BlockedPortRouted", Listening, 'X', "10.244.1.3", false, MatchOutcome.No) { Reason = "listening" },
        new("BlockedPortOfTheCaller", Listening.Replace("veth3", "veth2", StringComparison.Ordinal), 'A', Far, false, MatchOutcome.No) { Reason = "listening" },
        new("PortDown", "ip link set veth3 down", 'A', "10.244.1.3", false, MatchOutcome.No),
        new("PodLinkDown", "nsenter -t $B -n ip link set eth0 down; sleep 0.2", 'X', "10.244.1.3", false, MatchOutcome.No),
        new("UplinkWithoutCarrier", "nsenter -t $X -n ip link set eth0 down; sleep 0.2", 'A', Far, false, MatchOutcome.No) { Reason = "carrier" },
        new("StaticEntryAtItsPort", $"bridge fdb replace {MacB} dev veth3 master static", 'X', "10.244.1.3", true, MatchOutcome.Yes),
        new("StaticEntryThatMoves", $"bridge fdb replace {MacB} dev veth2 master static", 'X', "10.244.1.3", true, MatchOutcome.Yes),
        new("StickyEntryAtAnotherPort", $"bridge fdb replace {MacB} dev veth2 master static sticky", 'X', "10.244.1.3", false, MatchOutcome.No) { Reason = "sticky" },
        new("StickyEntryAtTheCallersPort", $"bridge fdb replace {MacB} dev veth2 master static sticky", 'A', "10.244.1.3", false, MatchOutcome.No) { Reason = "sticky" },
        new("StaticEntryAndNoLearning", $"bridge link set dev veth3 learning off; bridge fdb replace {MacB} dev veth2 master static", 'X', "10.244.1.3", false, MatchOutcome.No) { Reason = "static" },
        new("EntryOfTheBridgeItself", $"bridge fdb replace {MacB} dev cni0 self permanent", 'X', "10.244.1.3", false, MatchOutcome.No) { Reason = "permanent" },
        new("EntryOfTheBridgesPort", $"bridge fdb replace {MacB} dev veth3 master permanent", 'A', "10.244.1.3", false, MatchOutcome.No) { Reason = "permanent" },
        new("EntryOfTheBridgesPortRouted", $"bridge fdb replace {MacB} dev veth3 master permanent", 'X', "10.244.1.3", true, MatchOutcome.Yes),
        new("PermanentNeighbour", $"ip neigh replace 10.244.1.3 lladdr {MacB} dev cni0 nud permanent", 'X', "10.244.1.3", true, MatchOutcome.Yes),
        new("PermanentNeighbourOfAnother", "ip neigh replace 10.244.1.3 lladdr 02:bb:00:00:00:77 dev cni0 nud permanent", 'X', "10.244.1.3", false, MatchOutcome.No) { Reason = "permanent" },
        new("PermanentNeighbourNotOnTheWay", "ip neigh replace 10.244.1.3 lladdr 02:bb:00:00:00:77 dev cni0 nud permanent", 'A', "10.244.1.3", true, MatchOutcome.Yes),
        new("NobodyHasTheAddress", "", 'X', "10.244.1.77", false, MatchOutcome.No) { Reason = "10.244.1.77" },
        new("NobodyIsTheGateway", "ip route replace default via 192.168.50.77; sleep 0.1", 'A', Far, false, MatchOutcome.No) { Reason = "192.168.50.77" },
        new("GatewayThatAnswersNoArp", "sysctl -qw net.ipv4.conf.cni0.arp_ignore=8", 'A', Far, false, MatchOutcome.Unknown) { Reason = "arp_ignore" },
        new("GatewayThatAnswersItsOwn", "sysctl -qw net.ipv4.conf.cni0.arp_ignore=1", 'A', Far, true, MatchOutcome.Yes),
        new("PodWithItsOwnRoute", Alone + "; ip route add 10.244.9.7 dev veth9", 'X', "10.244.9.7", true, MatchOutcome.Yes),
        new("PodWithoutItsRoute", Alone, 'X', "10.244.9.7", false, MatchOutcome.No) { Reason = "route is missing" },
        new("NotFloodedAndNotKnown", $"ip neigh replace 10.244.1.3 lladdr {MacB} dev cni0 nud permanent; bridge link set dev veth3 learning off flood off; bridge fdb del {MacB} dev veth3 master 2>/dev/null; true", 'X', "10.244.1.3", false, MatchOutcome.No) { Reason = "flood" },
    ];

    private static readonly Ground[] Routing =
    [
        new("RuleByPort", "ip rule add pref 100 ipproto tcp dport 8080 blackhole", 'A', Far, false, MatchOutcome.No),
        new("RuleByPortOfAnotherProtocol", "ip rule add pref 100 ipproto tcp dport 8080 blackhole", 'A', "192.168.50.9", true, MatchOutcome.Yes) { Protocol = "udp" },
        new("RuleByAnotherPort", "ip rule add pref 100 ipproto tcp dport 9000-9100 blackhole", 'A', Far, true, MatchOutcome.Yes),
        new("RuleBySourcePort", "ip rule add pref 100 sport 40000 ipproto udp blackhole", 'A', "192.168.50.9", false, MatchOutcome.No) { Protocol = "udp", SourcePort = 40000 },
        new("RuleByLowSourcePort", "ip rule add pref 100 sport 53 ipproto udp blackhole", 'A', "192.168.50.9", true, MatchOutcome.Yes) { Protocol = "udp", Reason = "caller's port" },
        new("RuleByTypeOfService", "ip rule add pref 100 tos 0x10 blackhole", 'A', Far, true, MatchOutcome.Yes) { Reason = "type of service" },
        new("RuleThatGoesOn", "ip rule add pref 150 prohibit; ip rule add pref 300 nop; ip rule add pref 100 goto 300", 'A', Far, true, MatchOutcome.Yes),
        new("RuleThatGoesToARefusal", "ip rule add pref 150 prohibit; ip rule add pref 100 goto 150", 'A', Far, false, MatchOutcome.No),
        new("RuleThatGoesNowhere", "ip rule add pref 100 goto 200", 'A', Far, true, MatchOutcome.Yes),
        new("DefaultRouteSuppressed", "ip rule add pref 100 lookup main suppress_prefixlength 0; ip rule add pref 110 prohibit", 'A', Far, false, MatchOutcome.No),
        new("LongerRouteNotSuppressed", "ip rule add pref 100 lookup main suppress_prefixlength 0; ip rule add pref 110 from 10.244.1.0/24 prohibit", 'A', "192.168.50.9", true, MatchOutcome.Yes),
        new("GroupSuppressed", "ip link set eth0 group 5; ip rule add pref 100 lookup main suppress_ifgroup 5; ip rule add pref 110 prohibit", 'A', Far, false, MatchOutcome.No),
        new("OtherGroupSuppressed", "ip link set eth0 group 5; ip rule add pref 100 lookup main suppress_ifgroup 6; ip rule add pref 110 prohibit", 'A', Far, true, MatchOutcome.Yes),
        new("RuleOfUserNought", "ip rule add pref 100 uidrange 0-0 to 203.0.113.9 prohibit", 'A', Far, false, MatchOutcome.No),
        new("RuleOfUsers", "ip rule add pref 100 uidrange 1000-2000 prohibit", 'A', Far, true, MatchOutcome.Yes),
        new("RuleByBoundInterface", "ip rule add pref 100 oif eth0 prohibit", 'A', Far, true, MatchOutcome.Yes),
        new("RuleOfAnInterface", "ip rule add pref 100 iif cni0 to 203.0.113.9 prohibit", 'A', Far, false, MatchOutcome.No),
        new("RuleOfDomainsWithoutAny", "ip rule add pref 100 l3mdev", 'A', Far, true, MatchOutcome.Yes),
        new("NotFromThePod", "ip rule add pref 100 not from 10.244.1.2 prohibit", 'A', Far, false, MatchOutcome.No),
        new("NotFromOthers", "ip rule add pref 100 not from 0.0.0.0/0 prohibit", 'A', Far, true, MatchOutcome.Yes),
        new("Throw", "ip route replace throw default; ip route del default via 192.168.50.9 2>/dev/null; true", 'A', Far, false, MatchOutcome.No),
        new("Unreachable", "ip route add unreachable 203.0.113.9", 'A', Far, false, MatchOutcome.No),
        new("Prohibit", "ip route add prohibit 203.0.113.0/24", 'A', Far, false, MatchOutcome.No),
        new("BlackholeNotMoreSpecific", "ip route add blackhole 203.0.113.0/24; ip route add 203.0.113.9 via 192.168.50.9", 'A', Far, true, MatchOutcome.Yes),
        new("RouteOfATypeOfService", "ip route add 203.0.113.9 tos 0x10 via 192.168.50.77", 'A', Far, true, MatchOutcome.Yes),
        new("NexthopObject", "ip nexthop add id 5 via 192.168.50.9 dev eth0; ip route replace default nhid 5", 'A', Far, true, MatchOutcome.Yes),
        new("NexthopObjectBlackhole", "ip nexthop add id 6 blackhole; ip route add 203.0.113.9 nhid 6", 'A', Far, false, MatchOutcome.No),
        new("SeveralNextHops", "ip addr add 192.168.50.2/24 dev eth0; nsenter -t $X -n ip addr add 192.168.50.8/24 dev eth0; ip route replace default nexthop via 192.168.50.9 nexthop via 192.168.50.8", 'A', Far, true, MatchOutcome.Yes),
        new("SourceSpecific", "ip -6 route del default; ip -6 route add 2001:db8:9::/64 from fd00:244::2/128 via fd00:50::9 dev eth0", 'A', Far6, true, MatchOutcome.Yes),
        new("SourceSpecificOfAnother", "ip -6 route del default; ip -6 route add 2001:db8:9::/64 from fd00:244::3/128 via fd00:50::9 dev eth0", 'A', Far6, false, MatchOutcome.No),
    ];

    private static readonly Ground[] Lengths =
    [
        new("FitsTheUplink", "ip link set eth0 mtu 1320", 'A', Far, true, MatchOutcome.Yes),
        new("TooLongAndTold", "ip link set eth0 mtu 1320", 'A', Far, true, MatchOutcome.Unknown) { Length = 1500, Reason = "the sender is told" },
        new("TooLongAndNotTold", "ip link set eth0 mtu 1320; iptables-legacy -I OUTPUT -p icmp --icmp-type fragmentation-needed -j DROP", 'A', Far, false, MatchOutcome.No) { Length = 1500, Reason = "black hole" },
        new("RouteTooSmall", "ip route replace default via 192.168.50.9 mtu 1300", 'A', Far, true, MatchOutcome.Unknown) { Length = 1400, Reason = "MTU 1300" },
        new("RouteTooSmallLocked", "ip route replace default via 192.168.50.9 mtu lock 1300; iptables-legacy -I OUTPUT -p icmp -j DROP", 'A', Far, false, MatchOutcome.No) { Length = 1500, Reason = "MTU 1300" },
        new("InFragments", "ip link set eth0 mtu 1320", 'A', "192.168.50.9", true, MatchOutcome.Yes) { Length = 1500, Protocol = "udp", DontFragment = false },
        new("TooLongAndToldIPv6", "ip link set eth0 mtu 1320", 'A', Far6, true, MatchOutcome.Unknown) { Length = 1500, Reason = "the sender is told" },
        new("TooLongAndNotToldIPv6", "ip link set eth0 mtu 1320; ip6tables-legacy -I OUTPUT -p icmpv6 --icmpv6-type packet-too-big -j DROP", 'A', Far6, false, MatchOutcome.No) { Length = 1500, Reason = "black hole" },
        new("BridgedDatagramTooLong", "ip link set veth3 mtu 1320", 'A', "10.244.1.3", false, MatchOutcome.No) { Length = 1500, Protocol = "udp", DontFragment = true, Reason = "nobody is told" },
        new("BridgedDatagramThatFits", "ip link set veth3 mtu 1320", 'A', "10.244.1.3", true, MatchOutcome.Yes) { Length = 1320, Protocol = "udp", DontFragment = true },
    ];

    public static TheoryData<string> Names => [.. LinkGrounds.Concat(Routing).Concat(Lengths).Select(g => g.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_walk_says_what_traffic_does(string name)
    {
        var ground = LinkGrounds.Concat(Routing).Concat(Lengths).Single(g => g.Name == name);
        using var node = new GroundNode();
        node.Shell(ground.Script);
        bool v6 = ground.To.Contains(':', StringComparison.Ordinal);
        int size = ground.Length == 0 ? 16 : ground.Protocol == "tcp" ? 20000 : ground.Length - (v6 ? 48 : 28);
        bool Once(TimeSpan? wait = null) => node.Call(ground.From, ground.To, ground.Protocol, size, ground.SourcePort, wait);
        bool before = Once() || (ground.Works && Once(TimeSpan.FromSeconds(4)));
        if (!before)
        {
            // A neighbour that does not answer is asked three times, a second apart.
            Thread.Sleep(2500);
        }

        Check(ground, node.Live, "live");
        Check(ground, node.Snapshot(), "snapshot");
        bool after = Once() || (ground.Works && Once(TimeSpan.FromSeconds(4)));
        Assert.Equal((ground.Works, ground.Works), (before, after));
    }

    private void Check(Ground ground, INode node, string way)
    {
        bool v6 = ground.To.Contains(':', StringComparison.Ordinal);
        var rules = node.Rulesets.Read(new RulesetQuery { Family = v6 ? IPFamily.IPv6 : IPFamily.IPv4, OnProblem = p => Assert.Fail(p.Message) }, CancellationToken.None)!;
        var walk = PacketWalk.Create(rules, node.Links, node.Sysctls, warning => Assert.Fail(warning));
        string source = (ground.From, v6) switch { ('A', false) => "10.244.1.2", ('A', true) => "fd00:244::2", ('X', false) => "192.168.50.9", _ => "fd00:50::9" };
        var result = walk.Walk(
            new Packet
            {
                Source = IPAddress.Parse(source), Destination = IPAddress.Parse(ground.To), Protocol = ground.Protocol, DestinationPort = 8080,
                SourcePort = ground.SourcePort == 0 ? null : ground.SourcePort, Length = ground.Length == 0 ? null : ground.Length, DontFragment = ground.DontFragment,
                State = ground.Length == 0 || ground.Protocol != "tcp" ? ConnectionState.None : ConnectionState.Established,
            },
            new WalkOptions { Reply = true });
        string text = string.Join("\n", result.Branches.Select(b => $"{way} {b.Works} {b.Fate}: {b.Reason} [{string.Join("; ", b.Assumptions)}]"));
        output.WriteLine(text);
        Assert.Equal((ground.Says, way), (result.Works, way));
        Assert.Contains(ground.Reason, text, StringComparison.Ordinal);
    }
}
