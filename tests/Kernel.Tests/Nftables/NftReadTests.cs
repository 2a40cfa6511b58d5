using System.Diagnostics;
using System.Globalization;
using K8sNetfilter.IO;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Nftables;
using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Tests.Namespaces;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Nftables;

/// <summary>What is read of nf_tables by netlink, against the bytecode that nft reads of the same rules.</summary>
public sealed class NftReadTests(ITestOutputHelper output)
{
    private static string? Nft(NetworkNamespace space, string text)
    {
        Tool.Require("nft");
        string file = Path.GetTempFileName();
        File.WriteAllText(file, text);
        try
        {
            var start = new ProcessStartInfo("/usr/sbin/nft", ["-f", file]) { RedirectStandardError = true };
            using var process = space.Run(() => Process.Start(start)!);
            string errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : errors + "\n";
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("ip", 1000)]
    [InlineData("ip6", 700)]
    [InlineData("inet", 900)]
    [InlineData("arp", 100)]
    [InlineData("bridge", 300)]
    [InlineData("netdev", 400)]
    public void Every_rule_and_element_is_the_bytecode_that_nft_reads(string family, int fewest)
    {
        using var space = Privilege.MakeNamespace();
        var rules = NftCorpus.Load(family, text => Nft(space, text));
        output.WriteLine($"{family}: {rules.Count} rules loaded");
        Assert.True(rules.Count >= fewest, $"only {rules.Count} rules");
        Compare(space, "corpus");
    }

    [Fact]
    public void Many_chains_and_sets_are_read_over_two_connections()
    {
        using var space = Privilege.MakeNamespace();
        Assert.Null(Nft(space, "table ip many {\n chain other { }\n" + string.Concat(Enumerable.Range(0, 2500).Select(i =>
            $" chain c{i} {{ ip saddr 10.0.{i / 256}.{i % 256} counter; numgen random mod 2 vmap {{ 0 : jump other, 1 : drop }}; }}\n")) + "}\n"));
        Compare(space, "many");
    }

    [Fact]
    public async Task A_read_while_rules_change_is_of_one_generation_or_says_that_it_is_not()
    {
        using var space = Privilege.MakeNamespace();
        Assert.Null(Nft(space, "table ip t { chain a { }\n chain b { }\n set s { type mark; }\n }\n"));
        using var end = new CancellationTokenSource();
        var other = Task.Run(() =>
        {
            // As many rules in the one chain as in the other, at any moment.
            while (!end.IsCancellationRequested)
            {
                Assert.Null(Nft(space, "add rule ip t a accept; add rule ip t b accept; add element ip t s { 1 }\n"));
                Assert.Null(Nft(space, "flush chain ip t a; flush chain ip t b; flush set ip t s\n"));
            }
        }, TestContext.Current.CancellationToken);
        int complete = 0;
        for (int i = 0; i < 300; i++)
        {
            var ruleset = new LiveNftables(KernelRoot.Live, space).Read(NftQuery.All, CancellationToken.None);
            if (ruleset.IsComplete)
            {
                complete++;
                var table = Assert.Single(ruleset.Tables);
                Assert.Equal(table.FindChain("a")!.Rules.Length, table.FindChain("b")!.Rules.Length);
                Assert.Equal(table.FindChain("a")!.Rules.Length, table.FindSet("s")!.Elements.Count);
            }
        }

        await end.CancelAsync();
        await other;
        Assert.True(complete > 0);
    }

    private static void Compare(NetworkNamespace space, string name)
    {
        var oracle = Oracle.Parse(Tool.Run(space, "nft", "--debug=netlink", "list", "ruleset"));
        var table = new LiveNftables(KernelRoot.Live, space).Read(NftQuery.All, CancellationToken.None) is { IsComplete: true } ruleset
            ? Assert.Single(ruleset.Tables) : throw new InvalidOperationException();
        Assert.Equal(name, table.Name);
        var differences = new List<string>();
        int count = 0;
        foreach (var chain in table.Chains)
        {
            ulong before = 0;
            foreach (var rule in chain.Rules)
            {
                count++;
                Assert.Equal(before, rule.Position);
                before = rule.Handle;
                string key = string.Create(CultureInfo.InvariantCulture, $"{chain.Name} {rule.Handle}");
                string[] ours = [.. rule.Expressions.Select(e => Bytecode.Of(e) ?? $"raw {e.Kind}")];
                string[] theirs = oracle.Rules.GetValueOrDefault(key) ?? [];
                if (!ours.SequenceEqual(theirs))
                {
                    differences.Add($"{key}\n  ours   {string.Join(" | ", ours)}\n  theirs {string.Join(" | ", theirs)}");
                }
            }
        }

        Assert.Equal(oracle.Rules.Count, count);
        foreach (var set in table.Sets)
        {
            var ours = new List<string>();
            foreach (var element in set.Elements)
            {
                ours.Add(Bytecode.Of(element));
            }

            ours.Sort(StringComparer.Ordinal);
            var theirs = (oracle.Sets.GetValueOrDefault(set.Name) ?? []).Order(StringComparer.Ordinal).ToList();
            if (!ours.SequenceEqual(theirs))
            {
                differences.Add($"{set.Name}\n  ours   {string.Join(" | ", ours)}\n  theirs {string.Join(" | ", theirs)}");
            }
        }

        Assert.True(differences.Count == 0, $"{differences.Count} differences:\n{string.Join('\n', differences.Take(40))}");
        Assert.DoesNotContain(table.Chains.SelectMany(c => c.Rules).SelectMany(r => r.Expressions), e => e is RawExpression);
    }

    /// <summary>What <c>nft --debug=netlink list ruleset</c> writes of rules and sets.</summary>
    private sealed class Oracle
    {
        public Dictionary<string, string[]> Rules { get; } = [];

        public Dictionary<string, List<string>> Sets { get; } = [];

        public static Oracle Parse(string text)
        {
            var oracle = new Oracle();
            List<string>? set = null;
            var expressions = new List<string>();
            string? rule = null;
            foreach (string line in text.Split('\n'))
            {
                if (line.StartsWith("table ", StringComparison.Ordinal))
                {
                    break;
                }

                if (line.StartsWith("\telement ", StringComparison.Ordinal))
                {
                    int end = line.IndexOf("[end]", StringComparison.Ordinal);
                    set!.Add(string.Join(' ', line[1..(end + 5)].Split(' ', StringSplitOptions.RemoveEmptyEntries)));
                }
                else if (line.StartsWith("  [ ", StringComparison.Ordinal))
                {
                    expressions.Add(string.Join(' ', line[4..^1].Split(' ', StringSplitOptions.RemoveEmptyEntries)));
                }
                else if (line.Split(' ') is [_, _, ['@', ..] name])
                {
                    oracle.Sets[name[1..]] = set = [];
                }
                else if (line.Split(' ') is [_, _, var chain, var handle, ..] && line[0] != ' ')
                {
                    Close();
                    rule = $"{chain} {handle}";
                }
            }

            Close();
            return oracle;

            void Close()
            {
                if (rule is not null)
                {
                    oracle.Rules[rule] = [.. expressions];
                }

                expressions.Clear();
            }
        }
    }
}
