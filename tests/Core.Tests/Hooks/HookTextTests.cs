using System.Text;
using System.Text.Json;
using K8sNetfilter.Addressing;
using K8sNetfilter.Hooks;

namespace K8sNetfilter.Tests.Hooks;

public sealed class HookTextTests
{
    [Fact]
    public void Nfts_own_list_is_read()
    {
        var entries = NftHookText.Parse("""
            family ip {
            	hook prerouting {
            		-0000000400 ipv4_conntrack_defrag [nf_defrag_ipv4]
            		 0000000000 chain ip nat PREROUTING [nf_tables]
            		+2147483647 nf_confirm [nf_conntrack]
            	}
            }
            family netdev {
            	hook ingress device eth0 {
            		 0000000000 chain netdev t c [nf_tables]
            	}
            }
            family bridge {
            	hook forward {
            		-0000000200 br_nf_forward [br_netfilter]
            	}
            }
            """);
        Assert.Equal(
        [
            new(HookLayer.IP, IPFamily.IPv4, HookPoint.Prerouting, -400, "ipv4_conntrack_defrag", "nf_defrag_ipv4", null, null),
            new(HookLayer.IP, IPFamily.IPv4, HookPoint.Prerouting, 0, null, "nf_tables", "nat", "PREROUTING"),
            new(HookLayer.IP, IPFamily.IPv4, HookPoint.Prerouting, int.MaxValue, "nf_confirm", "nf_conntrack", null, null),
            new HookEntry(HookLayer.Bridge, IPFamily.Unspecified, HookPoint.Forward, -200, "br_nf_forward", "br_netfilter", null, null),
        ], entries);
        Assert.Equal(entries, NftHookText.Parse(NftHookText.Format(entries)));
    }

    [Fact]
    public void Base_chains_are_read_with_the_rules_that_are_listed()
    {
        byte[] json = Encoding.UTF8.GetBytes("""
            {"nftables": [{"metainfo": {"version": "1.0.6"}}, {"table": {"family": "ip", "name": "nat", "handle": 1}},
             {"chain": {"family": "ip", "table": "nat", "name": "PREROUTING", "handle": 1, "type": "nat", "hook": "prerouting", "prio": -100, "policy": "accept"}},
             {"chain": {"family": "ip", "table": "nat", "name": "KUBE-SERVICES", "handle": 2}},
             {"rule": {"family": "ip", "table": "nat", "chain": "PREROUTING", "handle": 3, "expr": []}},
             {"rule": {"family": "ip", "table": "nat", "chain": "PREROUTING", "handle": 4, "expr": []}}]}
            """);
        var chain = Assert.Single(NftChainJson.Parse(json));
        Assert.Equal(new NftBaseChain(HookLayer.IP, IPFamily.IPv4, "nat", "PREROUTING", "nat", HookPoint.Prerouting, -100, 2) { Accepts = true, Effect = ChainEffect.Nothing }, chain);
        using var written = new MemoryStream();
        NftChainJson.Write(written, [chain]);
        Assert.Equal(chain, Assert.Single(NftChainJson.Parse(written.ToArray())));
        Assert.Empty(NftChainJson.Parse(default));
        Assert.ThrowsAny<JsonException>(() => NftChainJson.Parse("[]"u8.ToArray()));
        Assert.Contains("nft -j list ruleset", Assert.ThrowsAny<JsonException>(() => NftChainJson.Parse("table ip filter {\n}\n"u8.ToArray())).Message, StringComparison.Ordinal);
    }

