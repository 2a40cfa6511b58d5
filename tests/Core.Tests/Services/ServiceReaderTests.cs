using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Services;

namespace K8sNetfilter.Tests.Services;

public sealed class ServiceReaderTests
{
    private const string Dump = """
        *filter
        :INPUT ACCEPT [0:0]
        :FORWARD ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        :KUBE-EXTERNAL-SERVICES - [0:0]
        :KUBE-FW-QYFSDL5JPXYW4WOJ - [0:0]
        :KUBE-PROXY-FIREWALL - [0:0]
        :KUBE-SERVICES - [0:0]
        -A KUBE-FW-QYFSDL5JPXYW4WOJ -s 203.0.113.0/24 -m comment --comment "shop/web:http loadbalancer IP" -j RETURN
        -A KUBE-FW-QYFSDL5JPXYW4WOJ -m comment --comment "other traffic to shop/web:http will be dropped by KUBE-PROXY-FIREWALL" -j DROP
        -A KUBE-PROXY-FIREWALL -d 5.6.7.8/32 -p tcp -m comment --comment "shop/web:http traffic not accepted by KUBE-FW-QYFSDL5JPXYW4WOJ" -m tcp --dport 80 -j KUBE-FW-QYFSDL5JPXYW4WOJ
        -A KUBE-SERVICES -d 10.96.0.99/32 -p udp -m comment --comment "shop/empty has no endpoints" -m udp --dport 53 -j REJECT --reject-with icmp-port-unreachable
        COMMIT
        *nat
        :PREROUTING ACCEPT [0:0]
        :OUTPUT ACCEPT [0:0]
        :POSTROUTING ACCEPT [0:0]
        :KUBE-EXT-QYFSDL5JPXYW4WOJ - [0:0]
        :KUBE-MARK-MASQ - [0:0]
        :KUBE-NODEPORTS - [0:0]
        :KUBE-SEP-AAAAAAAAAAAAAAAA - [0:0]
        :KUBE-SEP-BBBBBBBBBBBBBBBB - [0:0]
        :KUBE-SEP-CCCCCCCCCCCCCCCC - [0:0]
        :KUBE-SERVICES - [0:0]
        :KUBE-SVC-NPX46M4PTMTKRN6Y - [0:0]
        :KUBE-SVC-QYFSDL5JPXYW4WOJ - [0:0]
        :KUBE-SVL-QYFSDL5JPXYW4WOJ - [0:0]
        -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
        -A KUBE-EXT-QYFSDL5JPXYW4WOJ -s 10.244.0.0/16 -m comment --comment "pod traffic for shop/web:http external destinations" -j KUBE-SVC-QYFSDL5JPXYW4WOJ
        -A KUBE-EXT-QYFSDL5JPXYW4WOJ -m comment --comment "masquerade LOCAL traffic for shop/web:http external destinations" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ
        -A KUBE-EXT-QYFSDL5JPXYW4WOJ -m comment --comment "route LOCAL traffic for shop/web:http external destinations" -m addrtype --src-type LOCAL -j KUBE-SVC-QYFSDL5JPXYW4WOJ
        -A KUBE-EXT-QYFSDL5JPXYW4WOJ -j KUBE-SVL-QYFSDL5JPXYW4WOJ
        -A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
        -A KUBE-NODEPORTS -d 127.0.0.0/8 -p tcp -m comment --comment "shop/web:http" -m tcp --dport 30080 -m nfacct --nfacct-name localhost_nps_accepted_pkts -j KUBE-EXT-QYFSDL5JPXYW4WOJ
        -A KUBE-NODEPORTS -p tcp -m comment --comment "shop/web:http" -m tcp --dport 30080 -j KUBE-EXT-QYFSDL5JPXYW4WOJ
        -A KUBE-SEP-AAAAAAAAAAAAAAAA -s 10.244.0.3/32 -m comment --comment "shop/web:http" -j KUBE-MARK-MASQ
        -A KUBE-SEP-AAAAAAAAAAAAAAAA -p tcp -m comment --comment "shop/web:http" -m recent --set --name KUBE-SEP-AAAAAAAAAAAAAAAA --mask 255.255.255.255 --rsource -m tcp -j DNAT --to-destination 10.244.0.3:8080
        -A KUBE-SEP-BBBBBBBBBBBBBBBB -s 10.244.0.4/32 -m comment --comment "shop/web:http" -j KUBE-MARK-MASQ
        -A KUBE-SEP-BBBBBBBBBBBBBBBB -p tcp -m comment --comment "shop/web:http" -m tcp -j DNAT --to-destination 10.244.0.4:8080
        -A KUBE-SEP-CCCCCCCCCCCCCCCC -s 192.0.2.1/32 -j KUBE-MARK-MASQ
        -A KUBE-SEP-CCCCCCCCCCCCCCCC -p tcp -m tcp -j DNAT --to-destination 192.0.2.1:6443
        -A KUBE-SERVICES -d 10.96.0.10/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-QYFSDL5JPXYW4WOJ
        -A KUBE-SERVICES -d 1.2.3.4/32 -p tcp -m comment --comment "shop/web:http external IP" -m tcp --dport 80 -j KUBE-EXT-QYFSDL5JPXYW4WOJ
        -A KUBE-SERVICES -d 5.6.7.8/32 -p tcp -m comment --comment "shop/web:http loadbalancer IP" -m tcp --dport 80 -j KUBE-EXT-QYFSDL5JPXYW4WOJ
        -A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m tcp --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y
        -A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
        -A KUBE-SVC-NPX46M4PTMTKRN6Y -j KUBE-SEP-CCCCCCCCCCCCCCCC
        -A KUBE-SVC-QYFSDL5JPXYW4WOJ ! -s 10.244.0.0/16 -d 10.96.0.10/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ
        -A KUBE-SVC-QYFSDL5JPXYW4WOJ -m comment --comment "shop/web:http -> 10.244.0.3:8080" -m recent --rcheck --seconds 10800 --reap --name KUBE-SEP-AAAAAAAAAAAAAAAA --mask 255.255.255.255 --rsource -j KUBE-SEP-AAAAAAAAAAAAAAAA
        -A KUBE-SVC-QYFSDL5JPXYW4WOJ -m comment --comment "shop/web:http -> 10.244.0.4:8080" -m recent --rcheck --seconds 10800 --reap --name KUBE-SEP-BBBBBBBBBBBBBBBB --mask 255.255.255.255 --rsource -j KUBE-SEP-BBBBBBBBBBBBBBBB
        -A KUBE-SVC-QYFSDL5JPXYW4WOJ -m comment --comment "shop/web:http -> 10.244.0.3:8080" -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-AAAAAAAAAAAAAAAA
        -A KUBE-SVC-QYFSDL5JPXYW4WOJ -m comment --comment "shop/web:http -> 10.244.0.4:8080" -j KUBE-SEP-BBBBBBBBBBBBBBBB
        -A KUBE-SVL-QYFSDL5JPXYW4WOJ -m comment --comment "shop/web:http -> 10.244.0.3:8080" -j KUBE-SEP-AAAAAAAAAAAAAAAA
        COMMIT
        """;

