using System.Text;
using K8sNetfilter.Diagnosis.Chains;
using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Tests.Rulesets;

namespace K8sNetfilter.Tests.Diagnosis;

public sealed class ChainReportTests
{
    private static NetfilterChainResult[] Judge(string text, bool isWhole = false, params ChainOwner[] owners) =>
        [.. ChainReport.Read(RulesetParser.Parse(text), owners.Length == 0 ? null : owners, isWhole)];

    [Fact]
    public void A_table_that_the_text_does_not_have_is_unknown_and_on_a_node_broken()
    {
        string nat = "*nat\n" + OwnerRuleset.KubeProxy.Split("*nat\n")[1].Split("*mangle\n")[0];
        var given = Judge(nat);
        Assert.All(given.Where(r => r.Table == "nat"), r => Assert.Equal(ChainVerdict.Works, r.Verdict));
        Assert.All(given.Where(r => r.Table == "filter"), r => Assert.Equal((ChainVerdict.Unknown, ChainCause.NotGiven), (r.Verdict, r.Cause)));
        Assert.Equal("The text has no table filter.", given.First(r => r.Table == "filter").Evidence);
        Assert.All(Judge(nat, isWhole: true).Where(r => r.Table == "filter"), r => Assert.Equal((ChainVerdict.Broken, ChainCause.ChainMissing), (r.Verdict, r.Cause)));
    }

    [Fact]
    public void A_text_that_is_cut_off_says_nothing_of_what_may_have_followed()
    {
        string text = OwnerRuleset.Cilium[..OwnerRuleset.Cilium.IndexOf(":CILIUM_OUTPUT - ", StringComparison.Ordinal)];
        var result = Judge(text).Single(r => r.Table == "filter");
        Assert.Contains("cut off before CILIUM_OUTPUT", result.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public void Rules_that_flannel_once_wrote_into_the_built_in_chains_are_left_over()
    {
        var results = Judge("""
            *nat
            :POSTROUTING ACCEPT [0:0]
            -A POSTROUTING -s 10.244.0.0/16 -d 10.244.0.0/16 -m comment --comment "flanneld masq" -j RETURN
            COMMIT

            """);
        var old = Assert.Single(results);
        Assert.Equal((ChainOwner.Flannel, ChainVerdict.Stale, "earlier"), (old.Owner, old.Verdict, old.Group));
        Assert.Equal("iptables -t nat -D POSTROUTING -s 10.244.0.0/16 -d 10.244.0.0/16 -m comment --comment \"flanneld masq\" -j RETURN", old.Remedy);
    }

    [Fact]
    public void Ipvs_mode_does_not_need_the_filter_services_of_iptables_mode()
    {
        string text = """
            *filter
            :INPUT ACCEPT [0:0]
            :FORWARD ACCEPT [0:0]
            :OUTPUT ACCEPT [0:0]
            :KUBE-FORWARD - [0:0]
            :KUBE-IPVS-FILTER - [0:0]
            -A INPUT -m comment --comment "kubernetes ipvs access filter" -j KUBE-IPVS-FILTER
            -A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
            -A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT
            COMMIT

            """;
        Assert.Equal([("forward", ChainVerdict.Works)], Judge(text).Where(r => r.Table == "filter").Select(r => (r.Group, r.Verdict)));
    }

    [Fact]
    public void Chains_of_others_with_a_like_name_are_not_taken_for_these()
    {
        Assert.Empty(Judge("""
            *filter
            :INPUT ACCEPT [0:0]
            :KUBE-ROUTER-INPUT - [0:0]
            :KUBE-NWPLCY-AAAA - [0:0]
            :cali_user - [0:0]
            :CNI-1234 - [0:0]
            COMMIT

            """));
    }

    [Fact]
    public void Names_from_outside_neither_reach_a_terminal_raw_nor_a_command_line()
    {
        var results = Judge("*nat\n:PREROUTING ACCEPT [0:0]\n:KUBE-SVC-\u001b[2J - [0:0]\n:califw-\u001b[31m - [0:0]\nCOMMIT\n");
        Assert.DoesNotContain(results, r => $"{r.Evidence}{r.Remedy}".Any(char.IsControl));
        Assert.Null(results.Single(r => r.Group == "earlier").Remedy);
    }

    [Fact]
    public void A_chain_of_an_old_name_that_claims_to_be_built_in_is_no_matter()
    {
        // Found by fuzzing.
        var old = Assert.Single(Judge("*filter\n:califw-a x [0:0]\nCOMMIT\n"));
        Assert.Equal("califw-a: packets still come there.", old.Evidence);
    }

    [Fact]
    public void Work_grows_with_the_chains_and_not_faster()
    {
        // Each chain leads to the next, none is reached, and nothing of it is told one by one.
        var text = new StringBuilder("*nat\n:PREROUTING ACCEPT [0:0]\n");
        const int Chains = 100_000;
        for (int i = 0; i < Chains; i++)
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $":KUBE-SVC-{i:D16} - [0:0]\n");
        }

        for (int i = 0; i < Chains - 1; i++)
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"-A KUBE-SVC-{i:D16} -j KUBE-SVC-{i + 1:D16}\n");
        }

        var result = Judge(text.Append("COMMIT\n").ToString()).Single(r => r.Group == "endpoints");
        Assert.Equal((Chains, ChainCause.LeftOver), (result.ChainCount, result.Cause));
        Assert.InRange(result.Evidence!.Length, 10, 2000);
        Assert.InRange(result.Remedy!.Length, 10, 4000);
    }
}
