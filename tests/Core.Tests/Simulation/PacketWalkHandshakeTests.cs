using System.Net;
using K8sNetfilter.Addressing;
using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation;

namespace K8sNetfilter.Tests.Simulation;

/// <summary>The third packet of a TCP handshake, which is what it takes for a connection: connection tracking may have seen only half of it.</summary>
public sealed class PacketWalkHandshakeTests
{
    private const string DropInvalid = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A FORWARD -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n";

    private static WalkResult Walk(string raw, string filter, string protocol = "tcp", ConnectionState state = ConnectionState.None, int? flags = null)
    {
        var rules = RulesetParser.Parse($"*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{raw}\nCOMMIT\n{filter}");
        var packet = WalkNode.Tcp("10.244.0.2", "203.0.113.9", 80, "veth-a") with { Protocol = protocol, State = state, TcpFlags = flags };
        return new PacketWalk(rules, new WalkNode().Network()).Walk(packet, new WalkOptions { Reply = true, KeepSteps = true, JoinEnds = true });
    }

    [Theory]
    [InlineData("-A PREROUTING -i eth0 -j CT --notrack", "tcp", MatchOutcome.No)]
    [InlineData("-A PREROUTING -i eth0 -j CT --notrack", "udp", MatchOutcome.Yes)]
    [InlineData("-A PREROUTING -i cni0 -j CT --notrack", "tcp", MatchOutcome.No)]
    [InlineData("-A PREROUTING -i cni0 -j CT --notrack", "udp", MatchOutcome.Yes)]
    [InlineData("-A PREROUTING -j CT --notrack", "tcp", MatchOutcome.Yes)]
    [InlineData("-A PREROUTING -p udp -j CT --notrack", "tcp", MatchOutcome.Yes)]
    public void What_is_tracked_in_one_direction_only_is_invalid(string raw, string protocol, MatchOutcome works) =>
        Assert.Equal(works, Walk(raw, DropInvalid, protocol).Works);

    [Fact]
    public void The_acknowledgement_is_what_the_reason_names()
    {
        var branch = Assert.Single(Walk("-A PREROUTING -i eth0 -j CT --notrack", DropInvalid).Branches);
        Assert.Contains("the third packet of the handshake (INVALID) does not: dropped by rule 1 of filter FORWARD", branch.Reason, StringComparison.Ordinal);
        Assert.Equal(MatchOutcome.Yes, Walk("-A PREROUTING -i eth0 -j CT --notrack", "").Works);
    }

    /// <summary>Rules that let the first packet of each side through, and not what follows.</summary>
    [Theory]
    [InlineData("-A FORWARD -p tcp --syn -j ACCEPT\n-A FORWARD -p tcp --tcp-flags SYN,ACK SYN,ACK -j ACCEPT", MatchOutcome.No)]
    [InlineData("-A FORWARD -m conntrack --ctstate NEW -j ACCEPT\n-A FORWARD -i eth0 -m conntrack --ctstate ESTABLISHED -j ACCEPT", MatchOutcome.No)]
    [InlineData("-A FORWARD -m conntrack --ctstate NEW -j ACCEPT\n-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT", MatchOutcome.Yes)]
    [InlineData("-A FORWARD -m conntrack ! --ctstate INVALID -j ACCEPT", MatchOutcome.Yes)]
    public void A_later_packet_meets_the_rules_as_such(string rules, MatchOutcome works) =>
        Assert.Equal(works, Walk("", $"*filter\n:FORWARD DROP [0:0]\n{rules}\nCOMMIT\n").Works);

