using CsCheck;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Grammar;
using K8sNetfilter.Rulesets.Parts;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Tests.KubeProxy;

namespace K8sNetfilter.Tests.Rulesets;

/// <summary>What a glance at a line finds is what the reader finds, or it finds nothing.</summary>
public sealed class RuleGlanceTests
{
    [Fact]
    public void A_glance_at_any_line_agrees_with_the_reader() => RulesetParserTests.Line.Sample(
        line =>
        {
            var rules = Parse($"*filter\n:INPUT ACCEPT [0:0]\n:C - [0:0]\n{line}\nCOMMIT\n");
            return rules.Length != 1 || Differs(rules[0]) is null;
        },
        iter: 30_000);

    [Fact]
    public void So_it_does_with_every_extension_and_with_all_that_kube_proxy_writes()
    {
        var lines = ExtensionRule.All.Select(r => $"*{r.Table}\n:{r.Chain} ACCEPT [0:0]\n:A - [0:0]\n{r.Line}\nCOMMIT\n").ToArray();
        Assert.DoesNotContain(lines.SelectMany(Parse).Select(Differs), d => d is not null);

        foreach (bool v6 in (bool[])[false, true])
        {
            var rules = Parse(KubeProxyRuleset.Generate(4, isV6: v6));
            Assert.Equal(rules.Length, rules.Count(r => RuleFields.TryRead(r.Line, out _)));
            Assert.DoesNotContain(rules.Select(Differs), d => d is not null);
        }
    }

    [Theory]
    [InlineData("-A C -m string --string -j --algo bm -j ACCEPT")]
    [InlineData("-A C -j ! ACCEPT")]
    [InlineData("-A C -g ! 1 recent")]
    [InlineData("-A C -m -j new 80")]
    [InlineData("-A C -s ! 10.0.0.1/32 -j ACCEPT")]
    [InlineData("-A C -m tcp ! -j ACCEPT")]
    [InlineData("-A C -j ACCEPT -m tcp")]
    [InlineData("-A C -p tcp --dport 80 -j ACCEPT")]
    [InlineData("-A C -m comment --comment \"a\"b -j ACCEPT")]
    [InlineData("-A C  -s 10.0.0.1/32 -j ACCEPT")]
    [InlineData("-A C -s 10.0.0.1/32 -s 10.0.0.2/32 -j ACCEPT")]
    [InlineData("-A C -m comment --comment \"open")]
    [InlineData("-A C -f -j DROP")]
    [InlineData("-A C -m tcp --destination 10.0.0.1 -j ACCEPT")]
    [InlineData("-A C -m tcp --src=10.0.0.1 -j ACCEPT")]
    [InlineData("-A C -j DNAT --to-destination 10.0.0.2:80 --source 10.0.0.1")]
    [InlineData("-A C -m tcp -ptcp")]
    [InlineData("-A C -m mark --mark 0x1 -s10.0.0.1 -j ACCEPT")]
    [InlineData("-A C -m tcp --dport 80 --protocol udp -j ACCEPT")]
    [InlineData("-A")]
    [InlineData("[")]
    public void What_is_not_written_plainly_is_left_to_the_reader(string line) => Assert.False(RuleFields.TryRead(RulesetText.Encode(line), out _));

    private static NetfilterRule[] Parse(string text) => [.. RulesetParser.Parse(text).Tables.SelectMany(t => t.Chains).SelectMany(c => c.GetRules())];

    private static string? Differs(NetfilterRule rule)
    {
        if (!RuleFields.TryRead(rule.Line, out var glance))
        {
            return null;
        }

        string seen = $"{Show(glance.Source, glance.SourceNegated)} {Show(glance.Destination, glance.DestinationNegated)} {Show(glance.Protocol, glance.ProtocolNegated)} "
            + $"{Show(glance.In, glance.InNegated)} {Show(glance.Out, glance.OutNegated)} {RulesetText.Decode(glance.Target)} {glance.IsGoto}";
        string read = $"{Header(rule, "source")} {Header(rule, "destination")} {Header(rule, "protocol")} {Header(rule, "in-interface")} {Header(rule, "out-interface")} "
            + $"{rule.Target?.Name} {rule.Target?.Kind == RuleTargetKind.Goto}";
        if (seen != read)
        {
            return $"{rule.Text}: {seen} / {read}";
        }

        // The rest alone, with the protocol, says the same as within the rule: it is kept for other rules by these two.
        string protocol = glance.Protocol.IsEmpty ? "" : "-p " + RulesetText.Decode(glance.Protocol) + " ";
        string rest = glance.Rest.IsEmpty ? "" : string.Join("|", Others(Parse($"*filter\n:C - [0:0]\n-A C {protocol}{RulesetText.Decode(glance.Rest)}\nCOMMIT\n").Single()));
        string others = string.Join("|", Others(rule));
        return rest == others ? null : $"{rule.Text}: {rest} / {others}";
    }

    private static IEnumerable<string> Others(NetfilterRule rule) => rule.Matches.Where(m => !OptionNames.IsHeader(m.Name) && m.Name != "comment").Select(m => m.ToString().Trim());

    private static string Header(NetfilterRule rule, string name) =>
        rule.Matches.FirstOrDefault(m => m.Name == name) is { } match ? (match.Options[0].Negated ? "!" : "") + match.Options[0].Value : "";

    private static string Show(ReadOnlySpan<byte> value, bool negated) => (negated ? "!" : "") + RulesetText.Decode(value);
}
