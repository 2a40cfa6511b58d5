using System.Net;
using static K8sNetfilter.Tests.Truth.AllSetUps;

namespace K8sNetfilter.Tests.Truth;

/// <summary>Rules that keep neighbours from finding each other, or might.</summary>
internal static class DiscoverySetUps
{
    private const string Kind = "neighbour discovery";

    public static IEnumerable<SetUp> List() =>
    [
        Six("INPUT accepts TCP and answers alone", n => Forget(ToNode(n).Rules("-P INPUT DROP", "-A INPUT -p tcp -j ACCEPT",
            "-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT"))),
        Six("INPUT accepts neighbour discovery too", n => Forget(ToNode(n).Rules("-P INPUT DROP", "-A INPUT -p tcp -j ACCEPT",
            "-A INPUT -p icmpv6 --icmpv6-type neighbour-solicitation -j ACCEPT", "-A INPUT -p icmpv6 --icmpv6-type neighbour-advertisement -j ACCEPT"))),
        Six("INPUT accepts what has the hop limit of a neighbour", n => Forget(ToNode(n).Rules("-P INPUT DROP", "-A INPUT -p tcp -j ACCEPT",
            "-A INPUT -p icmpv6 -m hl --hl-eq 255 -j ACCEPT"))),
        Six("INPUT accepts what is not tracked", n => Forget(ToNode(n).Rules("-P INPUT DROP", "-A INPUT -p tcp -j ACCEPT",
            "-A INPUT -m conntrack --ctstate UNTRACKED,RELATED,ESTABLISHED -j ACCEPT"))),
        Six("INPUT drops pods' questions, and a Service is called", n => Forget(n.Listen(n.B, 8080).KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080))])
            .Rules("-A INPUT -i cni0 -p icmpv6 --icmpv6-type neighbour-solicitation -j DROP").Call(n.A, n.At.Service, 80).Call(n.Outside, n.At.B, 8080))),
        Six("INPUT drops answers, and a pod is called from outside", n => Forget(n.Listen(n.B, 8080)
            .Rules("-A INPUT -i cni0 -p icmpv6 --icmpv6-type neighbour-advertisement -j DROP").Call(n.Outside, n.At.B, 8080))),
        Six("OUTPUT drops ICMPv6", n => Forget(n.Listen(n.B, 8080).Rules("-A OUTPUT -p icmpv6 -j DROP").Call(n.Outside, n.At.B, 8080))),
        Six("OUTPUT drops ICMPv6, and the node calls a pod", n => Forget(n.Listen(n.B, 8080).Rules("-A OUTPUT -p icmpv6 -j DROP").Call(n.Node, n.At.B, 8080))),
        Six("OUTPUT drops ICMPv6, and the node has entries for good", n => Forget(n.Listen(n.B, 8080).Do("mac=" + Layer2SetUps.Mac(n, n.B),
            $"ip neigh replace {n.At.B} lladdr $mac dev cni0 nud permanent").Rules("-A OUTPUT -p icmpv6 -j DROP").Call(n.Node, n.At.B, 8080))
            .IsFalse("knows the link layer address")),
        Six("FORWARD drops ICMPv6, and bridged frames meet it", n => Forget(Bridged(n).Rules("-I FORWARD -p icmpv6 -j DROP"))),
        Six("FORWARD drops ICMPv6, and the answer of a Service is bridged", n => Forget(n.Listen(n.B, 8080).KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080))])
            .Rules("-I FORWARD -p icmpv6 -j DROP").Call(n.A, n.At.Service, 80))),
        Six("FORWARD drops ICMPv6, and bridged frames pass it", n => Forget(Bridged(n).Sysctl("net.bridge.bridge-nf-call-ip6tables=0")
            .Rules("-I FORWARD -p icmpv6 -j DROP"))),
        Six("FORWARD drops ICMPv6, and the node routes to a pod", n => Forget(n.Listen(n.B, 8080).Rules("-I FORWARD -p icmpv6 -j DROP").Call(n.Outside, n.At.B, 8080))),
        Six("FORWARD drops bridged frames that are not tracked", n => Forget(Bridged(n)
            .Rules("-I FORWARD -m physdev --physdev-is-bridged -m conntrack --ctstate UNTRACKED -j DROP"))),
        Six("raw PREROUTING drops what comes from pods' ports and is ICMPv6", n => Forget(n.Listen(n.B, 8080)
            .Rules("-t raw -A PREROUTING -i cni0 -p icmpv6 -j DROP").Call(n.Outside, n.At.B, 8080))),
        Six("the uplink's INPUT drops ICMPv6", n => Forget(n.Listen(n.Node, 9000).Rules("-A INPUT -i eth0 -p icmpv6 -j DROP").Call(n.Outside, n.At.Node, 9000))),
        Only(Kind, "IPv4 finds its neighbours without ICMP", n => Forget(ToNode(n).Rules("-P INPUT DROP", "-A INPUT -p tcp -j ACCEPT"))),
    ];

    private static SetUp Six(string name, Action<TruthNode> arrange) => new(Kind, name, true, arrange);

    private static TruthNode ToNode(TruthNode n) => n.Listen(n.Node, 9000).Call(n.A, n.At.Bridge, 9000).Call(n.Outside, n.At.Node, 9000);

    private static TruthNode Bridged(TruthNode n) => n.Listen(n.B, 8080).Call(n.A, n.At.B, 8080);

    // Nobody has asked for anybody yet.
    private static TruthNode Forget(TruthNode n)
    {
        foreach (var machine in (TruthMachine[])[n.A, n.B, n.Outside])
        {
            n.In(machine, "ip neigh flush all");
        }

        return n.Do("ip neigh flush all");
    }
}
