using System.Net;
using static K8sNetfilter.Tests.Truth.AllSetUps;

namespace K8sNetfilter.Tests.Truth;

/// <summary>What the node lets through: forwarding, FORWARD's rules and policy.</summary>
internal static class ForwardingSetUps
{
    private const string Kind = "FORWARD";

    public static IEnumerable<SetUp> List() =>
        [
            .. Both("forwarding", "it is off", n => Routed(n).Sysctl(n.V6 ? "net.ipv6.conf.all.forwarding=0" : "net.ipv4.ip_forward=0")),
            Only("forwarding", "it is off on the incoming interface", n => Routed(n).Sysctl("net.ipv4.conf.cni0.forwarding=0")),
            Only("forwarding", "it is off on the outgoing interface", n => Routed(n).Sysctl("net.ipv4.conf.cali4.forwarding=0")),
            .. Both(Kind, "the policy is DROP", n => Routed(n).Rules("-P FORWARD DROP")),
            .. Both(Kind, "the policy is DROP, both directions are accepted", n => Routed(n)
                .Rules("-P FORWARD DROP", $"-A FORWARD -s {n.At.A} -j ACCEPT", $"-A FORWARD -d {n.At.A} -j ACCEPT")),
            Only(Kind, "the policy is DROP, only the request is accepted", n => Routed(n)
                .Rules("-P FORWARD DROP", $"-A FORWARD -s {n.At.A} -j ACCEPT")),
            Only(Kind, "the policy is DROP, the request and what belongs to it is accepted", n => Routed(n)
                .Rules("-P FORWARD DROP", "-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
                $"-A FORWARD -s {n.At.A} -j ACCEPT")),
            .. Both(Kind, "a reject", n => Routed(n).Rules("-A FORWARD -p tcp --dport 8080 -j REJECT")),
            Only(Kind, "a reject with a reset", n => Routed(n).Rules("-A FORWARD -p tcp --dport 8080 -j REJECT --reject-with tcp-reset")),
            Only(Kind, "a reject for prohibited hosts, ahead of the CNI's accepts (firewalld)", n => Routed(n)
                .Rules("-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "-A FORWARD -i lo -j ACCEPT",
                "-A FORWARD -j REJECT --reject-with icmp-host-prohibited", $"-A FORWARD -s {n.At.Pods} -j ACCEPT")),
            Only(Kind, "a drop of the answer", n => Routed(n).Rules("-A FORWARD -p tcp --sport 8080 -j DROP")),
            Only(Kind, "INVALID is dropped and nothing is", n => Routed(n).Rules("-A FORWARD -m conntrack --ctstate INVALID -j DROP")),
            Only(Kind, "a drop by interface", n => Routed(n).Rules("-A FORWARD -i cni0 -o cali4 -j DROP")),
            Only(Kind, "a drop by another interface", n => Routed(n).Rules("-A FORWARD -i cni0 -o eth0 -j DROP")),
            Only(Kind, "a drop for a mark that mangle sets", n => Routed(n).Rules("-t mangle -A PREROUTING -i cni0 -j MARK --set-mark 7",
                "-A FORWARD -m mark --mark 7 -j DROP")),
            Only(Kind, "mangle FORWARD drops", n => Routed(n).Rules("-t mangle -A FORWARD -p tcp --dport 8080 -j DROP")),
        ];

    private static TruthNode Routed(TruthNode n) => n.Listen(n.C, 8080).Call(n.A, n.At.C, 8080);
}
