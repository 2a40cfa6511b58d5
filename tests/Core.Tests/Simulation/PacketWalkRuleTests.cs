using System.Globalization;
using System.Net;
using System.Text;
using K8sNetfilter.Addressing;
using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Simulation;

namespace K8sNetfilter.Tests.Simulation;

/// <summary>What rules do to a packet where the data decides it, and what the walk does where it does not.</summary>
public sealed class PacketWalkRuleTests
{
    private static readonly WalkOptions Steps = new() { KeepSteps = true, OutInterface = "eth1" };

    private static PacketWalk Filter(string rules, string chains = "", string policy = "ACCEPT") => PacketWalk.Create(RulesetParser.Parse(
        $"*filter\n:INPUT ACCEPT [0:0]\n:FORWARD {policy} [0:0]\n:OUTPUT ACCEPT [0:0]\n{chains}{rules}\nCOMMIT\n"));

    private static PacketWalk Mangle(string rules) => PacketWalk.Create(RulesetParser.Parse(
        $"*mangle\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n{rules}\nCOMMIT\n"));

    private static readonly Packet Syn = WalkNode.Tcp("10.0.0.1", "10.0.0.2", 80, "eth0");

    [Fact]
    public void A_goto_returns_to_the_caller_of_the_chain_that_it_left()
    {
        var walk = Filter("-A FORWARD -j A\n-A FORWARD -j DROP\n-A A -g B\n-A A -j ACCEPT\n-A B -j C\n-A B -j RETURN\n-A C -j LOG", ":A - [0:0]\n:B - [0:0]\n:C - [0:0]\n");
        var result = walk.Walk(Syn, Steps);
        Assert.Equal(
            ["FORWARD 1", "A 1", "B 1", "C 1", "B 2", "FORWARD 2"],
            result.Steps.Where(s => s.RuleNumber is not null).Select(s => $"{s.Chain} {s.RuleNumber}"));
        Assert.Equal(PacketFate.Dropped, Assert.Single(result.Branches).Fate);
    }

    [Fact]
    public void A_goto_from_a_base_chain_ends_at_its_policy()
    {
        var walk = Filter("-A FORWARD -g A\n-A FORWARD -j ACCEPT\n-A A -j LOG", ":A - [0:0]\n", "DROP");
        Assert.Equal("dropped by the policy of filter FORWARD", Assert.Single(walk.Walk(Syn, Steps).Branches).Reason);
    }

    [Fact]
    public void Branches_that_become_the_same_join_and_their_chances_add_up()
    {
        var rules = new StringBuilder();
        for (int i = 0; i < 40; i++)
        {
            rules.Append(CultureInfo.InvariantCulture, $"-A FORWARD -m set --match-set s{i} src -j A\n-A FORWARD -m statistic --mode random --probability 0.5 -j A\n");
        }

        var walk = Filter(rules + "-A A -p udp -j DROP", ":A - [0:0]\n");
        var branch = Assert.Single(walk.Walk(Syn, new WalkOptions { OutInterface = "eth1" }).Branches);
        Assert.Equal(1.0, branch.Probability);
        Assert.Empty(branch.Assumptions);
    }

    [Fact]
    public void The_same_question_is_answered_once()
    {
        var walk = Filter("-A FORWARD -m set --match-set s src -j A\n-A FORWARD -m set ! --match-set s src -j ACCEPT\n-A FORWARD -j DROP\n-A A -j MARK --set-xmark 0x1/0x1", ":A - [0:0]\n");
        var branches = walk.Walk(Syn, new WalkOptions { OutInterface = "eth1" }).Branches;
        Assert.Equal(2, branches.Count);
        Assert.Equal(PacketFate.Dropped, branches.Single(b => b.Packet.Mark == 1).Fate);
        Assert.Equal(PacketFate.Sent, branches.Single(b => b.Packet.Mark == 0).Fate);
    }

    [Fact]
    public void More_branches_than_allowed_end_as_unknown_not_as_a_guess()
    {
        var rules = new StringBuilder();
        for (int i = 0; i < 12; i++)
        {
            rules.Append(CultureInfo.InvariantCulture, $"-A FORWARD -m set --match-set s{i} src -j MARK --set-xmark 0x{1 << i:x}/0x{1 << i:x}\n");
        }

        var branches = Filter(rules.ToString()).Walk(Syn, new WalkOptions { OutInterface = "eth1", MaxBranches = 16 }).Branches;
        Assert.Contains(branches, b => b.Fate == PacketFate.Unknown && b.Works == MatchOutcome.Unknown);
    }

