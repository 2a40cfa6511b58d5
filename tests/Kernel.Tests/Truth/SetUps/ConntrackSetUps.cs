using System.Net;
using K8sNetfilter.Rulesets;
using static K8sNetfilter.Tests.Truth.AllSetUps;

namespace K8sNetfilter.Tests.Truth;

/// <summary>Packets out of connection tracking, and entries that are older than the rules.</summary>
internal static class ConntrackSetUps
{
    public static IEnumerable<SetUp> List() => [.. Full(), .. Untracked(), .. NodeLocalDns(), .. Stale(), .. DuplicateBackendCheck()];

    // The limit is the machine's and can't be lowered for one namespace: it is filled with entries that are not dropped early.
    private const string Fill = """
        max=$(cat /proc/sys/net/netfilter/nf_conntrack_max)
        awk -v n=$max 'BEGIN { for (i = 0; i < n; i++) { p = "10.245." int(i / 60000) "." (i % 250 + 1); s = 1024 + i % 60000
          print "-A -t 3000 -u SEEN_REPLY,ASSURED -s " p " -d 10.97.0.1 -r 10.246.0.1 -q " p " -p tcp --sport " s \
            " --dport 80 --reply-port-src 80 --reply-port-dst " s " --state ESTABLISHED" } }' | conntrack -R /dev/stdin >/dev/null 2>&1 || true
        """;

