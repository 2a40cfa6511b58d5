using K8sNetfilter.Addressing;
using K8sNetfilter.IO;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Tests.KubeProxy;
using K8sNetfilter.Tests.Namespaces;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Rulesets;

public sealed class LiveRulesetTests(ITestOutputHelper output)
{
    public static TheoryData<NetfilterBackend, IPFamily> Kinds { get; } = new()
    {
        { NetfilterBackend.Legacy, IPFamily.IPv4 },
        { NetfilterBackend.Legacy, IPFamily.IPv6 },
        { NetfilterBackend.Nft, IPFamily.IPv4 },
        { NetfilterBackend.Nft, IPFamily.IPv6 },
    };

    private static Ruleset Read(NetworkNamespace space, RulesetQuery? query = null) =>
        new LiveRulesetSource(KernelRoot.Live, space).Read(query ?? new RulesetQuery(), CancellationToken.None)!;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_extension_that_this_kernel_takes_is_read_and_written_as_iptables_save_prints_it(NetfilterBackend backend, IPFamily family)
    {
        using var space = Privilege.MakeNamespace();
        Tool.Require("ipset");
        Tool.Run(space, "ipset create net4 hash:net counters timeout 0");
        Tool.Run(space, "ipset create net6 hash:net family inet6 counters timeout 0");
        Tool.Run(space, "ipset create port4 hash:ip,port");
        Tool.Run(space, "ipset create port6 hash:ip,port family inet6");
        var refused = new List<string>();
        var rules = ExtensionRule.All.Where(r => r.IsV6 == (family == IPFamily.IPv6)).ToList();
        foreach (var rule in rules)
        {
            string user = rule.Table == "filter" ? ":USER - [0:0]\n" : "";
            if (Restore.Try(space, backend, family, $"*{rule.Table}\n{user}{rule.Line}\nCOMMIT\n") is { } reason)
            {
                refused.Add($"{rule.Extension}: {rule.Line}: {reason.ReplaceLineEndings(" ")}");
            }
        }

        output.WriteLine($"{rules.Count - refused.Count} rules loaded; {refused.Count} not, which only the fixtures try:");
        refused.ForEach(output.WriteLine);
        string[] saved = Restore.Save(space, backend, family);
        // Where a tool or kernel is so old that it takes hardly anything, this test would say nothing.
        Assert.True(rules.Count - refused.Count >= 200, $"only {rules.Count - refused.Count} rules were taken");
        Assert.Equal(rules.Count - refused.Count, saved.Count(l => l.StartsWith("-A", StringComparison.Ordinal)));

        var parsed = RulesetParser.Parse(string.Join('\n', saved) + "\n", new RulesetParserOptions { Backend = backend, Family = family });
        Assert.Empty(parsed.Problems);
        Assert.Equal(saved.Order(StringComparer.Ordinal), Restore.Write(parsed, backend, family).Order(StringComparer.Ordinal));

        // With counters, as the live reading asks for them.
        var live = Read(space, new RulesetQuery { Family = family, Backend = backend });
        Assert.Empty(live.Problems);
        Assert.Equal(Restore.Save(space, backend, family, "-c").Order(StringComparer.Ordinal), Restore.Write(live, backend, family).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_ruleset_of_kube_proxy_comes_back_as_it_was_restored(NetfilterBackend backend, IPFamily family)
    {
        using var space = Privilege.MakeNamespace();
        string text = KubeProxyRuleset.Generate(100, isV6: family == IPFamily.IPv6);
        Restore.Do(space, backend, family, text);
        var live = Read(space);
        Assert.Empty(live.Problems);
        Assert.Empty(live.Notices);
        Assert.All(live.Tables, t => Assert.Equal((backend, family, true), (t.Backend!.Value, t.Family, t.IsComplete)));
        var restored = text.Split('\n').Where(l => l.StartsWith("-A", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        var read = live.Tables.SelectMany(t => t.Chains).SelectMany(c => c.GetRules()).ToArray();
        Assert.Equal(restored, read.Select(r => r.ToString()[(r.ToString().IndexOf(']', StringComparison.Ordinal) + 2)..]).Order(StringComparer.Ordinal));
        Assert.All(read, r => Assert.Equal((0UL, 0UL), (r.Packets!.Value, r.Bytes!.Value)));
    }

    [Fact]
    public void Reading_an_empty_namespace_makes_nothing_and_tells_nothing()
    {
        using var space = Privilege.MakeNamespace();
        var ruleset = Read(space);
        Assert.Empty(ruleset.Tables);
        Assert.Empty(ruleset.Problems);
        Assert.Equal("", LegacyTables(space));
        Assert.Equal("", Tool.Run(space, "nft list ruleset"));
        Read(space, new RulesetQuery { Table = "nat" });
        Assert.Equal("", LegacyTables(space));
        Assert.Equal("", Tool.Run(space, "nft list ruleset"));
    }

    [Fact]
    public void Reading_makes_no_further_table_and_changes_no_rule()
    {
        using var space = Privilege.MakeNamespace();
        Tool.Run(space, "iptables-legacy -A FORWARD -j ACCEPT");
        Tool.Run(space, "ip6tables-nft -t mangle -A FORWARD -j ACCEPT");
        string nft = Tool.Run(space, "nft list ruleset");
        Read(space);
        Read(space, new RulesetQuery { Table = "nat" });
        Assert.Equal("filter", LegacyTables(space));
        Assert.Equal(nft, Tool.Run(space, "nft list ruleset"));
    }

    [Fact]
    public void Both_backends_are_read_and_the_order_of_their_hooks_is_told()
    {
        using var space = Privilege.MakeNamespace();
        Tool.Run(space, "iptables-legacy -A FORWARD -j ACCEPT");
        Tool.Run(space, "iptables-nft -A FORWARD -j DROP");
        var ruleset = Read(space);
        Assert.Empty(ruleset.Problems);
        Assert.Equal([NetfilterBackend.Legacy, NetfilterBackend.Nft], ruleset.Tables.Select(t => t.Backend!.Value));
        Assert.StartsWith("IPv4: both legacy and nft have rules", Assert.Single(ruleset.Notices), StringComparison.Ordinal);
        Assert.Empty(Read(space, new RulesetQuery { Backend = NetfilterBackend.Nft }).Notices);
    }

    [Fact]
    public void A_table_that_iptables_cannot_represent_is_told()
    {
        using var space = Privilege.MakeNamespace();
        Tool.Run(space, "nft add table ip nat");
        Tool.Run(space, "nft", "add chain ip nat PREROUTING { type nat hook prerouting priority 5 ; }");
        string before = Tool.Run(space, "nft list ruleset");
        var ruleset = Read(space);
        Assert.Equal(before, Tool.Run(space, "nft list ruleset"));
        Assert.Contains(ruleset.Notices, n => n.Contains("`nat'", StringComparison.Ordinal) && n.Contains("incompatible", StringComparison.Ordinal));
    }

    [Fact]
    public void A_cancelled_reading_kills_the_tool()
    {
        using var space = Privilege.MakeNamespace();
        Restore.Do(space, NetfilterBackend.Legacy, IPFamily.IPv4, KubeProxyRuleset.Generate(2000));
        using var stop = new CancellationTokenSource();
        int rules = 0;
        Assert.Throws<OperationCanceledException>(() => new LiveRulesetSource(KernelRoot.Live, space).Read(
            new RulesetQuery
            {
                OnRule = _ =>
                {
                    if (++rules == 100)
                    {
                        stop.Cancel();
                    }
                },
            },
            stop.Token));
        Assert.InRange(rules, 100, 10_000);
        Assert.DoesNotContain(Directory.GetDirectories("/proc").Where(d => char.IsAsciiDigit(d[6])), d => IsSaveIn(d, space.Inode));
    }

    private static bool IsSaveIn(string process, ulong inode)
    {
        try
        {
            return NetworkNamespace.InodeAt(process + "/ns/net") == inode && File.ReadAllText(process + "/stat").Split(") ")[1][0] != 'Z'
                && File.ReadAllText(process + "/cmdline").Contains("-save", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static string LegacyTables(NetworkNamespace space) =>
        space.Run(() => File.Exists("/proc/thread-self/net/ip_tables_names") ? File.ReadAllText("/proc/thread-self/net/ip_tables_names").Trim() : "");
}
