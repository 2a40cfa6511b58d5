using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Reading;

namespace K8sNetfilter.Tests.Rulesets;

/// <summary>What every test of losslessness checks: the model writes the line, also where the line itself is gone.</summary>
internal static class RoundTrip
{
    public static NetfilterRule One(string line, string table = "filter")
    {
        var ruleset = RulesetParser.Parse($"*{table}\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:KUBE-MARK-MASQ - [0:0]\n{line}\nCOMMIT\n");
        Assert.Empty(ruleset.Problems);
        var rule = Assert.Single(ruleset.Tables[0].Chains.SelectMany(c => c.GetRules()));
        Check(rule, line);
        return rule;
    }

    public static void Check(NetfilterRule rule, string line)
    {
        Assert.Equal(line, rule.Text);
        Assert.Equal(line, rule.ToString());
        Assert.Equal(line, Rebuilt(rule).ToString());
    }

    /// <summary>The rule made again from its values: nothing of the line is left but the model.</summary>
    public static NetfilterRule Rebuilt(NetfilterRule rule)
    {
        var made = new NetfilterRule(rule.InChain, rule.Number, rule.Matches, rule.Target, rule.Packets, rule.Bytes);
        return made;
    }
}
