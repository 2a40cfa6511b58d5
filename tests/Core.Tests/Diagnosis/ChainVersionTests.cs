using K8sNetfilter.Diagnosis.Chains;
using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Tests.KubeProxy;

namespace K8sNetfilter.Tests.Diagnosis;

public sealed class ChainVersionTests
{
    public static TheoryData<int> Minors { get; } = new(KubeProxyVersion.Minors);

    private static NetfilterChainResult[] Judge(string text) => [.. ChainReport.Read(RulesetParser.Parse(text), null, isWhole: true)];

    [Theory]
    [MemberData(nameof(Minors))]
    public void What_each_version_writes_works(int minor)
    {
        var results = Judge(KubeProxyVersion.Write(minor, KubeProxySample.Services));
        Assert.NotEmpty(results);
        Assert.All(results, r => Assert.True(r.Verdict == ChainVerdict.Works, r.ToString()));
        Assert.Equal([ChainOwner.KubeProxy, ChainOwner.Kubelet], results.Select(r => r.Owner).Distinct());
    }

    [Theory]
    [InlineData(5, "filter", "OUTPUT", "KUBE-SERVICES", "iptables -t filter -I OUTPUT -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES")]
    [InlineData(9, "filter", "OUTPUT", "KUBE-SERVICES", "iptables -t filter -I OUTPUT -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES")]
    [InlineData(14, "filter", "INPUT", "KUBE-EXTERNAL-SERVICES", "iptables -t filter -I INPUT -m conntrack --ctstate NEW -m comment --comment \"kubernetes externally-visible service portals\" -j KUBE-EXTERNAL-SERVICES")]
    [InlineData(18, "filter", "FORWARD", "KUBE-SERVICES", "iptables -t filter -I FORWARD -m conntrack --ctstate NEW -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES")]
    [InlineData(22, "filter", "FORWARD", "KUBE-EXTERNAL-SERVICES", "iptables -t filter -I FORWARD -m conntrack --ctstate NEW -m comment --comment \"kubernetes externally-visible service portals\" -j KUBE-EXTERNAL-SERVICES")]
    [InlineData(5, "nat", "PREROUTING", "KUBE-SERVICES", "iptables -t nat -I PREROUTING -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES")]
    public void A_jump_that_the_version_makes_is_missed_and_put_back_in_its_words(int minor, string table, string from, string to, string remedy)
    {
        string text = KubeProxyVersion.Write(minor, KubeProxySample.Services);
        int at = text.IndexOf($"*{table}\n", StringComparison.Ordinal);
        int line = text.IndexOf($"-A {from} ", at, StringComparison.Ordinal);
        while (!text[line..text.IndexOf('\n', line)].EndsWith($" -j {to}", StringComparison.Ordinal))
        {
            line = text.IndexOf($"-A {from} ", line + 1, StringComparison.Ordinal);
        }

        var result = Judge(text.Remove(line, text.IndexOf('\n', line) + 1 - line)).Single(r => r.Verdict != ChainVerdict.Works && r.Table == table && r.Group == "services");
        Assert.True(result.Cause is ChainCause.JumpMissing or ChainCause.NotReached, result.ToString());
        Assert.Equal(remedy, result.Remedy);
    }

    [Fact]
    public void A_chain_that_a_version_has_is_missed_where_the_version_shows()
    {
        string text = KubeProxyVersion.Write(22, KubeProxySample.Services);
        string without = string.Join('\n', text.Split('\n').Where(l => !l.Contains("KUBE-FORWARD", StringComparison.Ordinal)));
        Assert.Equal((ChainVerdict.Broken, ChainCause.ChainMissing), Judge(without).Where(r => r.Group == "forward").Select(r => (r.Verdict, r.Cause)).Single());
        string old = KubeProxyVersion.Write(9, KubeProxySample.Services);
        // 1.8 had none, and looks the same otherwise.
        Assert.DoesNotContain(Judge(string.Join('\n', old.Split('\n').Where(l => !l.Contains("KUBE-FORWARD", StringComparison.Ordinal)))), r => r.Group == "forward" || r.Verdict != ChainVerdict.Works);
    }