    private static NodeService[] Read(string dump, params string[] names) => [.. ServiceReader.Read(RulesetParser.Parse(dump), names)];

    [Fact]
    public void Every_way_to_a_Service_is_recovered_with_its_endpoints()
    {
        var services = Read(Dump);
        Assert.Equal(
            [
                "shop/web:http ClusterIP 10.96.0.10:80/tcp local=False -> 10.244.0.3:8080*0.5, 10.244.0.4:8080*0.5",
                "shop/web:http ExternalIP 1.2.3.4:80/tcp local=True -> 10.244.0.3:8080*1",
                "shop/web:http LoadBalancer 5.6.7.8:80/tcp local=True -> 10.244.0.3:8080*1",
                "10.96.0.1:443/tcp ClusterIP 10.96.0.1:443/tcp local=False -> 192.0.2.1:6443*1",
                "shop/web:http NodePort :30080/tcp local=True -> 10.244.0.3:8080*1",
                "shop/empty ClusterIP 10.96.0.99:53/udp local=False -> ",
            ],
            services.Select(s => $"{s} {s.Type} {s.IP}:{s.Port}/{s.Protocol} local={s.IsLocalOnly} -> {string.Join(", ", s.EndpointDetails.Select(e => $"{e}*{e.Weight}"))}"));
        Assert.Equal(TimeSpan.FromHours(3), services[0].Affinity);
        Assert.Equal(["203.0.113.0/24"], services[2].SourceRanges);
        Assert.Equal("REJECT", services[5].Refusal);
        Assert.All(services, s => Assert.Equal(IPFamily.IPv4, s.Family));
    }

    [Fact]
    public void A_name_without_a_comment_is_found_by_its_hash() =>
        Assert.Equal("default/kubernetes:https", Read(Dump, "other/name", "default/kubernetes:https")[3].FullName);

    [Fact]
    public void A_chain_that_leads_to_itself_ends()
    {
        var services = Read("""
            *nat
            :PREROUTING ACCEPT [0:0]
            :KUBE-SERVICES - [0:0]
            :KUBE-EXT-AAAAAAAAAAAAAAAA - [0:0]
            :KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]
            -A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m tcp --dport 443 -j KUBE-EXT-AAAAAAAAAAAAAAAA
            -A KUBE-EXT-AAAAAAAAAAAAAAAA -j KUBE-SVC-AAAAAAAAAAAAAAAA
            -A KUBE-SVC-AAAAAAAAAAAAAAAA -j KUBE-EXT-AAAAAAAAAAAAAAAA
            COMMIT
            """);
        Assert.Empty(Assert.Single(services).Endpoints);
    }

    [Theory]
    [InlineData("ns/name:port cluster IP", "ns/name:port")]
    [InlineData("ns/name has no endpoints", "ns/name")]
    [InlineData("kubernetes service portals", null)]
    [InlineData("../../etc/passwd:x", null)]
    [InlineData("ns/na\x1bme:port", null)]
    [InlineData("", null)]
    public void A_name_is_taken_only_where_Kubernetes_would_allow_it(string comment, string? name) =>
        Assert.Equal(name, ServiceName.Parse(comment)?.ToString());
}