    /// <summary>As nft prints them: a rule of which it is not known what it does may change anything, and 1.0.6 prints a table's name for its flags.</summary>
    [Theory]
    [InlineData("inet", "forward", "accept", """[{"counter": {"packets": 0, "bytes": 0}}, {"drop": null}]""", "", ChainEffect.Drops)]
    [InlineData("inet", "forward", "accept", """[{"reject": {"type": "icmpx", "expr": "port-unreachable"}}]""", "", ChainEffect.Rejects)]
    [InlineData("netdev", "ingress", "accept", """[{"match": {"op": "==", "left": {}, "right": "10.0.0.1"}}, {"drop": null}]""", "", ChainEffect.Filters)]
    [InlineData("arp", "input", "accept", """[{"match": {"op": "==", "left": {}, "right": 1}}, {"accept": null}]""", "", ChainEffect.Nothing)]
    [InlineData("bridge", "output", "drop", """[{"match": {"op": "==", "left": {}, "right": 1}}, {"accept": null}]""", "", ChainEffect.Filters)]
    [InlineData("ip", "prerouting", "accept", """[{"mangle": {"key": {"meta": {"key": "mark"}}, "value": 1}}]""", "", ChainEffect.Changes)]
    [InlineData("ip", "prerouting", "accept", """[{"notrack": null}]""", "", ChainEffect.Changes)]
    [InlineData("ip", "prerouting", "accept", """[{"something new": null}]""", "", ChainEffect.Changes)]
    [InlineData("ip", "forward", "accept", """[{"jump": {"target": "not there"}}]""", "", ChainEffect.Nothing)]
    [InlineData("ip", "forward", "accept", """[{"vmap": {"key": {}, "data": "@m"}}]""", "", ChainEffect.Filters)]
    [InlineData("ip", "forward", "drop", "[]", """, "flags": ["dormant"]""", ChainEffect.Drops, true)]
    [InlineData("ip", "forward", "drop", "[]", """, "flags": "t" """, ChainEffect.Drops, null)]
    public void A_base_chain_is_taken_for_what_its_rules_do_to_every_packet(
        string family, string hook, string policy, string rule, string flags, ChainEffect effect, bool? isDormant = false)
    {
        var chain = Assert.Single(NftChainJson.Parse(Encoding.UTF8.GetBytes($$$"""
            {"nftables": [{"table": {"family": "{{{family}}}", "name": "t"{{{flags}}}}},
             {"chain": {"family": "{{{family}}}", "table": "t", "name": "c", "type": "filter", "hook": "{{{hook}}}", "prio": 0, "policy": "{{{policy}}}"}},
             {"rule": {"family": "{{{family}}}", "table": "t", "chain": "c", "expr": {{{rule}}}}}]}
            """)));
        Assert.Equal((family, effect, isDormant), (chain.TableFamily, chain.Effect, chain.IsDormant));
    }

    /// <summary>Legacy ebtables and arptables as their tools print them.</summary>
    [Fact]
    public void Legacy_tables_below_IP_are_read()
    {
        var bridge = LegacyChainText.Parse("""
            Bridge table: broute

            Bridge chain: BROUTING, entries: 1, policy: ACCEPT
            -p IPv4 -j DROP
            Bridge table: filter

            Bridge chain: INPUT, entries: 0, policy: ACCEPT

            Bridge chain: FORWARD, entries: 1, policy: ACCEPT
            -j DROP

            Bridge chain: OUTPUT, entries: 2, policy: ACCEPT
            -o veth+ -j KUBE-DEDUP
            -j ACCEPT

            Bridge chain: KUBE-DEDUP, entries: 1, policy: RETURN
            -p IPv4 -s a:58:a:f4:1:1 -o veth+ --ip-src 10.244.1.0/24 -j DROP
            """, HookLayer.Bridge);
        Assert.Equal(
            ["BROUTING Changes", "INPUT Nothing", "FORWARD Drops", "OUTPUT Filters"], bridge.Select(c => $"{c.Name} {c.Effect}"));
        Assert.Equal("the chain FORWARD of ebtables (legacy) in table filter on the forward hook", bridge[2].Text);
        var arp = LegacyChainText.Parse("Chain INPUT (policy ACCEPT)\n-j ACCEPT -s 10.0.0.1 \n-j DROP \n\nChain OUTPUT (policy DROP)\n\nChain FORWARD (policy ACCEPT)\n", HookLayer.Arp);
        Assert.Equal(["INPUT Filters", "OUTPUT Drops", "FORWARD Nothing"], arp.Select(c => $"{c.Name} {c.Effect}"));
    }
}
