using System.Net;
using K8sNetfilter.Rulesets;
using static K8sNetfilter.Tests.Truth.AllSetUps;

namespace K8sNetfilter.Tests.Truth;

/// <summary>Packets out of connection tracking, and entries that are older than the rules.</summary>
internal static class ConntrackSetUps
{
    public static IEnumerable<SetUp> List() => [.. Untracked(), .. Stale(), .. BothBackends()];

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
            Only(Kind, "the request alone, nothing is dropped", n => Call(n)
                .Rules($"-t raw -A PREROUTING -s {n.At.A} -j NOTRACK", "-A FORWARD -m conntrack --ctstate NEW")),
            Only(Kind, "the answer alone, only NEW and ESTABLISHED are accepted", n => Call(n)
                .Rules($"-t raw -A PREROUTING -s {n.At.C} -j NOTRACK", "-P FORWARD DROP",
                "-A FORWARD -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT")),
            Only(Kind, "both directions, only ESTABLISHED is accepted", n => Call(n)
                .Rules("-t raw -A PREROUTING -j NOTRACK", "-P FORWARD DROP",
                "-A FORWARD -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT")),
            Only(Kind, "both directions, UNTRACKED is accepted", n => Call(n)
                .Rules("-t raw -A PREROUTING -j NOTRACK", "-P FORWARD DROP", "-A FORWARD -m conntrack --ctstate UNTRACKED -j ACCEPT")),
            .. Both(Kind, "a Service's address", n => n.Listen(n.C, 8080).KubeProxy([n.Web(new IPEndPoint(n.At.C, 8080))])
                .Rules($"-t raw -A PREROUTING -d {n.At.Service} -j NOTRACK").Call(n.A, n.At.Service, 80)
                .IsFalse(n.At.Service.ToString()).IsFalse("answers")),
            Only(Kind, "over UDP, the answer alone, and INVALID is dropped", n => n.Listen(n.C, 5353, udp: true)
                .Rules($"-t raw -A PREROUTING -s {n.At.C} -j NOTRACK", DropInvalid).CallUdp(n.A, n.At.C, 5353)),
            Only(Kind, "over UDP, the answer alone, and only ESTABLISHED may come back", n => n.Listen(n.C, 5353, udp: true)
                .Rules($"-t raw -A PREROUTING -s {n.At.C} -j NOTRACK", "-P FORWARD DROP",
                "-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT", $"-A FORWARD -s {n.At.A} -j ACCEPT")
                .CallUdp(n.A, n.At.C, 5353)),
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
            Only(Kind, "another source port has no entry", n => Call(With(n, "")
                .Do($"conntrack -I -p udp -s {n.At.A} -d {n.At.Dns} --sport 40053 --dport 53 -t 600 >/dev/null"), 40054)),
            Only(Kind, "to the endpoint that is there", n => Call(With(n, $"--dst-nat {n.At.B}:5353"), 40053)),
            Only(Kind, "to another endpoint that still serves", n => Call(With(n, "").Listen(n.C, 5353, udp: true), 40053)
                .Do($"conntrack -I -p udp -s {n.At.A} -d {n.At.Dns} --sport 40053 --dport 53 -t 600 --dst-nat {n.At.C}:5353 >/dev/null")),
        ];
    }

    private static IEnumerable<SetUp> BothBackends()
    {
        const string Kind = "both backends";
        TruthNode Legacy(TruthNode n) { n.Backend = NetfilterBackend.Legacy; return n; }
        TruthNode Modern(TruthNode n) { n.Finish(); n.Backend = NetfilterBackend.Nft; return n; }
        return
        [
            .. Both(Kind, "legacy drops in FORWARD, nft accepts", n => Modern(Legacy(n.Listen(n.C, 8080)).Rules("-P FORWARD DROP"))
                .Rules($"-A FORWARD -s {n.At.A} -j ACCEPT", $"-A FORWARD -d {n.At.A} -j ACCEPT").Call(n.A, n.At.C, 8080)),
            Only(Kind, "nft drops in FORWARD, legacy accepts", n => Modern(Legacy(n.Listen(n.C, 8080))
                .Rules($"-A FORWARD -s {n.At.A} -j ACCEPT")).Rules("-A FORWARD -p tcp --dport 8080 -j DROP").Call(n.A, n.At.C, 8080)),
            Only(Kind, "both accept", n => Modern(Legacy(n.Listen(n.C, 8080)).Rules("-P FORWARD DROP", "-A FORWARD -j ACCEPT"))
                .Rules("-P FORWARD DROP", "-A FORWARD -j ACCEPT").Call(n.A, n.At.C, 8080)),
            Only(Kind, "legacy translates, nft masquerades", n => Modern(Legacy(n.Listen(n.B, 8080))
                .KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080))]))
                .Rules($"-t nat -A POSTROUTING -s {n.At.Pods} ! -d {n.At.Pods} -j MASQUERADE").Call(n.A, n.At.Service, 80)),
        ];
    }
}
