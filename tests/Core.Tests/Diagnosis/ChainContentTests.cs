using K8sNetfilter.Diagnosis.Chains;
using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Tests.KubeProxy;

namespace K8sNetfilter.Tests.Diagnosis;

/// <summary>What the rules of a chain that stands say. That each is true for traffic is held with the kernel, in Kernel.Tests.</summary>
public sealed class ChainContentTests
{
    private const string Invalid = "-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP\n";

    private static NetfilterChainResult[] Judge(string text) => [.. ChainReport.Read(RulesetParser.Parse(text), null, isWhole: true)];

    private static NetfilterChainResult? Fault(string text) => Judge(text).SingleOrDefault(r => r.Verdict != ChainVerdict.Works);

    private static string Text(int minor = 31) => KubeProxyVersion.Write(minor, KubeProxySample.Services);

    [Theory]
    [InlineData(18)]
    [InlineData(22)]
    [InlineData(31)]
    public void Without_the_rule_against_invalid_packets_a_dump_does_not_decide(int minor)
    {
        var result = Fault(Text(minor).Replace(Invalid, "", StringComparison.Ordinal))!;
        Assert.Equal((ChainVerdict.Unknown, ChainCause.RuleMissing, null), (result.Verdict, result.Cause, result.Remedy));
        Assert.Contains("nf_conntrack_tcp_be_liberal is 1, which is not known here", result.Evidence, StringComparison.Ordinal);
        // Another one that drops them does as well.
        Assert.Null(Fault(Text(minor).Replace(Invalid, "-A FORWARD -m state --state INVALID -j DROP\n", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("-m mark --mark 0x8000/0x8000 ", "", "does not ask for the mark 0x8000, so that it drops every packet")]
    [InlineData("-m mark --mark 0x8000/0x8000 ", "-m mark --mark 0x0/0x0 ", "does not ask for the mark 0x8000, so that it drops every packet")]
    [InlineData("! -s 127.0.0.0/8 -d 127.0.0.0/8 ", "-d 127.0.0.0/8 ", "drops the node's own calls to 127.0.0.1")]
    [InlineData("! -s 127.0.0.0/8 -d 127.0.0.0/8 ", "! -s 127.0.0.0/8 ", "drops every new connection to the node and from it")]
    [InlineData(" -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT", "", "a node port on 127.0.0.1 gets no answer")]
    public void A_rule_of_kubelet_s_that_lost_a_condition_takes_what_it_is_not_for(string condition, string instead, string effect)
    {
        string text = Text(22);
        var result = Fault(text.Replace(condition, instead, StringComparison.Ordinal))!;
        Assert.Equal((ChainOwner.Kubelet, ChainVerdict.Broken, ChainCause.RuleChanged), (result.Owner, result.Verdict, result.Cause));
        Assert.Contains(effect, result.Evidence, StringComparison.Ordinal);
        // The command puts back the very rule.
        string rule = text.Split('\n').Single(l => l.StartsWith("-A KUBE-FIREWALL", StringComparison.Ordinal) && l.Contains(condition, StringComparison.Ordinal));
        Assert.Equal($"iptables -t filter -R KUBE-FIREWALL {(rule.Contains("0x8000", StringComparison.Ordinal) ? 1 : 2)} {rule["-A KUBE-FIREWALL ".Length..]}", result.Remedy);
    }

    [Fact]
    public void A_rule_of_an_administrator_s_in_kubelet_s_chain_is_meant() =>
        Assert.Null(Fault(Text(22).Replace("-A KUBE-FIREWALL -m comment", "-A KUBE-FIREWALL -s 198.51.100.7/32 -j DROP\n-A KUBE-FIREWALL -m comment", StringComparison.Ordinal)));

    [Theory]
    [InlineData("-A FLANNEL-POSTRTG -s 10.244.0.0/16 -d 10.244.0.0/16 -m comment --comment \"flanneld masq\" -j ACCEPT", "FLANNEL-POSTRTG", "FLANNEL-POSTRTG")]
    [InlineData("-A FLANNEL-POSTRTG -s 10.244.1.0/24 -d 10.244.0.0/16 -j ACCEPT", "FLANNEL-POSTRTG", "FLANNEL-POSTRTG")]
    [InlineData("-A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -j RETURN\n-A FLANNEL-POSTRTG -s 10.244.0.0/16 -d 10.244.0.0/16 -j ACCEPT", "FLANNEL-POSTRTG", null)]
    [InlineData("-A FLANNEL-POSTRTG -s 10.244.0.0/16 -d 10.244.0.0/16 -j RETURN\n-A FLANNEL-POSTRTG -s 10.244.0.0/16 -j MASQUERADE", "FLANNEL-POSTRTG", null)]
    [InlineData("-A FLANNEL-POSTRTG -s 10.99.0.0/16 -d 10.99.0.0/16 -j ACCEPT", "FLANNEL-POSTRTG", null)]
    [InlineData("-A FLANNEL-POSTRTG -s 10.244.0.0/16 -d 10.244.0.0/16 -o other0 -j ACCEPT", "FLANNEL-POSTRTG", null)]
    [InlineData("-A POSTROUTING -s 10.244.0.0/16 -d 10.244.0.0/16 -j RETURN", null, "POSTROUTING")]
    [InlineData("-A POSTROUTING -s 10.244.1.3/32 -j CNI-1\n-A CNI-1 -d 10.244.1.0/24 -j ACCEPT\n-A CNI-1 ! -d 224.0.0.0/4 -j MASQUERADE", "CNI-1", "CNI-1")]
    public void What_lets_a_pod_s_call_to_its_own_Service_leave_before_it_is_masqueraded_is_found(string rules, string? chain, string? by)
    {
        const string jump = "-A POSTROUTING -m comment --comment \"kubernetes postrouting rules\" -j KUBE-POSTROUTING\n";
        string ahead = (chain == "FLANNEL-POSTRTG" ? "-A POSTROUTING -j FLANNEL-POSTRTG\n" : "") + rules + "\n";
        string text = Text().Replace(jump, ahead + jump, StringComparison.Ordinal)
            .Replace(":KUBE-MARK-MASQ - ", (chain is null ? "" : $":{chain} - [0:0]\n") + ":KUBE-MARK-MASQ - ", StringComparison.Ordinal);
        var result = Judge(text).SingleOrDefault(r => r is { Owner: ChainOwner.KubeProxy, Table: "nat", Verdict: not ChainVerdict.Works });
        if (by is null)
        {
            Assert.Null(result);
            return;
        }

        Assert.Equal((ChainVerdict.Broken, ChainCause.Shadowed, "masquerade"), (result!.Verdict, result.Cause, result.Group));
        Assert.Contains($" of {by}) lets the call of a pod to its own Service, as 10.244.1.", result.Evidence, StringComparison.Ordinal);
        Assert.Equal("iptables -t nat -I POSTROUTING -m comment --comment \"kubernetes postrouting rules\" -j KUBE-POSTROUTING; iptables -t nat -D POSTROUTING 3", result.Remedy);
        // After it, nothing is wrong.
        Assert.DoesNotContain(Judge(text.Replace(jump, "", StringComparison.Ordinal).Replace(ahead, jump + ahead, StringComparison.Ordinal)), r => r is { Owner: ChainOwner.KubeProxy, Verdict: not ChainVerdict.Works });
    }
}
