using System.Net;
using K8sNetfilter.Addressing;
using K8sNetfilter.IO;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Simulation;
using K8sNetfilter.Tests.KubeProxy;
using K8sNetfilter.Tests.Namespaces;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Rulesets;

/// <summary>Rules that nft(8) put into a table of iptables-nft.</summary>
public sealed class NativeRuleTests(ITestOutputHelper output)
{
    private static Ruleset Read(NetworkNamespace space, RulesetQuery? query = null) =>
        new LiveRulesetSource(KernelRoot.Live, space).Read(query ?? new RulesetQuery(), CancellationToken.None)!;

    [Theory]
    [InlineData("ip saddr { 1.2.3.4, 1.2.3.5 } drop")]
    [InlineData("ip saddr 1.2.3.4-1.2.3.9 drop")]
    [InlineData("tcp dport { 80, 443 } counter drop")]
    [InlineData("udp length 50 drop")]
    [InlineData("ip frag-off 5 drop")]
    [InlineData("meta l4proto { tcp, udp } drop")]
    public void A_rule_that_is_misprinted_is_told_of_and_marked(string rule)
    {
        using var space = Privilege.MakeNamespace();
        Restore.Do(space, NetfilterBackend.Nft, IPFamily.IPv4, "*filter\n-A FORWARD -s 10.0.0.0/8 -j ACCEPT\nCOMMIT\n");
        Tool.Run(space, "nft", ["add", "rule", "ip", "filter", "FORWARD", .. rule.Split(' ')]);
        var ruleset = Read(space);
        Assert.Empty(ruleset.Problems);
        Assert.StartsWith("IPv4: 1 rule of table filter is nft(8)'s own", Assert.Single(ruleset.Notices), StringComparison.Ordinal);
        Assert.Contains("rule 2 of FORWARD", ruleset.Notices[0], StringComparison.Ordinal);
        Assert.Equal([false, true], ruleset.FindTable("filter", IPFamily.IPv4)!.FindChain("FORWARD")!.GetRules().Select(r => r.IsUnread));

        // Told of as well where rules are handed on as they come.
        int count = 0;
        Assert.Single(Read(space, new RulesetQuery { OnRule = _ => count++ }).Notices);
        Assert.Equal(2, count);
    }

    [Theory]
    [InlineData("ip saddr 1.2.3.4 drop", true)]
    [InlineData("tcp dport 80-90 drop", true)]
    [InlineData("tcp flags & (syn|ack) == syn drop", true)]
    [InlineData("iifname lo accept", true)]
    [InlineData("meta mark and 0xf0 == 0x10 drop", true)]
    [InlineData("ct state new drop", false)]
    [InlineData("meta skuid 0 drop", false)]
    [InlineData("fib daddr type local drop", false)]
    public void A_rule_that_iptables_can_print_is_nothing_and_a_table_that_it_cannot_is_unread(string rule, bool isExpressible)
    {
        using var space = Privilege.MakeNamespace();
        Restore.Do(space, NetfilterBackend.Nft, IPFamily.IPv4, "*filter\n-A FORWARD -s 10.0.0.0/8 -j ACCEPT\nCOMMIT\n*nat\n-A POSTROUTING -j MASQUERADE\nCOMMIT\n");
        Tool.Run(space, "nft", ["add", "rule", "ip", "filter", "FORWARD", .. rule.Split(' ')]);
        var ruleset = Read(space);
        Assert.Equal(isExpressible, ruleset.Notices.Count == 0);
        Assert.Equal(isExpressible ? [] : ["filter"], ruleset.Unread.Select(u => u.Name).Where(n => n == "filter"));
        Assert.All(ruleset.Unread, u => Assert.Equal($"nft list table ip {u.Name}", u.Command));
    }

    [Theory]
    [InlineData(IPFamily.IPv4)]
    [InlineData(IPFamily.IPv6)]
    public void No_rule_that_iptables_made_is_taken_for_another(IPFamily family)
    {
        using var space = Privilege.MakeNamespace();
        Tool.Run(space, "ipset create net4 hash:net counters timeout 0");
        Tool.Run(space, "ipset create net6 hash:net family inet6 counters timeout 0");
        int loaded = ExtensionRule.All.Where(r => r.IsV6 == (family == IPFamily.IPv6)).Count(rule => Restore.Try(
            space, NetfilterBackend.Nft, family, $"*{rule.Table}\n{(rule.Table == "filter" ? ":USER - [0:0]\n" : "")}{rule.Line}\nCOMMIT\n") is null);
        string services = KubeProxyRuleset.Generate(20, isV6: family == IPFamily.IPv6);
        Restore.Do(space, NetfilterBackend.Nft, family, services);
        var ruleset = Read(space, new RulesetQuery { Family = family });
        Assert.Equal(loaded + services.Split('\n').Count(l => l.StartsWith("-A ", StringComparison.Ordinal)), ruleset.Tables.Sum(t => t.RuleCount));
        Assert.Empty(ruleset.Notices);
        Assert.Empty(ruleset.Unread);
        Assert.DoesNotContain(ruleset.Tables.SelectMany(t => t.Chains).SelectMany(c => c.GetRules()), r => r.IsUnread);
    }

    [Theory]
    [InlineData("ip saddr { 1.2.3.4, 1.2.3.5 } drop", true)]
    [InlineData("ct mark 7 drop", true)]
    [InlineData("ip saddr 1.2.3.4 drop", false)]
    public void The_walk_does_not_decide_what_such_a_rule_does(string rule, bool isOpen)
    {
        using var space = Privilege.MakeNamespace();
        Restore.Do(space, NetfilterBackend.Nft, IPFamily.IPv4, "*filter\n-A INPUT -p udp -j ACCEPT\nCOMMIT\n");
        Tool.Run(space, "ip link set lo up");
        Tool.Run(space, "nft", ["add", "rule", "ip", "filter", "INPUT", .. rule.Split(' ')]);
        var node = new LiveNode(KernelRoot.Live, space);
        var walk = PacketWalk.Create(Read(space), node.Links, node.Sysctls, _ => { });
        var result = walk.Walk(new Packet { Source = IPAddress.Loopback, Destination = IPAddress.Loopback, SourcePort = 4000, DestinationPort = 80, InInterface = "" }, new WalkOptions { KeepSteps = true, AllSteps = true });
        output.WriteLine(string.Join('\n', result.Steps.Select(s => $"{s.Table} {s.Chain} {s.RuleNumber} {s.Outcome} {s.Reason} {s.Verdict}")));
        output.WriteLine(string.Join('\n', result.Branches.Select(b => $"{b.Fate} {b.Works} {b.Reason}")));
        Assert.Equal(isOpen, result.Branches.Count > 1 || result.Branches[0].Fate == PacketFate.Unknown);
        Assert.Equal(isOpen, result.Steps.Any(s => s.Reason?.Contains("nft list", StringComparison.Ordinal) == true));
    }
}