    [Theory]
    [InlineData("-j MARK --set-xmark 0x10/0xff", 0x1234u, 0x1210u)]
    [InlineData("-j MARK --set-mark 0x10/0xf0", 0x1234u, 0x1214u)]
    [InlineData("-j MARK --and-mark 0xff", 0x1234u, 0x34u)]
    [InlineData("-j MARK --or-mark 0x1", 0x1234u, 0x1235u)]
    [InlineData("-j MARK --xor-mark 0x4", 0x1234u, 0x1230u)]
    [InlineData("-j MARK --set-xmark 0x4000/0x0", 0x4000u, 0u)]
    public void A_mark_target_computes_the_mark_that_the_kernel_computes(string target, uint before, uint after)
    {
        var branch = Assert.Single(Mangle("-A FORWARD " + target).Walk(Syn with { Mark = before }, Steps).Branches);
        Assert.Equal(after, branch.Packet.Mark);
    }

    [Fact]
    public void A_mark_that_is_shifted_on_its_way_is_not_taken_for_one_that_is_not()
    {
        var result = Mangle("-A FORWARD -j CONNMARK --set-xmark 0x1/0x1 --left-shift-mark 4").Walk(Syn, Steps);
        Assert.Contains(result.Steps, s => s.Outcome == MatchOutcome.Unknown && s.Reason.Contains("CONNMARK", StringComparison.Ordinal));
    }

    [Fact]
    public void A_mark_that_is_a_hash_is_unknown_only_in_the_bits_that_are()
    {
        var walk = Mangle("-A PREROUTING -j HMARK --hmark-tuple src --hmark-mod 10\n-A FORWARD -j MARK --set-xmark 0x1/0x1\n-A FORWARD -m mark --mark 0x1/0x1 -j ACCEPT\n-A FORWARD -m mark --mark 0x2/0x2 -j DROP");
        var result = walk.Walk(Syn, Steps);
        var asked = Assert.Single(result.Steps, s => s is { Chain: "FORWARD", RuleNumber: 2 });
        Assert.Equal(MatchOutcome.Yes, asked.Outcome);
        Assert.Null(asked.Packet.Mark);
    }

    [Theory]
    [InlineData("! -s 0.0.0.0/0", MatchOutcome.No)]
    [InlineData("-s 10.0.0.1/255.0.0.255", MatchOutcome.Yes)]
    [InlineData("-i + -o eth+", MatchOutcome.Yes)]
    [InlineData("! -i eth+", MatchOutcome.No)]
    [InlineData("-p 6", MatchOutcome.Yes)]
    [InlineData("-p tcp -m tcp --sport 1024:", MatchOutcome.Yes)]
    [InlineData("-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN", MatchOutcome.Yes)]
    [InlineData("-p tcp -m multiport ! --ports 80,443", MatchOutcome.No)]
    [InlineData("-m conntrack --ctstate ESTABLISHED,NEW", MatchOutcome.Yes)]
    [InlineData("-m conntrack ! --ctstate NEW", MatchOutcome.No)]
    [InlineData("-m connmark ! --mark 0x1", MatchOutcome.Yes)]
    [InlineData("-m owner --uid-owner 0", MatchOutcome.No)]
    [InlineData("-m owner ! --socket-exists", MatchOutcome.Yes)]
    [InlineData("-m recent --set --name x --rsource", MatchOutcome.Yes)]
    [InlineData("-m statistic --mode random --probability 1.0", MatchOutcome.Yes)]
    [InlineData("-m iprange --src-range 10.0.0.0-10.0.0.9", MatchOutcome.Yes)]
    [InlineData("-m recent --rcheck --name x --rsource", MatchOutcome.Unknown)]
    [InlineData("-m ttl --ttl-eq 64", MatchOutcome.Unknown)]
    [InlineData("-m length --length 0:65535", MatchOutcome.Yes)]
    [InlineData("-m fancy --option value", MatchOutcome.Unknown)]
    [InlineData("-m set --match-set a src,dst", MatchOutcome.Unknown)]
    [InlineData("-m addrtype --dst-type LOCAL", MatchOutcome.Unknown)]
    [InlineData("-s 10.9.9.9 -m set --match-set a src", MatchOutcome.No)]
    [InlineData("-m sctp --chunk-types any INIT --dport 81", MatchOutcome.No)]
    [InlineData("-m sctp --chunk-types any INIT --dport 80", MatchOutcome.Unknown)]
    [InlineData("-m conntrack --ctstate NEW --ctexpire 10", MatchOutcome.Unknown)]
    [InlineData("-m conntrack ! --ctstate NEW --ctexpire 10", MatchOutcome.No)]
    [InlineData("-m iprange --src-range fd00::1-fd00::2", MatchOutcome.Unknown)]
    [InlineData("-m mark --mark 0x3/0x1", MatchOutcome.No)]
    public void A_match_decides_as_the_kernel_does_and_says_why(string match, MatchOutcome outcome)
    {
        var step = Filter($"-A FORWARD {match} -j DROP").Walk(Syn, Steps with { AllSteps = true }).Steps.First(s => s.RuleNumber == 1);
        Assert.Equal(outcome, step.Outcome);
        Assert.False(string.IsNullOrWhiteSpace(step.Reason));
    }

