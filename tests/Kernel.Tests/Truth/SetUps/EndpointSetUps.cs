using System.Net;
using static K8sNetfilter.Tests.Truth.AllSetUps;

namespace K8sNetfilter.Tests.Truth;

/// <summary>Endpoints that do not listen, listen elsewhere, or are gone.</summary>
internal static class EndpointSetUps
{
    private const string Kind = "endpoint";

    public static IEnumerable<SetUp> List() =>
        [
            .. Both(Kind, "nothing listens", n => n.KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080))]).Call(n.A, n.At.Service, 80)
                .IsFalse("listens on 8080/tcp")),
            .. Both(Kind, "nothing listens in a routed pod", n => { _ = n.C; n.KubeProxy([n.Web(new IPEndPoint(n.At.C, 8080))])
                .Call(n.A, n.At.Service, 80).IsFalse("listens on 8080/tcp"); }),
            .. Both(Kind, "it listens on another port", n => n.Listen(n.B, 8081).KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080))])
                .Call(n.A, n.At.Service, 80).IsFalse("listens on 8080/tcp")),
            .. Both(Kind, "it listens on loopback alone", n => n.Listen(n.B, 8080, at: n.V6 ? IPAddress.IPv6Loopback : IPAddress.Loopback)
                .KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080))]).Call(n.A, n.At.Service, 80).IsFalse("listens on 8080/tcp")),
            .. Both(Kind, "it listens on its own address", n => n.Listen(n.B, 8080, at: n.At.B)
                .KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080))]).Call(n.A, n.At.Service, 80)),
            Only(Kind, "it listens with an IPv6 socket for both", n => n.Listen(n.B, 8080, isDual: true)
                .KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080))]).Call(n.A, n.At.Service, 80)),
            Only(Kind, "it listens with an IPv6 socket for IPv6 alone", n => n.Listen(n.B, 8080, isDual: false)
                .KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080))]).Call(n.A, n.At.Service, 80).IsFalse("listens on 8080/tcp")),
            .. Both(Kind, "it listens over UDP", n => n.Listen(n.B, 8080, udp: true).KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080))])
                .Call(n.A, n.At.Service, 80).IsFalse("listens on 8080/tcp")),
            .. Both(Kind, "no pod has its address", n => n.KubeProxy([n.Web(new IPEndPoint(n.At.NoPod, 8080))])
                .Call(n.A, n.At.Service, 80).IsFalse(n.At.NoPod.ToString())),
            Only(Kind, "its pod is gone and its neighbour entry has failed", n => n.KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080))])
                .In(n.B, "ip link set eth0 down").Do("ip neigh flush dev cni0").Call(n.A, n.At.Service, 80).IsFalse(n.At.B.ToString())),
            Only(Kind, "its pod has another address now", n => n.Listen(n.B, 8080).KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080))])
                .In(n.B, "ip addr flush dev eth0", $"ip addr add {n.At.NoPod}/24 dev eth0").Do("ip neigh flush dev cni0")
                .Call(n.A, n.At.Service, 80).IsFalse(n.At.B.ToString())),
            Only(Kind, "the pod's own rules drop", n => n.Listen(n.B, 8080).KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080))])
                .In(n.B, "nft -f - <<N", "table ip t {", "chain i { type filter hook input priority 0; policy drop; }", "}", "N")
                .Call(n.A, n.At.Service, 80).IsFalse("listens on 8080/tcp").IsFalse("netfilter rule of")),
            .. Both(Kind, "a pod calls another pod that listens", n => n.Listen(n.B, 8080).Call(n.A, n.At.B, 8080)),
            .. Both(Kind, "a pod calls another pod that does not listen", n => n.Call(n.A, n.At.B, 8080).IsFalse("listens on 8080/tcp")),
            Only(Kind, "the node calls a pod that listens, and one that does not", n => n.Listen(n.B, 8080).Call(n.Node, n.At.B, 8080)
                .Call(n.Node, n.At.A, 8080).IsFalse("10.244.1.2 listens on 8080/tcp")),
            .. Both(Kind, "an outside machine calls a pod", n => n.Listen(n.B, 8080).Call(n.Outside, n.At.B, 8080)),
            .. Both(Kind, "two endpoints, both serve", n => n.Listen(n.B, 8080).Listen(n.C, 8080)
                .KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080), new IPEndPoint(n.At.C, 8080))]).Call(n.A, n.At.Service, 80)),
            .. Both(Kind, "two endpoints, none serves", n => { _ = n.C; n.KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080),
                new IPEndPoint(n.At.C, 8080))]).Call(n.A, n.At.Service, 80).IsFalse("listens on 8080/tcp"); }),
            .. Both(Kind, "the Service has none", n => n.KubeProxy([n.Web()]).Call(n.A, n.At.Service, 80).Call(n.Node, n.At.Service, 80)),
            Only(Kind, "the Service has none, in nftables mode", n => n.KubeProxyNft(n.Web()).Call(n.A, n.At.Service, 80)),
            .. Both(Kind, "a Service with session affinity", n => n.Listen(n.B, 8080)
                .KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080)) with { AffinitySeconds = 10800 }]).Call(n.A, n.At.Service, 80)),
        ];
}
