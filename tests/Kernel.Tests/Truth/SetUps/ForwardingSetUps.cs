using System.Net;
using static K8sNetfilter.Tests.Truth.AllSetUps;

namespace K8sNetfilter.Tests.Truth;

/// <summary>What the node lets through: forwarding, FORWARD's rules and policy.</summary>
internal static class ForwardingSetUps
{
    private const string Kind = "FORWARD";

    public static IEnumerable<SetUp> List() => [.. Rules(), .. Data()];

    // The connection is set up; what is sent over it does not arrive.
    private static IEnumerable<SetUp> Data()
    {
        const string Kind = "a packet with data";
        TruthNode Service(TruthNode n) => n.Listen(n.C, 8080).KubeProxy([n.Web(new IPEndPoint(n.At.C, 8080))]).Call(n.A, n.At.Service, 80);
        TruthNode Large(TruthNode n) => n.Listen(n.C, 8080).Call(n.A, n.At.C, 8080, c => c with { Bytes = 1000 });
        return
        [
            .. Both(Kind, "one with PSH is dropped", n => Routed(n).Rules("-A FORWARD -p tcp --tcp-flags PSH PSH -j DROP")),
            .. Both(Kind, "one with PSH of a Service's call is dropped", n => Service(n).Rules("-I FORWARD -p tcp --tcp-flags PSH PSH -j DROP")),
            .. Both(Kind, "one of the answer is dropped", n => Routed(n).Rules("-A FORWARD -p tcp --sport 8080 --tcp-flags PSH,ACK PSH,ACK -j DROP")),
            .. Both(Kind, "one is rejected by mark", n => Routed(n).Rules("-t mangle -A PREROUTING -p tcp --tcp-flags ALL PSH,ACK -j MARK --set-mark 9",
                "-A FORWARD -m mark --mark 9 -j REJECT")),
            .. Both(Kind, "one by another interface is dropped", n => Routed(n).Rules("-A FORWARD -i eth0 -p tcp --tcp-flags PSH PSH -j DROP")),
            .. Both(Kind, "only packets without PSH are accepted", n => Routed(n).Rules("-P FORWARD DROP", "-A FORWARD -p tcp ! --tcp-flags PSH PSH -j ACCEPT")),
            .. Both(Kind, "only those with PSH are accepted after the handshake", n => Routed(n).Rules("-P FORWARD DROP",
                "-A FORWARD -p tcp --tcp-flags PSH PSH -j ACCEPT", "-A FORWARD -p tcp --tcp-flags PSH NONE -j ACCEPT")),
            Only(Kind, "the node's own is dropped", n => n.Listen(n.C, 8080).Call(n.Node, n.At.C, 8080).Rules("-A OUTPUT -p tcp --tcp-flags PSH PSH -j DROP")),
            Only(Kind, "long ones are dropped", n => Large(n).Rules("-A FORWARD -p tcp -m length --length 100:65535 -j DROP")),
            Only(Kind, "long ones are dropped, and the question is of a short first one", n => n.Listen(n.C, 8080).Call(n.A, n.At.C, 8080,
                c => c with { Bytes = 1000, Question = new Dictionary<string, object> { ["Length"] = 60 } }).Rules("-A FORWARD -p tcp -m length --length 100:65535 -j DROP")),
            Only(Kind, "a connection is dropped after some bytes", n => Large(n)
                .Rules("-A FORWARD -m connbytes --connbytes 500: --connbytes-dir both --connbytes-mode bytes -j DROP")),
            Only(Kind, "one with a string is dropped", n => Large(n).Rules("-A FORWARD -p tcp -m string --algo bm --from 40 --hex-string '|0000000000|' -j DROP")),
            Only(Kind, "one is dropped by its bytes", n => Large(n).Rules("-A FORWARD -p tcp -m u32 --u32 '0&0xFFFF=0x100:0xFFFF' -j DROP")),
        ];
    }