    [Fact]
    public void Conntrack_is_invalid_before_it_is_asked_and_nat_leaves_untracked_packets_alone()
    {
        var walk = PacketWalk.Create(RulesetParser.Parse("""
            *raw
            :PREROUTING ACCEPT [0:0]
            :OUTPUT ACCEPT [0:0]
            -A PREROUTING -m conntrack --ctstate INVALID -j CT --notrack
            COMMIT
            *nat
            :PREROUTING ACCEPT [0:0]
            :INPUT ACCEPT [0:0]
            :OUTPUT ACCEPT [0:0]
            :POSTROUTING ACCEPT [0:0]
            -A PREROUTING -j DNAT --to-destination 10.0.0.9
            COMMIT
            """));
        var branch = Assert.Single(walk.Walk(Syn, Steps).Branches);
        Assert.Equal(ConnectionState.Untracked, branch.Packet.State);
        Assert.Equal("10.0.0.2", branch.Packet.Destination.ToString());
    }

    [Fact]
    public void An_established_connection_keeps_the_translation_of_its_first_packet_and_meets_no_nat_rule()
    {
        var walk = new WalkNode().Walk();
        var result = walk.Walk(WalkNode.Tcp("10.244.0.2", "10.96.0.10", 80, "veth-a") with { State = ConnectionState.Established }, new WalkOptions { KeepSteps = true });
        Assert.Equal("10.244.0.3", Assert.Single(result.Branches).Packet.Destination.ToString());
        Assert.DoesNotContain(result.Steps, s => s.Table == "nat" && s.RuleNumber is not null);
        Assert.Contains(result.Steps, s => s.Verdict == "ESTABLISHED");
    }

    [Fact]
    public void A_transparent_proxy_and_a_queue_fork_over_what_programs_do()
    {
        var proxied = Mangle("-A PREROUTING -p tcp -j TPROXY --on-port 15001 --on-ip 127.0.0.1 --tproxy-mark 0x1/0x1").Walk(Syn, Steps).Branches;
        Assert.Equal([PacketFate.Dropped, PacketFate.Sent], proxied.Select(b => b.Fate).OrderByDescending(f => f));
        Assert.Equal(1u, proxied.Single(b => b.Fate == PacketFate.Sent).Packet.Mark);
        var queued = Filter("-A FORWARD -j NFQUEUE --queue-num 1").Walk(Syn, Steps).Branches;
        Assert.Equal(2, queued.Count);
        Assert.All(queued, b => Assert.Single(b.Assumptions));
    }

    [Fact]
    public void A_range_of_addresses_gives_a_branch_each()
    {
        var walk = new WalkNode().Walk("*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n-A PREROUTING -j DNAT --to-destination 10.244.0.2-10.244.0.5\nCOMMIT\n");
        var branches = walk.Walk(WalkNode.Tcp("192.168.1.7", "192.168.1.10", 80, "eth0")).Branches;
        Assert.Equal(4, branches.Count);
        Assert.All(branches, b => Assert.Equal(0.25, b.Probability));
    }

