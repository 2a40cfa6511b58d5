using System.Text;
using System.Text.Json;
using K8sNetfilter.Packets;

namespace K8sNetfilter.Tests.Packets;

public sealed class HookTextTests
{
    [Fact]
    public void Nfts_own_list_is_read()
    {
        var entries = HookText.Parse("""
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
        Assert.Equal(entries, HookText.Parse(HookText.Format(entries)));
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
        Assert.Equal(new NftBaseChain(HookLayer.IP, IPFamily.IPv4, "nat", "PREROUTING", "nat", HookPoint.Prerouting, -100, 2), chain);
        using var written = new MemoryStream();
        NftChainJson.Write(written, [chain]);
        Assert.Equal(chain, Assert.Single(NftChainJson.Parse(written.ToArray())));
        Assert.Empty(NftChainJson.Parse(default));
        Assert.ThrowsAny<JsonException>(() => NftChainJson.Parse("[]"u8.ToArray()));
    }
}
