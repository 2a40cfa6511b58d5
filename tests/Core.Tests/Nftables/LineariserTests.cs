using System.Text.RegularExpressions;
using K8sNetfilter.Nftables.Syntax.Linearising;
using K8sNetfilter.Nftables.Syntax.Reading;
using K8sNetfilter.Nftables.Syntax.Writing;

namespace K8sNetfilter.Tests.Nftables;

/// <summary>Listings turned into expressions, compared with the bytecode that nft 1.0.6 printed of the same ruleset.</summary>
public sealed partial class LineariserTests
{
    [Theory]
    [InlineData("statements")]
    [InlineData("kubeproxy-1.36")]
    [InlineData("docker-usernet-portmap")]
    [InlineData("calico")]
    [InlineData("cni-portmap")]
    public void A_listing_becomes_the_bytecode_of_the_kernel(string name)
    {
        var recorded = Recorded(Resource(name + ".bytecode"));
        foreach (var table in NftTextReader.Read(Resource(name + ".listing")).Tables)
        {
            var lineariser = new TableLineariser(table);
            var model = lineariser.Table();
            Assert.Empty(lineariser.Unread);
            foreach (var (chain, made) in table.Chains.Zip(model.Chains))
            {
                foreach (var (rule, expressions) in chain.Rules.Zip(made.Rules, (r, m) => (r, m.Expressions)))
                {
                    var expected = recorded[$"{table.Family} {table.Name} {chain.Name} {rule.Handle}"];
                    Assert.Equal(
                        NftTextWriter.Text(rule) + '\n' + string.Join('\n', expected),
                        NftTextWriter.Text(rule) + '\n' + string.Join('\n', expressions.Select(e => Plain(BytecodeText.Of(e)))));
                }
            }
        }
    }

    [Fact]
    public void Sets_have_the_keys_of_the_kernel()
    {
        var table = NftTextReader.Read("""
            table ip t {
            	set a { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, 1.1.1.1-1.1.1.9 } }
            	set b { type ipv4_addr . inet_service; flags interval; elements = { 10.0.0.0/8 . 80-90 } }
            	set c { type mark; elements = { 0x12 } }
            	map d { type inet_proto . inet_service : verdict; elements = { tcp . 80 : goto x } }
            }
            """).Tables[0];
        var sets = new TableLineariser(table).Table().Sets;
        Assert.Equal("0a0000000b000000010101010101010a", Convert.ToHexString(sets[0].Elements.Keys).ToLowerInvariant());
        Assert.Equal(0, sets[0].Find([10, 200, 0, 1]));
        Assert.Equal(-1, sets[0].Find([11, 0, 0, 0]));
        Assert.Equal(0, sets[1].Find([10, 1, 2, 3, 0, 85, 0, 0]));
        Assert.Equal(-1, sets[1].Find([10, 1, 2, 3, 0, 91, 0, 0]));
        Assert.Equal(0, sets[2].Find([0x12, 0, 0, 0]));
        Assert.Equal("x", sets[3].Elements[sets[3].Find([6, 0, 0, 0, 0, 80, 0, 0])].Verdict.Chain);
    }

    [Fact]
    public void A_rule_that_is_not_known_is_named()
    {
        var table = NftTextReader.Read("table ip t { chain c {\n iif \"eth7\" accept\n tcp dport 22 accept\n } }").Tables[0];
        var lineariser = new TableLineariser(table);
        var rules = lineariser.Table().Chains[0].Rules;
        Assert.Contains("eth7", Assert.Single(lineariser.Unread).Reason, StringComparison.Ordinal);
        Assert.Equal(5, rules[1].Expressions.Length);
    }

    [Theory]
    [InlineData("ip saddr 10.0.0.0/120 accept")]
    [InlineData("iifname \"\" accept")]
    [InlineData("meta mark 5- accept")]
    [InlineData("dnat to tcp dport map { 22 : 1.1.1.1 . 80, 23 : 1.1.1.1 }")]
    public void A_broken_rule_is_named(string rule)
    {
        var ruleset = NftTextReader.Read($"table ip t {{ chain c {{\n {rule}\n }} }}");
        var lineariser = new TableLineariser(ruleset.Tables[0]);
        lineariser.Table();
        Assert.Single([.. ruleset.Unread, .. lineariser.Unread]);
    }

    // "[ cmp eq reg 1 0x00000002 ]" of each rule by "family table chain handle".
    private static Dictionary<string, List<string>> Recorded(string text)
    {
        var rules = new Dictionary<string, List<string>>();
        List<string>? rule = null;
        foreach (string line in text.Split('\n'))
        {
            if (line.StartsWith("  [ ", StringComparison.Ordinal))
            {
                rule!.Add(Plain(line.Trim()));
            }
            else if (Head().Match(line) is { Success: true } head)
            {
                rules[head.Groups[1].Value] = rule = [];
            }
        }

        return rules;
    }

    // The kernel numbers anonymous sets as they come and go.
    private static string Plain(string line) =>
        Blank().Replace(AnonymousName().Replace(line, "__anonymous"), " ]").Replace(" , dir", ", dir");

    private static string Resource(string name)
    {
        using var stream = typeof(LineariserTests).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"^(\S+ \S+ \S+ \d+)( \d+)?$")]
    private static partial Regex Head();

    [GeneratedRegex(@"__(set|map|objmap)\d+")]
    private static partial Regex AnonymousName();

    [GeneratedRegex(@"\s+\]")]
    private static partial Regex Blank();
}
