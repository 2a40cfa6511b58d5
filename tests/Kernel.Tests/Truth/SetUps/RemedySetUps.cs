using System.Net;
using K8sNetfilter.Rulesets;
using static K8sNetfilter.Tests.Truth.AllSetUps;

namespace K8sNetfilter.Tests.Truth;

/// <summary>What one or more commands mend: each is done for real, and the call works.</summary>
internal static class RemedySetUps
{
    private const string Kind = "remedy";

    public static IEnumerable<SetUp> List() =>
    [
        .. Both(Kind, "PREROUTING was flushed", n => Web(n).Rules("-t nat -F PREROUTING").IsFalse(" answers")),
        Only(Kind, "PREROUTING of legacy was flushed", n => { n.Backend = NetfilterBackend.Legacy; Web(n).Rules("-t nat -F PREROUTING").IsFalse(" answers"); }),
        .. Both(Kind, "POSTROUTING was flushed, and the port has no hairpin mode", n => Web(n).Rules("-t nat -F POSTROUTING")),
        .. Both(Kind, "flannel's rules come first, and the port has no hairpin mode", n => Web(n).Rules(
            "-t nat -N FLANNEL-POSTRTG", $"-t nat -A FLANNEL-POSTRTG -s {n.At.Pods} -d {n.At.Pods} -j ACCEPT", $"-t nat -A FLANNEL-POSTRTG -s {n.At.Pods} -j MASQUERADE",
            "-t nat -I POSTROUTING -j FLANNEL-POSTRTG")),
        Only(Kind, "the call is not tracked", n => Web(n).Rules($"-t raw -A PREROUTING -d {n.At.Service} -j CT --notrack")),
        Only(Kind, "the answer is not tracked", n => Web(n).Rules($"-t raw -A PREROUTING -s {n.At.B} -p tcp --sport 8080 -j CT --notrack")),
        Only(Kind, "both ports are isolated", n => Web(n).Do("bridge link set dev veth2 isolated on", "bridge link set dev veth3 isolated on")),
        Only(Kind, "the caller's link does not forward", n => n.Listen(n.C, 8080).KubeProxy([n.Web(new IPEndPoint(n.At.C, 8080))])
            .Call(n.D, n.At.Service, 80).Sysctl("net.ipv4.conf.cali5.forwarding=0")),
        .. Both(Kind, "the node neither forwards nor has bridged answers meet the hooks", n => Web(n).Sysctl(
            n.V6 ? "net.ipv6.conf.all.forwarding=0" : "net.ipv4.ip_forward=0", $"net.bridge.bridge-nf-call-ip{(n.V6 ? "6" : "")}tables=0")),
        Only(Kind, "bridge netfilter is off, and FORWARD drops what is bridged", n => Web(n).Sysctl("net.bridge.bridge-nf-call-iptables=0")
            .Rules("-I FORWARD -m physdev --physdev-is-bridged -j DROP")),
    ];

    private static TruthNode Web(TruthNode n) =>
        n.Listen(n.B, 8080).KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080))]).Call(n.A, n.At.Service, 80).Call(n.B, n.At.Service, 80);
}
