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
            Only(Kind, "a pod's call to the outside is masqueraded with random ports", n => Strange(Serve(n))
                .Rules($"-t nat -A POSTROUTING -s {n.At.Pods} -o eth0 -j MASQUERADE --random-fully")),
            Only(Kind, "a pod's call to the outside is masqueraded to a range of ports", n => Strange(Serve(n))
                .Rules($"-t nat -A POSTROUTING -p tcp -s {n.At.Pods} -o eth0 -j MASQUERADE --to-ports 40000-40100")),
            .. Both(Kind, "a pod's call to the outside is not masqueraded, and pods are known there", n => Serve(n)),
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
            Only(Kind, "to an address that is routed to this node", n => Serve(n)
                .Rules($"-t nat -A POSTROUTING -s {n.At.Pods} -o eth0 -j SNAT --to-source {n.At.Foreign}")
                .In(n.Outside, $"ip route add {n.At.Foreign} via {n.At.Node}")),
            Only(Kind, "to a second address of the node", n => Strange(Serve(n)).Do($"ip addr add {n.At.Foreign}/24 dev eth0")
                .Rules($"-t nat -A POSTROUTING -s {n.At.Pods} -o eth0 -j SNAT --to-source {n.At.Foreign}")),
        ];
    }

    private static IEnumerable<SetUp> Nowhere()
    {
        const string Kind = "outside";
        return
        [
            .. Both(Kind, "no route leads there", n => n.Do($"{n.Ip} route del default")
                .Call(n.A, IPAddress.Parse(n.V6 ? "fd99::1" : "203.0.113.5"), 80)),
            Only(Kind, "a blackhole route", n => n.Do("ip route add blackhole 203.0.113.0/24")
                .Call(n.A, IPAddress.Parse("203.0.113.5"), 80)),
            Only(Kind, "an unreachable route", n => n.Do("ip route add unreachable 203.0.113.0/24")
                .Call(n.A, IPAddress.Parse("203.0.113.5"), 80)),
            .. Both(Kind, "the node calls a machine outside", n => n.Listen(n.Outside, 8000).Call(n.Node, n.At.Outside, 8000)),
            Only(Kind, "a pod calls a pod of another node", n => n.Listen(n.Other, 8080).Call(n.A, n.At.RemotePod, 8080)),
        ];
    }
}