    private static IEnumerable<SetUp> Full() =>
        [
            Only("conntrack", "the table is full", n => n.Listen(n.B, 8080).KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080))]).Do(Fill)
                .Call(n.A, n.At.Service, 80)),
        ];

    private static IEnumerable<SetUp> Untracked()
    {
        const string Kind = "NOTRACK";
        TruthNode Call(TruthNode n) => n.Listen(n.C, 8080).Call(n.A, n.At.C, 8080);
        const string DropInvalid = "-A FORWARD -m conntrack --ctstate INVALID -j DROP";
        return
        [
            .. Both(Kind, "both directions", n => Call(n).Rules("-t raw -A PREROUTING -j NOTRACK", DropInvalid)),
            .. Both(Kind, "the request alone, INVALID is dropped", n => Call(n)
                .Rules($"-t raw -A PREROUTING -s {n.At.A} -j NOTRACK", DropInvalid)),
            .. Both(Kind, "the answer alone, INVALID is dropped", n => Call(n).Rules($"-t raw -A PREROUTING -s {n.At.C} -j NOTRACK",
                DropInvalid)),
            .. Both(Kind, "the request alone, nothing is dropped", n => Call(n)
                .Rules($"-t raw -A PREROUTING -s {n.At.A} -j NOTRACK", "-A FORWARD -m conntrack --ctstate NEW")),
            Only(Kind, "the answer alone, only NEW and ESTABLISHED are accepted", n => Call(n)
                .Rules($"-t raw -A PREROUTING -s {n.At.C} -j NOTRACK", "-P FORWARD DROP",
                "-A FORWARD -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT")),
            .. Both(Kind, "both directions, only ESTABLISHED is accepted", n => Call(n)
                .Rules("-t raw -A PREROUTING -j NOTRACK", "-P FORWARD DROP",
                "-A FORWARD -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT")),
            .. Both(Kind, "both directions, UNTRACKED is accepted", n => Call(n)
                .Rules("-t raw -A PREROUTING -j NOTRACK", "-P FORWARD DROP", "-A FORWARD -m conntrack --ctstate UNTRACKED -j ACCEPT")),
            .. Both(Kind, "a Service's address", n => n.Listen(n.C, 8080).KubeProxy([n.Web(new IPEndPoint(n.At.C, 8080))])
                .Rules($"-t raw -A PREROUTING -d {n.At.Service} -j NOTRACK").Call(n.A, n.At.Service, 80)
                .IsFalse(n.At.Service.ToString()).IsFalse("answers")),
            Only(Kind, "what the node answers, with INPUT for ESTABLISHED and NEW", n => n.Listen(n.Node, 9000)
                .Rules("-t raw -A OUTPUT -p tcp --sport 9000 -j NOTRACK", "-P INPUT DROP",
                "-A INPUT -p tcp --syn -j ACCEPT", "-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT")
                .Call(n.Outside, n.At.Node, 9000)),
            .. Both(Kind, "over UDP, the answer alone, and INVALID is dropped", n => n.Listen(n.C, 5353, udp: true)
                .Rules($"-t raw -A PREROUTING -s {n.At.C} -j NOTRACK", DropInvalid).CallUdp(n.A, n.At.C, 5353)),
            Only(Kind, "over UDP, the answer alone, and only ESTABLISHED may come back", n => n.Listen(n.C, 5353, udp: true)
                .Rules($"-t raw -A PREROUTING -s {n.At.C} -j NOTRACK", "-P FORWARD DROP",
                "-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT", $"-A FORWARD -s {n.At.A} -j ACCEPT")
                .CallUdp(n.A, n.At.C, 5353)),
        ];
    }

    // The node-local cache: the Service's address is on the node, and its packets are out of connection tracking.
    private static TruthNode Cache(TruthNode n) => n.Listen(n.B, 5353, udp: true).KubeProxy([n.DnsService(new IPEndPoint(n.At.B, 5353))])
        .Do($"ip addr add {n.At.Dns}/{n.At.Bits} dev lo")
        .Rules($"-t raw -A PREROUTING -d {n.At.Dns} -p udp --dport 53 -j NOTRACK",
            $"-t raw -A OUTPUT -s {n.At.Dns} -p udp --sport 53 -j NOTRACK");

    private static IEnumerable<SetUp> NodeLocalDns()
    {
        const string Kind = "NodeLocal DNS";
        return
        [
            .. Both(Kind, "the cache listens", n => Cache(n).Listen(n.Node, 53, udp: true, at: n.At.Dns).CallUdp(n.A, n.At.Dns, 53)
                .CallUdp(n.Node, n.At.Dns, 53)),
            Only(Kind, "the cache listens, and requests of the node are out of tracking too", n => Cache(n)
                .Rules($"-t raw -A OUTPUT -d {n.At.Dns} -p udp --dport 53 -j NOTRACK")
                .Listen(n.Node, 53, udp: true, at: n.At.Dns).CallUdp(n.A, n.At.Dns, 53).CallUdp(n.Node, n.At.Dns, 53)),
            Only(Kind, "the cache does not listen", n => Cache(n).CallUdp(n.A, n.At.Dns, 53).IsFalse("listens on 53/udp")),
            Only(Kind, "the cache's address has gone from the node", n => Cache(n).Do($"ip addr del {n.At.Dns}/32 dev lo")
                .CallUdp(n.A, n.At.Dns, 53).IsFalse(n.At.Dns.ToString()).IsFalse("answers")),
        ];
    }

    private static IEnumerable<SetUp> Stale()
    {
        const string Kind = "stale UDP entry";
        TruthNode With(TruthNode n, string entry) => n.Listen(n.B, 5353, udp: true)
            .KubeProxy([n.DnsService(new IPEndPoint(n.At.B, 5353))])
            .Do(entry.Length == 0 ? "true" : $"conntrack -I -p udp -s {n.At.A} -d {n.At.Dns} --sport 40053 --dport 53 -t 600 {entry} >/dev/null");
        TruthNode Call(TruthNode n, int port) => n.CallUdp(n.A, n.At.Dns, 53, c => c with { SourcePort = port });
        return
        [
            .. Both(Kind, "without NAT, from a time without endpoints", n => Call(With(n, ""), 40053)
                .Do($"conntrack -I -p udp -s {n.At.A} -d {n.At.Dns} --sport 40053 --dport 53 -t 600 >/dev/null")),
            .. Both(Kind, "another source port has no entry", n => Call(With(n, "")
                .Do($"conntrack -I -p udp -s {n.At.A} -d {n.At.Dns} --sport 40053 --dport 53 -t 600 >/dev/null"), 40054)),
            Only(Kind, "to an endpoint that is gone", n => Call(With(n, $"--dst-nat {n.At.NoPod}:5353"), 40053)),
            Only(Kind, "to the endpoint that is there", n => Call(With(n, $"--dst-nat {n.At.B}:5353"), 40053)),
            Only(Kind, "to another endpoint that still serves", n => Call(With(n, "").Listen(n.C, 5353, udp: true), 40053)
                .Do($"conntrack -I -p udp -s {n.At.A} -d {n.At.Dns} --sport 40053 --dport 53 -t 600 --dst-nat {n.At.C}:5353 >/dev/null")),
            Only(Kind, "without NAT, of a node port", n => n.Listen(n.B, 5353, udp: true)
                .KubeProxy([n.DnsService(new IPEndPoint(n.At.B, 5353)) with { NodePort = 30053 }])
                .Do($"conntrack -I -p udp -s {n.At.Outside} -d {n.At.Node} --sport 40053 --dport 30053 -t 600 >/dev/null")
                .CallUdp(n.Outside, n.At.Node, 30053, c => c with { SourcePort = 40053 })
                .IsFalse("listens on 30053/udp")),
        ];
    }

    private static IEnumerable<SetUp> DuplicateBackendCheck()
    {
        const string Kind = "both backends";
        TruthNode Legacy(TruthNode n) { n.Backend = NetfilterBackend.Legacy; return n; }
        TruthNode Modern(TruthNode n) { n.Finish(); n.Backend = NetfilterBackend.Nft; return n; }
        return
        [
            .. Both(Kind, "legacy drops in FORWARD, nft accepts", n => Modern(Legacy(n.Listen(n.C, 8080)).Rules("-P FORWARD DROP"))
                .Rules($"-A FORWARD -s {n.At.A} -j ACCEPT", $"-A FORWARD -d {n.At.A} -j ACCEPT").Call(n.A, n.At.C, 8080)),
            .. Both(Kind, "nft drops in FORWARD, legacy accepts", n => Modern(Legacy(n.Listen(n.C, 8080))
                .Rules($"-A FORWARD -s {n.At.A} -j ACCEPT")).Rules("-A FORWARD -p tcp --dport 8080 -j DROP").Call(n.A, n.At.C, 8080)),
            .. Both(Kind, "both accept", n => Modern(Legacy(n.Listen(n.C, 8080)).Rules("-P FORWARD DROP", "-A FORWARD -j ACCEPT"))
                .Rules("-P FORWARD DROP", "-A FORWARD -j ACCEPT").Call(n.A, n.At.C, 8080)),
            .. Both(Kind, "legacy translates, nft masquerades", n => Modern(Legacy(n.Listen(n.B, 8080))
                .KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080))]))
                .Rules($"-t nat -A POSTROUTING -s {n.At.Pods} ! -d {n.At.Pods} -j MASQUERADE").Call(n.A, n.At.Service, 80)),
            Only(Kind, "both translate one address, to endpoints that both serve",
                n => Modern(Legacy(n.Listen(n.B, 8080).Listen(n.C, 8080)).KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080))]))
                .KubeProxy([n.Web(new IPEndPoint(n.At.C, 8080))]).Call(n.D, n.At.Service, 80)),
            Only(Kind, "both translate one address, and the older one's endpoint is gone",
                n => Modern(Legacy(n.Listen(n.C, 8080)).KubeProxy([n.Web(new IPEndPoint(n.At.NoPod, 8080))]))
                .KubeProxy([n.Web(new IPEndPoint(n.At.C, 8080))]).Call(n.D, n.At.Service, 80).IsFalse(n.At.NoPod.ToString())),
        ];
    }
}