    [Fact]
    public void What_leads_to_the_local_endpoints_in_old_versions_is_left_over_where_nothing_leads_there()
    {
        string text = KubeProxyVersion.Write(18, KubeProxySample.Services).Replace(":KUBE-POSTROUTING - ", ":KUBE-XLB-AAAAAAAAAAAAAAAA - [0:0]\n:KUBE-POSTROUTING - ", StringComparison.Ordinal);
        var stale = Assert.Single(Judge(text), r => r.Verdict != ChainVerdict.Works);
        Assert.Equal((ChainVerdict.Stale, ChainCause.LeftOver, "iptables -t nat -F KUBE-XLB-AAAAAAAAAAAAAAAA; iptables -t nat -X KUBE-XLB-AAAAAAAAAAAAAAAA"), (stale.Verdict, stale.Cause, stale.Remedy));
        Assert.Matches("^Nothing leads to 1 of [0-9]+ chains: KUBE-XLB-AAAAAAAAAAAAAAAA[.]$", stale.Evidence);
    }

    [Fact]
    public void Rules_of_Docker_s_name_server_in_a_container_are_not_the_daemon_s()
    {
        const string text = """
            *nat
            :PREROUTING ACCEPT [0:0]
            :INPUT ACCEPT [0:0]
            :OUTPUT ACCEPT [0:0]
            :POSTROUTING ACCEPT [0:0]
            :DOCKER_OUTPUT - [0:0]
            :DOCKER_POSTROUTING - [0:0]
            -A OUTPUT -d 127.0.0.11/32 -j DOCKER_OUTPUT
            -A POSTROUTING -d 127.0.0.11/32 -j DOCKER_POSTROUTING
            -A DOCKER_OUTPUT -d 127.0.0.11/32 -p tcp -m tcp --dport 53 -j DNAT --to-destination 127.0.0.11:41001
            -A DOCKER_OUTPUT -d 127.0.0.11/32 -p udp -m udp --dport 53 -j DNAT --to-destination 127.0.0.11:41002
            -A DOCKER_POSTROUTING -s 127.0.0.11/32 -p tcp -m tcp --sport 41001 -j SNAT --to-source :53
            -A DOCKER_POSTROUTING -s 127.0.0.11/32 -p udp -m udp --sport 41002 -j SNAT --to-source :53
            COMMIT

            """;
        Assert.Empty(Judge(text));
        Assert.Equal(ChainCause.NotPresent, Assert.Single(ChainReport.Read(RulesetParser.Parse(text), [ChainOwner.Docker], isWhole: true)).Cause);
        // A kind node: the rules of the container beside those of kube-proxy.
        Assert.All(Judge(KubeProxyVersion.Write(31, KubeProxySample.Services) + text.Replace("*nat", "*raw", StringComparison.Ordinal)), r => Assert.Equal(ChainVerdict.Works, r.Verdict));
    }

    [Fact]
    public void A_single_missing_rule_is_written_in_the_singular()
    {
        var results = Judge("""
            *nat
            :PREROUTING ACCEPT [0:0]
            :OUTPUT ACCEPT [0:0]
            :POSTROUTING ACCEPT [0:0]
            :KUBE-MARK-MASQ - [0:0]
            :KUBE-POSTROUTING - [0:0]
            :KUBE-SEP-AAAAAAAAAAAAAAAA - [0:0]
            :KUBE-SERVICES - [0:0]
            -A KUBE-POSTROUTING -m mark --mark 0x4000/0x4000 -j MASQUERADE
            -A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
            COMMIT

            """);
        Assert.Equal("KUBE-POSTROUTING stands with 1 rule, and no rule of POSTROUTING jumps to it.", results.Single(r => r is { Table: "nat", Group: "masquerade" }).Evidence);
        Assert.Equal("Nothing leads to 1 of 1 chain: KUBE-SEP-AAAAAAAAAAAAAAAA.", results.Single(r => r is { Table: "nat", Group: "endpoints" }).Evidence);
        string earlier = "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -s 10.244.0.0/16 -m comment --comment \"flanneld forward\" -j ACCEPT\nCOMMIT\n";
        Assert.StartsWith("1 rule of an earlier version stands in built-in chains: ", Assert.Single(Judge(earlier)).Evidence, StringComparison.Ordinal);
    }
}
