using System.Text;
using CsCheck;
using K8sNetfilter.Rulesets.Reading;

namespace K8sNetfilter.Tests.Rulesets;

/// <summary>A table keeps where its rules stand and makes rules of them when asked: whatever the order of the dump, the rules are its own.</summary>
public sealed class KeptRulesTests
{
    [Fact]
    public void Chains_have_their_rules_in_order_however_a_dump_mixes_them() =>
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 5], Gen.Bool).List[0, 300].Sample(lines =>
        {
            var text = new StringBuilder("*nat\n:C0 - [0:0]\n:C1 - [0:0]\n:C2 - [0:0]\n:C3 - [0:0]\n");
            var expected = new Dictionary<string, List<(int Number, string Line, string? JumpsTo)>>();
            var counted = new Dictionary<string, int>();
            int i = 0;
            foreach (var (chain, target, faulty) in lines)
            {
                string name = "C" + chain;
                int number = counted[name] = counted.GetValueOrDefault(name) + 1;
                string line = $"[{i}:{2 * i}] -A {name} -s 10.0.{i / 256}.{i % 256}/32 " + (faulty ? "-p" : $"-j C{target}");
                text.Append(line).Append('\n');
                if (!line.EndsWith("-p"))
                {
                    expected.TryAdd(name, []);
                    expected[name].Add((number, line, "C" + target));
                }

                i++;
            }

            var table = RulesetParser.Parse(text.Append("COMMIT\n").ToString()).Tables[0];
            foreach (var chain in table.Chains)
            {
                var wanted = expected.GetValueOrDefault(chain.Name) ?? [];
                var rules = chain.GetRules();
                Assert.Equal(wanted.Select(w => (w.Number, w.Line)), rules.Select(r => (r.Number, r.Text)));

                // A target that no line of the dump declares or has rules of is no chain.
                Assert.Equal(wanted.Select(w => table.FindChain(w.JumpsTo!)?.Name), rules.Select(r => r.JumpsTo?.Name));
                Assert.All(rules, r => Assert.Equal(r.Packets * 2, r.Bytes));
                Assert.All(rules, (r, at) => Assert.Same(r, chain.RuleAt(at)));
            }
        });

    [Fact]
    public void Rules_that_take_turns_cost_no_more_room_than_twice_as_much()
    {
        var text = new StringBuilder("*filter\n:A - [0:0]\n:B - [0:0]\n");
        for (int i = 0; i < 20_000; i++)
        {
            text.Append("-A A -j B\n-A B -j ACCEPT\n");
        }

        var table = RulesetParser.Parse(text.Append("COMMIT\n").ToString()).Tables[0];
        Assert.Equal([20_000, 20_000], table.Chains.Select(c => c.GetRules().Count));
        Assert.True(table.Lines.Count <= 4 * 40_000, $"{table.Lines.Count} places for 40,000 rules");
    }

    [Fact]
    public void Many_small_tables_cost_little()
    {
        const int tables = 20_000;
        var text = new StringBuilder();
        for (int i = 0; i < tables; i++)
        {
            text.Append("*filter\n:A - [0:0]\n-A A -j ACCEPT\nCOMMIT\n");
        }

        byte[] bytes = Encoding.UTF8.GetBytes(text.ToString());
        long before = GC.GetAllocatedBytesForCurrentThread();
        var ruleset = RulesetParser.Parse(bytes);
        long cost = (GC.GetAllocatedBytesForCurrentThread() - before) / tables;
        Assert.Equal(tables, ruleset.Tables.Count);
        Assert.True(cost < 4096, $"{cost} bytes a table");
    }

    [Theory]
    [InlineData(1, "-A A -j ACCEPT")]
    [InlineData(2, null)]
    [InlineData(3, "-A A -j DROP")]
    [InlineData(4, null)]
    [InlineData(0, null)]
    public void A_rule_is_marked_by_its_number_among_those_that_could_be_read(int number, string? marked)
    {
        var table = RulesetParser.Parse("*filter\n:A - [0:0]\n-A A -j ACCEPT\n-A A -p\n-A A -j DROP\nCOMMIT\n").Tables[0];
        var before = table.Chains[0].GetRules();
        table.MarkUnread("A", number);
        Assert.Equal(marked, Assert.Single([.. table.Chains[0].GetRules().Where(r => r.IsUnread).Select(r => r.Text).DefaultIfEmpty(null)]));
        Assert.Same(before[0], table.Chains[0].GetRules()[0]);
    }
}
