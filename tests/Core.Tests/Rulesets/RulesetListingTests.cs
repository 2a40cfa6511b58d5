using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Reading;

namespace K8sNetfilter.Tests.Rulesets;

/// <summary>The output of iptables -S names no table: its built-in chains do, or the command in front of it.</summary>
public sealed class RulesetListingTests
{
    private const string Filter = "-P INPUT ACCEPT\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n-N MINE\n-A FORWARD -j MINE\n";
    private const string Nat = "-P PREROUTING ACCEPT\n-P INPUT ACCEPT\n-P OUTPUT ACCEPT\n-P POSTROUTING ACCEPT\n-N KUBE-SERVICES\n-A PREROUTING -j KUBE-SERVICES\n";
    private const string Mangle = "-P PREROUTING ACCEPT\n-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n-P POSTROUTING ACCEPT\n";
    private const string Raw = "-P PREROUTING ACCEPT\n-P OUTPUT ACCEPT\n-A PREROUTING -j NOTRACK\n";

    private static Ruleset Read(string text) => RulesetParser.Parse(text, new RulesetParserOptions { Source = "dump.txt" });

    [Theory]
    [InlineData(Filter, "filter")]
    [InlineData(Nat, "nat")]
    [InlineData(Mangle, "mangle")]
    [InlineData(Raw, "raw")]
    [InlineData("-P PREROUTING ACCEPT\n-P INPUT ACCEPT\n-P POSTROUTING ACCEPT\n-P OUTPUT ACCEPT\n-A POSTROUTING -j MASQUERADE\n", "nat")]
    [InlineData("-P PREROUTING ACCEPT\n-P POSTROUTING ACCEPT\n-P OUTPUT ACCEPT\n", "nat")]
    [InlineData("-P FORWARD DROP\n-A FORWARD -j ACCEPT\n", "filter")]
    [InlineData("-P POSTROUTING ACCEPT\n-A POSTROUTING -j ACCEPT\n", "unknown")]
    [InlineData("-N KUBE-SERVICES\n-A KUBE-SERVICES -j ACCEPT\n", "unknown")]
    public void The_built_in_chains_tell_the_table(string text, string table)
    {
        var ruleset = Read(text);
        Assert.Equal(table, Assert.Single(ruleset.Tables).Name);
        Assert.Equal(table == "unknown", ruleset.Problems.Count > 0);
        Assert.Equal(table == "unknown", ruleset.Gaps.Count > 0);
        Assert.Null(ruleset.Tables[0].Fault);
        Assert.Equal(text.Split('\n').Count(l => l.StartsWith("-A", StringComparison.Ordinal)), ruleset.Tables[0].RuleCount);
    }

    [Theory]
    [InlineData(Filter + Nat, "filter,nat")]
    [InlineData(Nat + Filter, "nat,filter")]
    [InlineData(Raw + Mangle + Nat + Filter, "raw,mangle,nat,filter")]
    [InlineData("-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n" + Nat, "filter,nat")]
    [InlineData("-P PREROUTING ACCEPT\n-P OUTPUT ACCEPT\n" + Filter, "raw,filter")]
    public void Several_listings_in_one_text_are_told_apart(string text, string tables)
    {
        var ruleset = Read(text);
        Assert.Empty(ruleset.Problems);
        Assert.Equal(tables, string.Join(',', ruleset.Tables.Select(t => t.Name)));
        var forward = ruleset.FindTable("filter", IPFamily.IPv4)!.FindChain("FORWARD")!;
        Assert.Equal(text.Contains("MINE", StringComparison.Ordinal) ? "DROP" : "ACCEPT", forward.Policy);
    }

    [Fact]
    public void The_command_in_front_tells_table_backend_and_family()
    {
        var ruleset = Read("root@node:~# ip6tables-legacy -t security -S\n" + Filter + "root@node:~# iptables-nft -t nat -S KUBE-X\n-N KUBE-X\n-A KUBE-X -j ACCEPT\n[root@node ~]# exit\n");
        Assert.Empty(ruleset.Problems);
        Assert.Equal(
            [("security", NetfilterBackend.Legacy, IPFamily.IPv6), ("nat", NetfilterBackend.Nft, IPFamily.IPv4)],
            ruleset.Tables.Select(t => (t.Name, t.Backend!.Value, t.Family)));
        Assert.All(ruleset.Tables, t => Assert.Null(t.Fault));
    }

    [Fact]
    public void A_line_that_is_neither_a_rule_nor_a_prompt_taints_a_listing()
    {
        var table = Assert.Single(Read(Filter + "cluster IP\" -j KUBE-SVC\n").Tables);
        Assert.Contains("dump.txt:6", table.Fault, StringComparison.Ordinal);
    }
}
