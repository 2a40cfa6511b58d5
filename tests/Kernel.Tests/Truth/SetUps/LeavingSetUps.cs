using System.Net;
using K8sNetfilter.Rulesets;
using static K8sNetfilter.Tests.Truth.AllSetUps;

namespace K8sNetfilter.Tests.Truth;

/// <summary>Pods call machines outside, with and without masquerade or SNAT.</summary>
internal static class LeavingSetUps
{
    public static IEnumerable<SetUp> List() => [.. Masquerades(), .. SourceNat(), .. Nowhere()];

    private static TruthNode Serve(TruthNode n) => n.Listen(n.Outside, 8000).Call(n.A, n.At.Outside, 8000);

    // The outside machine does not know where pods are.
    private static TruthNode Strange(TruthNode n) => n.In(n.Outside, n.V6 ? "ip route del fd00:10::/32" : $"ip route del {n.At.Pods}");

    private static IEnumerable<SetUp> Masquerades()
    {
        const string Kind = "masquerade";
        return
        [
            .. Both(Kind, "a pod's call to the outside is masqueraded", n => Strange(Serve(n))
                .Rules($"-t nat -A POSTROUTING -s {n.At.Pods} ! -d {n.At.Pods} -j MASQUERADE")),
            .. Both(Kind, "a pod's call to the outside is masqueraded with random ports", n => Strange(Serve(n))
                .Rules($"-t nat -A POSTROUTING -s {n.At.Pods} -o eth0 -j MASQUERADE --random-fully")),
            Only(Kind, "a pod's call to the outside is masqueraded to a range of ports", n => Strange(Serve(n))
                .Rules($"-t nat -A POSTROUTING -p tcp -s {n.At.Pods} -o eth0 -j MASQUERADE --to-ports 40000-40100")),
            .. Both(Kind, "a pod's call to the outside is masqueraded on another interface", n => Strange(Serve(n))
                .Rules($"-t nat -A POSTROUTING -s {n.At.Pods} -o eth7 -j MASQUERADE").IsFalse("comes to this node").IsFalse("answers")),
            .. Both(Kind, "a pod's call to the outside is not masqueraded, and pods are known there", n => Serve(n)),
            .. Both(Kind, "a pod's call to the outside is not masqueraded, and pods are not known there", n => Strange(Serve(n))
                .IsFalse("comes to this node").IsFalse("answers")),
            Only(Kind, "ip-masq-agent leaves the outside network out", n => Strange(Serve(n))
                .Rules("-t nat -N IP-MASQ", "-t nat -A POSTROUTING -m addrtype ! --dst-type LOCAL -j IP-MASQ",
                "-t nat -A IP-MASQ -d 192.168.0.0/16 -j RETURN", "-t nat -A IP-MASQ -j MASQUERADE").IsFalse("comes to this node").IsFalse("answers")),
            Only(Kind, "nftables masquerades", n => Strange(Serve(n))
                .Nft($"table ip cni {{ chain post {{ type nat hook postrouting priority 100; ip saddr {n.At.Pods} ip daddr != {n.At.Pods} masquerade; }} }}")),
            Only(Kind, "an inet table masquerades", n => Strange(Serve(n))
                .Nft("table inet cni { chain post { type nat hook postrouting priority 100; oifname \"eth0\" masquerade; } }")),
            .. Both(Kind, "iptables-legacy masquerades", n => { n.Backend = NetfilterBackend.Legacy; Strange(Serve(n))
                .Rules($"-t nat -A POSTROUTING -s {n.At.Pods} ! -d {n.At.Pods} -j MASQUERADE"); }),
        ];
    }

    private static IEnumerable<SetUp> SourceNat()
    {
        const string Kind = "SNAT";
        return
        [
            .. Both(Kind, "to the node's own address", n => Strange(Serve(n))
                .Rules($"-t nat -A POSTROUTING -s {n.At.Pods} -o eth0 -j SNAT --to-source {n.At.Node}")),
            .. Both(Kind, "to an address that no machine has", n => Serve(n)
                .Rules($"-t nat -A POSTROUTING -s {n.At.Pods} -o eth0 -j SNAT --to-source {n.At.Foreign}")
                .IsFalse(n.At.Foreign.ToString())),
            Only(Kind, "to an address that is routed to this node", n => Serve(n)
                .Rules($"-t nat -A POSTROUTING -s {n.At.Pods} -o eth0 -j SNAT --to-source {n.At.Foreign}")
                .In(n.Outside, $"ip route add {n.At.Foreign} via {n.At.Node}")),
            .. Both(Kind, "to an address of another machine", n => { _ = n.Other; Serve(n)
                .Rules($"-t nat -A POSTROUTING -s {n.At.Pods} -o eth0 -j SNAT --to-source {n.At.Other}")
                .IsFalse(n.At.Other.ToString()); }),
            Only(Kind, "to a second address of the node", n => Strange(Serve(n)).Do($"ip addr add {n.At.Foreign}/24 dev eth0")
                .Rules($"-t nat -A POSTROUTING -s {n.At.Pods} -o eth0 -j SNAT --to-source {n.At.Foreign}")),
            Only(Kind, "to a range that ends at the highest address", n => Serve(n)
                .Rules($"-t nat -A POSTROUTING -s {n.At.Pods} -o eth0 -j SNAT --to-source 255.255.255.252-255.255.255.255")
                .IsFalse("255.255.255.")),
        ];
    }

    private static IEnumerable<SetUp> Nowhere()
    {
        const string Kind = "outside";
        return
        [
            .. Both(Kind, "a machine outside does not listen", n => n.Call(n.A, n.At.Outside, 8000).IsFalse("listens on 8000/tcp")
                .IsFalse("answers")),
            Only(Kind, "a machine outside that is not there", n => n.Call(n.A, n.At.Foreign, 8000).IsFalse(n.At.Foreign.ToString())),
            .. Both(Kind, "no route leads there", n => n.Do($"{n.Ip} route del default")
                .Call(n.A, IPAddress.Parse(n.V6 ? "fd99::1" : "203.0.113.5"), 80)),
            Only(Kind, "a blackhole route", n => n.Do("ip route add blackhole 203.0.113.0/24")
                .Call(n.A, IPAddress.Parse("203.0.113.5"), 80)),
            Only(Kind, "an unreachable route", n => n.Do("ip route add unreachable 203.0.113.0/24")
                .Call(n.A, IPAddress.Parse("203.0.113.5"), 80)),
            Only(Kind, "a Service's address, whose Service is gone", n => n.Listen(n.B, 8080)
                .KubeProxy([n.DnsService(new IPEndPoint(n.At.B, 8080))]).Call(n.A, n.At.Service, 80).IsFalse(n.At.Service.ToString())
                .IsFalse("answers")),
            Only(Kind, "a Service's address, with a port that the Service has not", n => n.Listen(n.B, 8080)
                .KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080))]).Call(n.A, n.At.Service, 81).IsFalse(n.At.Service.ToString())
                .IsFalse("answers")),
            .. Both(Kind, "the node calls a machine outside", n => n.Listen(n.Outside, 8000).Call(n.Node, n.At.Outside, 8000)),
            .. Both(Kind, "the node calls a machine outside that answers nothing", n => n.Call(n.Node, n.At.Outside, 8000)
                .IsFalse("listens on 8000/tcp").IsFalse("answers")),
            .. Both(Kind, "a pod calls a pod of another node", n => n.Listen(n.Other, 8080).Call(n.A, n.At.RemotePod, 8080)),
        ];
    }
}