    /// <summary>Rules that let a connection come about, and keep what is sent over it.</summary>
    [Theory]
    [InlineData("-P FORWARD ACCEPT\n-A FORWARD -p tcp -m tcp --tcp-flags PSH PSH -j DROP", MatchOutcome.No, "a packet with data of the call (ESTABLISHED, PSH and ACK) does not: dropped by rule 1 of filter FORWARD")]
    [InlineData("-P FORWARD ACCEPT\n-A FORWARD -p tcp -m tcp --sport 80 --tcp-flags PSH,ACK PSH,ACK -j DROP", MatchOutcome.No, "a packet with data of the answer (ESTABLISHED, PSH and ACK) does not: dropped by rule 1 of filter FORWARD")]
    [InlineData("-P FORWARD DROP\n-A FORWARD -p tcp -m tcp ! --tcp-flags PSH PSH -j ACCEPT", MatchOutcome.No, "dropped by the policy of filter FORWARD")]
    [InlineData("-P FORWARD ACCEPT\n-A FORWARD -p tcp -m tcp --tcp-flags PSH,ACK PSH -j DROP", MatchOutcome.Yes, "was called")]
    [InlineData("-P FORWARD DROP\n-A FORWARD -p tcp -m tcp --tcp-flags PSH PSH -j ACCEPT\n-A FORWARD -p tcp -j ACCEPT", MatchOutcome.Yes, "was called")]
    public void Data_meets_the_rules_as_such(string rules, MatchOutcome works, string reason)
    {
        string text = rules.Replace("-P FORWARD ", ":FORWARD ", StringComparison.Ordinal);
        var branch = Assert.Single(Walk("", $"*filter\n{text}\nCOMMIT\n").Branches);
        Assert.Equal(works, branch.Works);
        Assert.Contains(reason, branch.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-A FORWARD -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j DROP", false)]
    [InlineData("-A FORWARD -p tcp -m tcp --dport 80 -j DROP", false)]
    [InlineData("-A FORWARD -p tcp -m tcp --tcp-flags PSH,ACK PSH -j DROP", true)]
    [InlineData("-A FORWARD -p tcp -m length --length 100:65535 -j DROP", true)]
    public void Data_is_followed_where_rules_can_tell_it(string rule, bool isTold) =>
        Assert.Equal(isTold, new WalkNode().Walk($"{WalkNode.ServiceRules}\n*filter\n:FORWARD ACCEPT [0:0]\n{rule}\nCOMMIT\n").TellsData(IPFamily.IPv4));

    [Fact]
    public void A_rule_that_may_meet_several_packets_of_a_connection_fails_it_once_and_is_said_once()
    {
        var branches = Walk("", "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -p tcp -m cpu --cpu 1 -m time --timestart 10:00:00 -j DROP\nCOMMIT\n").Branches;
        Assert.Equal([MatchOutcome.No, MatchOutcome.Yes], branches.Select(b => b.Works).Order());
        string[][] assumed = [.. branches.Select(b => b.Assumptions.ToArray())];
        Assert.All(assumed, texts => Assert.Single(texts, t => t.StartsWith("rule 1 of filter FORWARD", StringComparison.Ordinal)));

        // Of two rules each is a case of its own.
        branches = Walk("", "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -p tcp -m cpu --cpu 1 -j DROP\n-A FORWARD -p tcp -m time --timestart 10:00:00 -j DROP\nCOMMIT\n").Branches;
        Assert.Equal([MatchOutcome.No, MatchOutcome.No, MatchOutcome.Yes], branches.Select(b => b.Works).Order());
    }

    [Fact]
    public void What_is_decided_comes_first_and_of_that_what_is_most_probable()
    {
        var branches = Walk("", "*filter\n:FORWARD ACCEPT [0:0]\n:OPEN - [0:0]\n-A FORWARD -p tcp -m tcp --dport 80 -m set --match-set x dst -j OPEN\n"
            + "-A FORWARD -p tcp -m tcp --dport 80 -m statistic --mode random --probability 0.1 -j DROP\n-A OPEN -d\nCOMMIT\n").Branches;
        Assert.Equal([(0.81, MatchOutcome.Yes), (0.19, MatchOutcome.No), (1.0, MatchOutcome.Unknown)], branches.Select(b => (b.Probability ?? 0, b.Works)));
    }

    [Fact]
    public void Rules_that_keep_only_first_or_invalid_packets_need_no_third_walk()
    {
        Assert.False(new WalkNode().Walk(WalkNode.ServiceRules + "\n" + DropInvalid).MayStopLater(IPFamily.IPv4));
        Assert.False(new WalkNode().Walk("*filter\n:FORWARD ACCEPT [0:0]\n:KUBE-SERVICES - [0:0]\n-A FORWARD -m conntrack --ctstate NEW -j KUBE-SERVICES\n-A KUBE-SERVICES -d 10.96.0.1 -j REJECT\n-A FORWARD -s 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED -j DROP\nCOMMIT\n").MayStopLater(IPFamily.IPv4));
        Assert.True(new WalkNode().Walk("*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -d 10.96.0.1 -j REJECT\nCOMMIT\n").MayStopLater(IPFamily.IPv4));
        Assert.True(new WalkNode().Walk("*filter\n:FORWARD DROP [0:0]\nCOMMIT\n").MayStopLater(IPFamily.IPv4));
    }

    /// <summary>A state that was given holds for the packet, and no handshake is made of it.</summary>
    [Theory]
    [InlineData(ConnectionState.Invalid, null, MatchOutcome.No)]
    [InlineData(ConnectionState.Established, null, MatchOutcome.Yes)]
    [InlineData(ConnectionState.New, null, MatchOutcome.Yes)]
    [InlineData(ConnectionState.New, 0x01, MatchOutcome.Yes)]
    public void The_state_that_is_given_holds(ConnectionState state, int? flags, MatchOutcome works) =>
        Assert.Equal(works, Walk("", DropInvalid, state: state, flags: flags).Works);

    [Fact]
    public void Where_the_tracked_connections_are_not_known_it_is_named()
    {
        var branch = Assert.Single(new WalkNode().Walk().Walk(WalkNode.Tcp("10.244.0.2", "10.96.0.10", 80, "veth-a"), new WalkOptions { Reply = true, AreEntriesUnknown = true }).Branches);
        Assert.Equal("no connection with the packet's addresses and ports is tracked already", Assert.Single(branch.Assumptions));
    }

    [Fact]
    public void A_tracked_connection_is_followed_and_not_the_rules()
    {
        var walk = new WalkNode().Walk(WalkNode.ServiceRules.Replace("-p tcp -m tcp", "-p udp -m udp", StringComparison.Ordinal));
        var packet = WalkNode.Tcp("10.244.0.2", "10.96.0.10", 80, "veth-a") with { Protocol = "udp" };
        WalkEntry Entry(bool hasAnswer, string endpoint, int port) => new(
            17, new WalkTuple(true, WalkNode.Bits("10.244.0.2"), WalkNode.Bits("10.96.0.10"), 40000, 80),
            new WalkTuple(true, WalkNode.Bits(endpoint), WalkNode.Bits("10.244.0.2"), port, 40000), hasAnswer, false, default, 0, "udp ...") { Remedy = "remove it" };
        WalkBranch By(WalkEntry entry, string protocol = "udp") => Assert.Single(walk.Walk(packet with { Protocol = protocol }, new WalkOptions { Reply = true, Entries = [entry] }).Branches);

        // From a time without endpoints: it leaves as it is, whatever the rules say now.
        var hole = By(Entry(false, "10.96.0.10", 80));
        Assert.Equal((MatchOutcome.No, "10.96.0.10"), (hole.Works, hole.Request!.Destination));
        Assert.Contains("which would lead it to 10.244.0.3:8080", hole.Reason, StringComparison.Ordinal);
        Assert.EndsWith("remove it", hole.Reason, StringComparison.Ordinal);

        // Another endpoint that has answered, and one of now.
        var other = By(Entry(true, "10.244.0.9", 8080));
        Assert.Equal((MatchOutcome.Yes, "10.244.0.9"), (other.Works, other.Request!.Destination));
        Assert.Contains("and not the rules", other.Reason, StringComparison.Ordinal);
        var same = By(Entry(false, "10.244.0.3", 8080));
        Assert.Equal((MatchOutcome.Yes, "10.244.0.3"), (same.Works, same.Request!.Destination));
        Assert.DoesNotContain("follows", same.Reason, StringComparison.Ordinal);

        // Of another port, zone or protocol.
        Assert.Equal("10.244.0.3", By(Entry(false, "10.96.0.10", 80) with { Zone = WalkZone.Of(7, true, true) }).Request!.Destination);
        Assert.Equal("10.244.0.3", By(Entry(false, "10.96.0.10", 80) with { Protocol = 6 }).Request!.Destination);
    }
}