    [Fact]
    public void A_ruleset_without_end_ends()
    {
        // No kernel loads a chain that calls itself; a dump can say so all the same.
        var loop = Filter("-A FORWARD -j A\n-A A -j A", ":A - [0:0]\n").Walk(Syn, Steps);
        Assert.Equal(PacketFate.Unknown, Assert.Single(loop.Branches).Fate);
        var rings = Filter("-A FORWARD -j A\n-A A -g A", ":A - [0:0]\n").Walk(Syn, new WalkOptions { OutInterface = "eth1", MaxRules = 10_000 });
        Assert.Equal(PacketFate.Unknown, Assert.Single(rings.Branches).Fate);
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => loop = Filter("-A FORWARD -j DROP").Walk(Syn, Steps, stop.Token));
    }

    [Fact]
    public void The_index_of_a_long_chain_changes_nothing()
    {
        var random = new Random(5);
        var rules = new StringBuilder();
        for (int i = 0; i < 400; i++)
        {
            string host = $"10.0.{random.Next(3)}.{random.Next(20)}";
            rules.Append(random.Next(9) switch
            {
                0 => $"-A FORWARD ! -d {host}/32 -p udp",
                1 => $"-A FORWARD -m comment --comment \"say -d 1.2.3.4/32 and --dport 1 \\\" here\" -d {host}/32",
                2 => "-A FORWARD -d 10.0.1.0/24",
                3 => $"-A FORWARD -p tcp -m comment --comment \" --dport 9 \" -m tcp --dport {random.Next(5) + 80}",
                4 => $"-A FORWARD -p tcp -m tcp ! --dport {random.Next(5) + 80}",
                5 => $"-A FORWARD -p tcp -m tcp --dport {random.Next(5) + 80}:90",
                6 => $"-A FORWARD -p udp -m udp --dport {random.Next(5) + 80}",
                _ => $"-A FORWARD -d {host}/32 -p tcp -m tcp --dport {random.Next(5) + 80}",
            }).Append(CultureInfo.InvariantCulture, $" -j {(random.Next(40) == 0 ? "DROP" : "MARK --xor-mark 0x" + (1 << random.Next(30)).ToString("x", CultureInfo.InvariantCulture))}\n");
        }

        var walk = Filter(rules.ToString());
        for (int i = 0; i < 400; i++)
        {
            var packet = WalkNode.Tcp("10.9.9.9", $"10.0.{random.Next(3)}.{random.Next(20)}", random.Next(7) + 79, "eth0") with
            {
                Protocol = random.Next(3) switch { 0 => "udp", 1 => "icmp", _ => "tcp" },
            };
            packet = random.Next(10) == 0 ? packet with { DestinationPort = null } : packet;
            var indexed = walk.Walk(packet, new WalkOptions { KeepSteps = true, OutInterface = "eth1", MaxBranches = 4 });
            var whole = walk.Walk(packet, new WalkOptions { KeepSteps = true, AllSteps = true, OutInterface = "eth1", MaxBranches = 4 });
            Assert.Equal(
                whole.Steps.Where(s => s.Outcome != MatchOutcome.No && s.Chain is "FORWARD").Select(s => (s.RuleNumber, s.Verdict, s.Packet.Mark)),
                indexed.Steps.Where(s => s.Chain is "FORWARD").Select(s => (s.RuleNumber, s.Verdict, s.Packet.Mark)));
        }
    }

    [Fact]
    public void IPv6_packets_walk_the_same_way()
    {
        var walk = PacketWalk.Create(RulesetParser.Parse("""
            *nat
            :PREROUTING ACCEPT [0:0]
            :INPUT ACCEPT [0:0]
            :OUTPUT ACCEPT [0:0]
            :POSTROUTING ACCEPT [0:0]
            -A PREROUTING -d fd00:10:96::a/128 -p tcp -m tcp --dport 80 -j DNAT --to-destination [fd00:10:244::3]:8080
            COMMIT
            """, new RulesetParserOptions { Family = IPFamily.IPv6 }));
        var branch = Assert.Single(walk.Walk(WalkNode.Tcp("fd00:10:244::2", "fd00:10:96::a", 80, "eth0"), new WalkOptions { OutInterface = "eth1", Reply = true }).Branches);
        Assert.Equal("tcp [fd00:10:244::2]:40000 -> [fd00:10:244::3]:8080", branch.Request!.ToString());
        Assert.Equal(MatchOutcome.Yes, branch.Works);
        Assert.Equal("fd00:10:96::a", branch.Packet.Source);
    }
}
