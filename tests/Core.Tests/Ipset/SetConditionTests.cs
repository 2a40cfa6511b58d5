using K8sNetfilter.Ipset;
using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Simulation;
using K8sNetfilter.Tests.Nodes;
using K8sNetfilter.Tests.Simulation;

namespace K8sNetfilter.Tests.Ipset;

/// <summary>Rules that look into sets, in a walk.</summary>
public sealed class SetConditionTests
{
    private const string Blocked = "create blocked hash:net family inet hashsize 1024 maxelem 65536\nadd blocked 10.0.0.0/8\nadd blocked 10.9.0.0/16 nomatch";
    private const string Timed = "create blocked hash:ip family inet hashsize 1024 maxelem 65536 timeout 60\nadd blocked 10.1.2.3 timeout 20";
    private const string Rule = "-A FORWARD -m set --match-set blocked src -j LOG";

    private static TraceStep Step(string rules, string? sets, string source = "10.1.2.3", string[]? matchSets = null)
    {
        var network = new WalkNode().Network();
        network.Sets = new NodeIpsets(new PlainIpsets(sets), CancellationToken.None);
        var walk = new PacketWalk(RulesetParser.Parse("*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"
            + rules + "\nCOMMIT\n"), network);
        var options = new WalkOptions { KeepSteps = true, AllSteps = true, OutInterface = "eth1", MatchSets = matchSets ?? [] };
        return walk.Walk(WalkNode.Tcp(source, "192.0.2.9", 80, "eth0"), options).Steps.First(s => s.Chain == "FORWARD"
            && s.RuleNumber == 1);
    }

    [Theory]
    [InlineData("10.1.2.3", MatchOutcome.Yes)]
    [InlineData("10.9.2.3", MatchOutcome.No)]
    [InlineData("11.1.2.3", MatchOutcome.No)]
    public void The_sets_elements_decide(string source, MatchOutcome expected) =>
        Assert.Equal(expected, Step(Rule, Blocked, source).Outcome);

    [Fact]
    public void A_dump_without_sets_names_the_file()
    {
        var step = Step(Rule, null);
        Assert.Equal(MatchOutcome.Unknown, step.Outcome);
        Assert.Contains("what the set blocked holds is not known (ipset.txt, \"ipset save\")", step.Reason, StringComparison.Ordinal);
        step = Step(Rule, "create other hash:ip family inet");
        Assert.Equal(MatchOutcome.Unknown, step.Outcome);
        Assert.Contains("the set blocked is not among the sets that were read", step.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void The_users_word_settles_only_what_is_open()
    {
        Assert.Equal(MatchOutcome.Yes, Step(Rule, null, matchSets: ["blocked"]).Outcome);
        Assert.Equal(MatchOutcome.No, Step(Rule, Blocked, "11.1.2.3", ["blocked"]).Outcome);
    }

    [Theory]
    [InlineData("--add-set blocked src", Blocked, "10.1.2.3", MatchOutcome.Yes)]
    [InlineData("--add-set blocked src", Blocked, "11.1.2.3", MatchOutcome.Unknown)]
    [InlineData("--add-set blocked src", Blocked, "10.9.2.3", MatchOutcome.Unknown)]
    [InlineData("--del-set blocked src", Blocked, "10.1.2.3", MatchOutcome.Unknown)]
    [InlineData("--del-set blocked src", Timed, "11.1.2.3", MatchOutcome.No)]
    [InlineData("--add-set blocked src --timeout 5 --exist", Timed, "10.1.2.3", MatchOutcome.Unknown)]
    [InlineData("--add-set other src", Blocked, "11.1.2.3", MatchOutcome.No)]
    [InlineData("--add-set all src", Blocked + "\ncreate all list:set size 8\nadd all blocked", "11.1.2.3", MatchOutcome.Unknown)]
    public void A_rule_that_changes_a_set_leaves_it_open(string target, string sets, string source, MatchOutcome expected)
    {
        var step = Step($"{Rule}\n-A OUTPUT -j SET {target}", sets, source);
        Assert.Equal(expected, step.Outcome);
        Assert.Equal(expected == MatchOutcome.Unknown,
            step.Reason.Contains("rules change what the set blocked holds", StringComparison.Ordinal));
    }

    [Fact]
    public void An_element_that_may_expire_matches_at_the_time_of_reading() => Assert.Equal(MatchOutcome.Yes, Step(Rule, Timed).Outcome);

    [Fact]
    public void An_option_that_is_not_known_leaves_it_open() =>
        Assert.Equal(MatchOutcome.Unknown, Step("-A FORWARD -m set --match-set blocked src,what -j LOG", Blocked).Outcome);
}
