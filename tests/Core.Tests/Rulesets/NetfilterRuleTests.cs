using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets.Parts;
using K8sNetfilter.Rulesets.Parts.Matches;
using K8sNetfilter.Rulesets.Parts.Targets;
using K8sNetfilter.Rulesets.Reading;

namespace K8sNetfilter.Tests.Rulesets;

public sealed class NetfilterRuleTests
{
    [Fact]
    public void A_rule_of_kube_proxy_is_read_by_name_and_value()
    {
        var rule = RoundTrip.One("-A INPUT ! -s 10.244.0.0/16 -d 10.96.0.10/32 -p tcp -m comment --comment \"kube-system/kube-dns:dns-tcp cluster IP\" -m tcp --dport 53 -j KUBE-MARK-MASQ", "nat");
        Assert.Equal("KUBE-MARK-MASQ", rule.Target!.Name);
        Assert.Equal(RuleTargetKind.Jump, rule.Target.Kind);
        Assert.Equal("kube-system/kube-dns:dns-tcp cluster IP", rule.Comment);
        Assert.Equal(["source", "destination", "protocol", "comment", "tcp"], rule.Matches.Select(m => m.Name));
        var source = Assert.IsType<AddressMatch>(rule.Matches[0]);
        Assert.True(source.Negated);
        Assert.Equal("10.244.0.0/16", source.Value.Prefix.ToString());
        Assert.Equal(new PortRange(53, 53), Assert.IsType<TransportMatch>(rule.Matches[4]).DestinationPorts);
        Assert.Equal("53", rule.Matches[4]["dport"]);
        Assert.Equal(IPFamily.IPv4, rule.Family);
        Assert.Null(rule.Packets);
    }

    [Fact]
    public void Counters_stand_in_brackets()
    {
        var rule = RoundTrip.One("[12:3456] -A INPUT -j ACCEPT");
        Assert.Equal(12UL, rule.Packets);
        Assert.Equal(3456UL, rule.Bytes);
    }

    [Theory]
    [InlineData("-A INPUT")]
    [InlineData("-A INPUT -m comment --comment --dport -j ACCEPT")]
    [InlineData("-A INPUT -m comment --comment \"it\\'s \\\"quoted\\\" and \\\\ more\" -j ACCEPT")]
    [InlineData("-A INPUT -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -m recent --set --name DEFAULT --mask 255.255.255.255 --rsource -j DROP")]
    [InlineData("-A INPUT -m somethingnew --colour blue ! --shape round thing -j SOMEWHERE --else 1")]
    [InlineData("-A INPUT -m foo [unsupported revision] -j FOO [unsupported revision]")]
    [InlineData("-A INPUT -m set ! --match-set blocked src,dst --return-nomatch ! --update-counters -g KUBE-MARK-MASQ")]
    public void A_line_is_written_again_from_the_model(string line) => RoundTrip.One(line);

    [Theory]
    [InlineData("-A INPUT -p tcp --dport 80 -j ACCEPT")]
    [InlineData("-A INPUT -s ! 10.0.0.0/8 -p tcp -m tcp --dport ! 80 -j ACCEPT")]
    [InlineData("-A INPUT -ptcp --dport=80   -j\tACCEPT ")]
    [InlineData("-A INPUT -j DNAT -p tcp --to-destination 10.0.0.1:80 -m tcp --dport 80 -m comment --to-destination 5 --comment 'x'")]
    [InlineData("  -A INPUT --source 10.0.0.1 --jump ACCEPT -c 5 10")]
    public void A_line_written_by_hand_keeps_its_own_spelling(string line)
    {
        var ruleset = RulesetParser.Parse($"*nat\n:INPUT ACCEPT [0:0]\n{line}\nCOMMIT\n");
        Assert.Empty(ruleset.Problems);
        var rule = Assert.Single(ruleset.Tables[0].Chains[0].GetRules());
        Assert.Equal(line, rule.Text);
        Assert.Equal(line, rule.ToString());
    }

    [Fact]
    public void A_target_equals_its_name()
    {
        var target = RoundTrip.One("-A INPUT -p tcp -j DNAT --to-destination 10.244.0.3:8080 --random --persistent", "nat").Target!;
        Assert.True(target.Equals("dnat"));
        Assert.Equal("DNAT", target.ToString());
        var nat = Assert.IsType<NatTarget>(target);
        Assert.Equal("10.244.0.3", nat.Addresses.ToString());
        Assert.Equal(new PortRange(8080, 8080), nat.Ports);
        Assert.True(nat is { Random: true, Persistent: true });
    }
}