    private static IEnumerable<SetUp> Rules() =>
        [
            .. Both("forwarding", "it is off", n => Routed(n).Sysctl(n.V6 ? "net.ipv6.conf.all.forwarding=0" : "net.ipv4.ip_forward=0")),
            Only("forwarding", "it is off on the incoming interface", n => Routed(n).Sysctl("net.ipv4.conf.cni0.forwarding=0")),
            new SetUp("forwarding", "it is off, and both interfaces forward all the same", true, n => Routed(n).Sysctl("net.ipv6.conf.all.forwarding=0")
                .Do("sysctl -qw net.ipv6.conf.cni0.force_forwarding=1 net.ipv6.conf.cali4.force_forwarding=1 2>/dev/null || true")),
            new SetUp("forwarding", "it is off, and another interface forwards all the same", true, n => Routed(n).Sysctl("net.ipv6.conf.all.forwarding=0")
                .Do("sysctl -qw net.ipv6.conf.eth0.force_forwarding=1 2>/dev/null || true")),
            Only("forwarding", "it is off on the outgoing interface", n => Routed(n).Sysctl("net.ipv4.conf.cali4.forwarding=0")),
            .. Both(Kind, "the policy is DROP", n => Routed(n).Rules("-P FORWARD DROP")),
            .. Both(Kind, "the policy is DROP, both directions are accepted", n => Routed(n)
                .Rules("-P FORWARD DROP", $"-A FORWARD -s {n.At.A} -j ACCEPT", $"-A FORWARD -d {n.At.A} -j ACCEPT")),
            .. Both(Kind, "the policy is DROP, only the request is accepted", n => Routed(n)
                .Rules("-P FORWARD DROP", $"-A FORWARD -s {n.At.A} -j ACCEPT")),
            .. Both(Kind, "the policy is DROP, the request and what belongs to it is accepted", n => Routed(n)
                .Rules("-P FORWARD DROP", "-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT",
                $"-A FORWARD -s {n.At.A} -j ACCEPT")),
            .. Both(Kind, "a reject", n => Routed(n).Rules("-A FORWARD -p tcp --dport 8080 -j REJECT")),
            .. Both(Kind, "a reject with a reset", n => Routed(n).Rules("-A FORWARD -p tcp --dport 8080 -j REJECT --reject-with tcp-reset")),
            Only(Kind, "a reject for prohibited hosts, ahead of the CNI's accepts (firewalld)", n => Routed(n)
                .Rules("-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "-A FORWARD -i lo -j ACCEPT",
                "-A FORWARD -j REJECT --reject-with icmp-host-prohibited", $"-A FORWARD -s {n.At.Pods} -j ACCEPT")),
            .. Both(Kind, "a drop of the answer", n => Routed(n).Rules("-A FORWARD -p tcp --sport 8080 -j DROP")),
            .. Both(Kind, "INVALID is dropped and nothing is", n => Routed(n).Rules("-A FORWARD -m conntrack --ctstate INVALID -j DROP")),
            .. Both(Kind, "a drop by interface", n => Routed(n).Rules("-A FORWARD -i cni0 -o cali4 -j DROP")),
            .. Both(Kind, "a drop by another interface", n => Routed(n).Rules("-A FORWARD -i cni0 -o eth0 -j DROP")),
            .. Both(Kind, "a drop for a mark that mangle sets", n => Routed(n).Rules("-t mangle -A PREROUTING -i cni0 -j MARK --set-mark 7",
                "-A FORWARD -m mark --mark 7 -j DROP")),
            .. Both(Kind, "mangle FORWARD drops", n => Routed(n).Rules("-t mangle -A FORWARD -p tcp --dport 8080 -j DROP")),
            Only(Kind, "an ipset has the client", n => Routed(n).Do("ipset create denied hash:ip", $"ipset add denied {n.At.A}")
                .Rules("-A FORWARD -m set --match-set denied src -j DROP")),
            Only(Kind, "a string in the first packet", n => Routed(n)
                .Rules("-A FORWARD -p tcp --syn -m string --algo bm --string nothing -j DROP")),
            Only(Kind, "packets of a second are limited, far above what comes", n => Routed(n)
                .Rules("-P FORWARD DROP", "-A FORWARD -m limit --limit 1000/sec --limit-burst 1000 -j ACCEPT")),
            Only("inet filter", "a native chain rejects what iptables accepts", n => Routed(n)
                .Rules($"-A FORWARD -s {n.At.Pods} -j ACCEPT")
                .Nft("table inet filter { chain forward { type filter hook forward priority 10; reject; } }")),
            Only("inet filter", "a native chain with the policy drop accepts the pods' network", n => Routed(n)
                .Nft($"table inet filter {{ chain forward {{ type filter hook forward priority 0; policy drop; ip saddr {n.At.Pods} accept; ip daddr {n.At.Pods} accept; }} }}")),
            Only("inet filter", "a native chain only counts", n => Routed(n)
                .Nft("table inet filter { chain forward { type filter hook forward priority 0; counter; } }")),
            Only("inet filter", "a native chain drops what the node gets", n => n.Listen(n.Node, 9000)
                .Nft("table inet filter { chain input { type filter hook input priority 0; tcp dport 9000 drop; } }")
                .Call(n.Outside, n.At.Node, 9000)),
        ];

    private static TruthNode Routed(TruthNode n) => n.Listen(n.C, 8080).Call(n.A, n.At.C, 8080);
}
