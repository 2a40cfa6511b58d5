using System.Net;
using static K8sNetfilter.Tests.Truth.AllSetUps;

namespace K8sNetfilter.Tests.Truth;

/// <summary>Packets for the node itself: what listens, where, and what the rules let in.</summary>
internal static class LocalSetUps
{
    private const string Kind = "local delivery";

    public static IEnumerable<SetUp> List() => [.. Listeners(), .. Filters()];

    private static IEnumerable<SetUp> Listeners()
    {
        return
        [
            .. Both(Kind, "somebody listens at any address", n => n.Listen(n.Node, 9000).Call(n.Outside, n.At.Node, 9000)
                .Call(n.A, n.At.Node, 9000).Call(n.A, n.At.Bridge, 9000).Call(n.Node, n.At.Node, 9000)),
            .. Both(Kind, "nobody listens", n => n.Call(n.Outside, n.At.Node, 9000).Call(n.A, n.At.Bridge, 9000)
                .Call(n.Node, n.At.Node, 9000)),
            .. Both(Kind, "somebody listens at the address that is called", n => n.Listen(n.Node, 9000, at: n.At.Node)
                .Call(n.Outside, n.At.Node, 9000)),
            .. Both(Kind, "somebody listens at another address", n => n.Listen(n.Node, 9000, at: n.At.Bridge)
                .Call(n.Outside, n.At.Node, 9000).Call(n.A, n.At.Bridge, 9000)),
            .. Both(Kind, "somebody listens on loopback alone", n => n.Listen(n.Node, 9000,
                at: n.V6 ? IPAddress.IPv6Loopback : IPAddress.Loopback).Call(n.Outside, n.At.Node, 9000)
                .Call(n.Node, n.V6 ? IPAddress.IPv6Loopback : IPAddress.Loopback, 9000)),
            Only(Kind, "an IPv6 socket takes IPv4 too", n => n.Listen(n.Node, 9000, isDual: true).Call(n.Outside, n.At.Node, 9000)),
            Only(Kind, "an IPv6 socket takes IPv6 alone", n => n.Listen(n.Node, 9000, isDual: false).Call(n.Outside, n.At.Node, 9000)),
            .. Both(Kind, "UDP listens where TCP is called", n => n.Listen(n.Node, 9000, udp: true).Call(n.Outside, n.At.Node, 9000)),
            .. Both(Kind, "TCP listens where UDP is called", n => n.Listen(n.Node, 9000).CallUdp(n.Outside, n.At.Node, 9000)),
            .. Both(Kind, "UDP listens", n => n.Listen(n.Node, 9000, udp: true, at: n.At.Node).CallUdp(n.Outside, n.At.Node, 9000)
                .CallUdp(n.A, n.At.Node, 9000)),
            Only(Kind, "a redirect to a port where somebody listens", n => n.Listen(n.Node, 9000)
                .Rules("-t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 9000").Call(n.Outside, n.At.Node, 80)
                .Call(n.A, n.At.Outside, 80)),
            Only(Kind, "a redirect to a port where nobody listens",
                n => n.Rules("-t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 9000").Call(n.Outside, n.At.Node, 80)),
        ];
    }

    private static IEnumerable<SetUp> Filters()
    {
        TruthNode Open(TruthNode n) => n.Listen(n.Node, 9000).Call(n.Outside, n.At.Node, 9000);
        return
        [
            .. Both(Kind, "INPUT has the policy DROP", n => Open(n).Rules("-P INPUT DROP")),
            .. Both(Kind, "INPUT rejects the port", n => Open(n).Rules("-A INPUT -p tcp --dport 9000 -j REJECT")),
            .. Both(Kind, "INPUT rejects with a reset", n => Open(n)
                .Rules("-A INPUT -p tcp --dport 9000 -j REJECT --reject-with tcp-reset")),
            .. Both(Kind, "INPUT has the policy DROP and accepts the port", n => Open(n)
                .Rules("-P INPUT DROP", "-A INPUT -p tcp --dport 9000 -j ACCEPT")),
            Only(Kind, "INPUT accepts ESTABLISHED alone", n => Open(n).Rules("-P INPUT DROP",
                "-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT")),
            Only(Kind, "INPUT accepts other interfaces alone", n => Open(n).Rules("-P INPUT DROP", "-A INPUT -i cni0 -j ACCEPT")
                .Call(n.A, n.At.Node, 9000)),
            .. Both(Kind, "OUTPUT drops the answer", n => Open(n).Rules("-A OUTPUT -p tcp --sport 9000 -j DROP")),
            .. Both(Kind, "OUTPUT drops what the node calls", n => n.Listen(n.Outside, 8000).Rules("-A OUTPUT -p tcp --dport 8000 -j DROP")
                .Call(n.Node, n.At.Outside, 8000)),
            .. Both(Kind, "raw PREROUTING drops", n => Open(n).Rules("-t raw -A PREROUTING -p tcp --dport 9000 -j DROP")),
            .. Both(Kind, "mangle marks and INPUT drops the mark", n => Open(n)
                .Rules("-t mangle -A PREROUTING -p tcp --dport 9000 -j MARK --set-mark 0x8000",
                "-A INPUT -m mark --mark 0x8000/0x8000 -j DROP")),
            Only(Kind, "the KUBE-FIREWALL chain drops loopback's addresses from elsewhere", n => n.Listen(n.Node, 9000)
                .Rules("-N KUBE-FIREWALL", "-A INPUT -j KUBE-FIREWALL",
                "-A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP")
                .Call(n.Outside, n.At.Node, 9000).Call(n.Node, IPAddress.Loopback, 9000)),
        ];
    }
}
