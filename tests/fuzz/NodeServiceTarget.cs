using System.Text;
using K8sNetfilter.Errors;
using K8sNetfilter.Services;

namespace K8sNetfilter.Fuzz;

/// <summary>What kube-proxy's nftables and IPVS modes leave to be read: nft's JSON, and /proc/net/ip_vs.</summary>
internal sealed class NodeServiceTarget : IFuzzTarget
{
    public string Name => "node-service";

    public IEnumerable<byte[]> Seeds => new[]
    {
        """{"nftables":[{"metainfo":{"version":"1.0.6"}},{"set":{"family":"ip","name":"affinity-A","table":"kube-proxy","timeout":10800}},{"map":{"family":"ip","name":"service-ips","table":"kube-proxy","map":"verdict","elem":[[{"concat":["10.96.0.10","tcp",80]},{"goto":{"target":"service-AAAA-shop/web/tcp/http"}}]]}},{"rule":{"family":"ip","table":"kube-proxy","chain":"service-AAAA-shop/web/tcp/http","expr":[{"match":{"op":"==","left":{"payload":{"protocol":"ip","field":"saddr"}},"right":"@affinity-A"}},{"vmap":{"key":{"numgen":{"mode":"random","mod":1}},"data":{"set":[[0,{"goto":{"target":"endpoint-A"}}]]}}}]}},{"rule":{"family":"ip","table":"kube-proxy","chain":"endpoint-A","expr":[{"dnat":{"addr":"10.244.0.3","port":8080}}]}}]}""",
        """{"nftables":[{"map":{"family":"ip6","name":"no-endpoint-services","table":"kube-proxy","elem":[[{"elem":{"val":{"concat":["fd00::1",17,53]},"comment":"a/b:c"}},{"drop":null}]]}},{"map":{"family":"ip6","name":"firewall-ips","table":"kube-proxy","elem":[[{"concat":["fd00::1","tcp",80]},{"goto":{"target":"firewall-x"}}]]}},{"rule":{"family":"ip6","table":"kube-proxy","chain":"firewall-x","expr":[{"match":{"op":"!=","right":{"set":["fd00::2",{"prefix":{"addr":"fd01::","len":64}},{"range":["fd02::","fd03::"]}]}}},{"drop":null}]}}]}""",
        "IP Virtual Server version 1.2.1 (size=4096)\nProt LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\nTCP  0A60000A:0050 wrr persistent 10800 FFFFFFFF\n  -> 0AF40002:1F90      Masq    1      0          0\nTCP  [fd00:0010:0096:0000:0000:0000:0000:000a]:0050 rr\n",
    }.Select(Encoding.UTF8.GetBytes);

    public void Run(byte[] input)
    {
        try
        {
            foreach (var service in NftServiceReader.Read(input, "(fuzz)"))
            {
                _ = service.ToString();
            }
        }
        catch (NodeException failure) when (failure.ErrorId == "ServiceTableInvalid")
        {
        }

        foreach (var service in VirtualServerReader.Read(Encoding.UTF8.GetString(input).Split('\n'), null))
        {
            _ = service.ToString();
        }
    }
}
