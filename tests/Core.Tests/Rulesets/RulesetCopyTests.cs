using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Tests.Simulation;

namespace K8sNetfilter.Tests.Rulesets;

/// <summary>A changed copy of a table is what iptables-save would show after the command.</summary>
public sealed class RulesetCopyTests
{
    private static readonly string Rules = WalkNode.ServiceRules.ReplaceLineEndings("\n");

    private static RulesetTable Nat(string text) => RulesetParser.Parse(text).Tables.Single(t => t.Name == "nat");

    private static void Check(string command, Func<string, string> change)
    {
        var before = Nat(Rules);
        var edit = RuleEdit.Read(command)!;
        Assert.Equal(command, edit.Text);
        var (after, expected) = (RulesetCopy.Of(before, edit), Nat(change(Rules)));
        Assert.True(after.IsSameAs(expected), string.Join('\n', after.Chains.SelectMany(c => c.GetRules())));
        Assert.Equal(expected.Chains.SelectMany(c => c.GetRules()).Select(r => $"{r.Number} {r.JumpsTo?.Name}"), after.Chains.SelectMany(c => c.GetRules()).Select(r => $"{r.Number} {r.JumpsTo?.Name}"));
        Assert.Equal(expected.Chains.Select(c => string.Join(' ', c.ReferencedBy.Order(StringComparer.Ordinal))), after.Chains.Select(c => string.Join(' ', c.ReferencedBy.Order(StringComparer.Ordinal))));
        Assert.True(before.IsSameAs(Nat(Rules)));
        Assert.All(after.Chains.SelectMany(c => c.GetRules()), r => Assert.Same(after, r.JumpsTo?.Owner ?? after));
    }

    [Fact]
    public void Every_command_does_what_the_tool_does()
    {
        const string first = "-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN\n", second = "-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0\n";
        const string third = "-A KUBE-POSTROUTING -m comment --comment \"kubernetes service traffic requiring SNAT\" -j MASQUERADE --random-fully\n";
        static string Replace(string text, string what, string by) => text.Replace(what, by, StringComparison.Ordinal);
        Check("-I KUBE-POSTROUTING -j KUBE-MARK-MASQ", t => Replace(t, first, "-A KUBE-POSTROUTING -j KUBE-MARK-MASQ\n" + first));
        Check("-I KUBE-POSTROUTING 2 -j RETURN", t => Replace(t, second, "-A KUBE-POSTROUTING -j RETURN\n" + second));
        Check("-A KUBE-POSTROUTING -m comment --comment \"a -j b\" -j RETURN", t => Replace(t, third, third + "-A KUBE-POSTROUTING -m comment --comment \"a -j b\" -j RETURN\n"));
        Check("-D KUBE-POSTROUTING 2", t => Replace(t, second, ""));
        Check("-D KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0", t => Replace(t, second, ""));
        Check("-D KUBE-SERVICES -d 10.96.0.20/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-OWN", t => Replace(t, "-A KUBE-SERVICES -d 10.96.0.20/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-OWN\n", ""));
        Check("-R KUBE-POSTROUTING 3 -j ACCEPT", t => Replace(t, third, "-A KUBE-POSTROUTING -j ACCEPT\n"));
        Check("-F KUBE-POSTROUTING", t => Replace(t, first + second + third, ""));
        Check("-P POSTROUTING DROP", t => Replace(t, ":POSTROUTING ACCEPT", ":POSTROUTING DROP"));
        // Refused: the chain is not empty.
        Check("-X KUBE-POSTROUTING", t => t);
        Assert.Null(RuleEdit.Read("-L KUBE-POSTROUTING"));
    }

    [Fact]
    public void An_empty_chain_is_removed()
    {
        var flushed = RulesetCopy.Of(Nat(Rules), new RuleEdit(RuleEditKind.Flush, "KUBE-SVC-OWN"));
        Assert.Null(RulesetCopy.Of(flushed, new RuleEdit(RuleEditKind.Remove, "KUBE-SVC-OWN")).FindChain("KUBE-SVC-OWN"));
    }
}
