using System.Net;
using static K8sNetfilter.Tests.Truth.AllSetUps;

namespace K8sNetfilter.Tests.Truth;

/// <summary>Two interfaces, routing rules, reverse path filters.</summary>
internal static class PolicyRoutingSetUps
{
    private static readonly Dictionary<string, object> ByEth0 = new() { ["InInterface"] = "eth0" };

    public static IEnumerable<SetUp> List() => [.. TwoInterfaces(), .. ReversePath(), .. Selectors()];

    // A node port on eth0 whose endpoint answers by a table of its own, through eth1 (a pod of a secondary network card).
    private static TruthNode SecondaryCard(TruthNode n)
    {
        _ = n.Second;
        return n.Listen(n.C, 8080).Do($"ip route add default via {n.At.SecondOutside} dev eth1 table 2",
            $"ip route add {n.At.C} dev cali4 table 2", $"ip rule add from {n.At.C} lookup 2 pref 1536")
            .Rules($"-t nat -A PREROUTING -d {n.At.Node} -p tcp --dport 30080 -j DNAT --to-destination {new IPEndPoint(n.At.C, 8080)}")
            .Call(n.Outside, n.At.Node, 30080, c => c with { Question = ByEth0 });
    }

    // Connections that came in by eth0 leave by it.
    private static TruthNode Marked(TruthNode n) => n.Rules("-t mangle -A PREROUTING -i eth0 -m addrtype --dst-type LOCAL -j CONNMARK --set-xmark 0x80/0x80",
            "-t mangle -A PREROUTING -i cali4 -j CONNMARK --restore-mark --mask 0x80")
        .Do("ip rule add fwmark 0x80/0x80 lookup main pref 1024");

    private static IEnumerable<SetUp> TwoInterfaces()
    {
        const string Kind = "policy routing";
        return
        [
            Only(Kind, "the answer of a secondary card's pod leaves by another interface", n => SecondaryCard(n)
                .Sysctl("net.ipv4.conf.eth0.rp_filter=2").IsFalse("what leaves through eth1 reaches")),
            Only(Kind, "the answer of a secondary card's pod is led back by its mark", n => Marked(SecondaryCard(n))
                .Sysctl("net.ipv4.conf.eth0.rp_filter=2")),
            Only(Kind, "rp_filter is strict where the card's pod is called", n => SecondaryCard(n)
                .Sysctl("net.ipv4.conf.eth0.rp_filter=1")),
            Only(Kind, "rp_filter is strict, and the answer has a mark", n => Marked(SecondaryCard(n))
                .Sysctl("net.ipv4.conf.eth0.rp_filter=1")),
            .. Both(Kind, "a machine on the second network calls the node there", n => n.Listen(n.Node, 9000)
                .Call(n.Second, n.At.Second, 9000)),
            .. Both(Kind, "a machine on the second network calls a pod", n => n.Listen(n.B, 8080).Call(n.Second, n.At.B, 8080)),
            Only(Kind, "a machine on the second network calls the node's first address", n => n.Listen(n.Node, 9000)
                .Call(n.Second, n.At.Node, 9000)),
            Only(Kind, "the node answers a pod by another table", n => { _ = n.Second; n.Listen(n.Node, 9000)
                .Do($"ip route add default via {n.At.SecondOutside} dev eth1 table 2", $"ip rule add from {n.At.Node} lookup 2 pref 1000")
                .Call(n.A, n.At.Node, 9000).IsFalse("what leaves through eth1 reaches"); }),
            Only(Kind, "the node answers an outside machine by another table", n => { _ = n.Second; n.Listen(n.Node, 9000)
                .Do($"ip route add default via {n.At.SecondOutside} dev eth1 table 2", $"ip rule add from {n.At.Node} lookup 2 pref 1000")
                .Call(n.Outside, n.At.Node, 9000, c => c with { Question = ByEth0 }).IsFalse("what leaves through eth1 reaches"); }),
            Only(Kind, "the node's second address is served by its own table", n => n.Listen(n.Node, 9000)
                .Do($"ip route add 192.168.60.0/24 dev eth1 table 2", $"ip rule add from {Ip(n, n.Second)} lookup 2 pref 1000")
                .Call(n.Second, n.At.Second, 9000)),
        ];
    }

    // The machine is made first.
    private static IPAddress Ip(TruthNode n, TruthMachine made) => made.Name == "second" ? n.At.Second : n.At.Node;

    private static IEnumerable<SetUp> ReversePath()
    {
        const string Kind = "rp_filter";
        TruthNode Crossed(TruthNode n, int filter)
        {
            // The outside machine's address is routed through eth1.
            _ = n.Second;
            return n.Listen(n.Node, 9000).Do($"ip route add {n.At.Outside} via {n.At.SecondOutside} dev eth1")
                .Sysctl($"net.ipv4.conf.eth0.rp_filter={filter}")
                .Call(n.Outside, n.At.Node, 9000, c => c with { Question = ByEth0 });
        }

        return
        [
            Only(Kind, "strict, and the route back is another", n => Crossed(n, 1)),
            Only(Kind, "loose, and the answer leaves by another interface", n => Crossed(n, 2).IsFalse("what leaves through eth1 reaches")),
            Only(Kind, "off, and the answer leaves by another interface", n => Crossed(n, 0).IsFalse("what leaves through eth1 reaches")),
            Only(Kind, "strict, and the route back is the same", n => n.Listen(n.Node, 9000).Sysctl("net.ipv4.conf.all.rp_filter=1")
                .Call(n.Outside, n.At.Node, 9000, c => c with { Question = ByEth0 })),
            Only(Kind, "the rpfilter match drops in raw PREROUTING", n => { _ = n.Second; n.Listen(n.Node, 9000)
                .Do($"ip route add {n.At.Outside} via {n.At.SecondOutside} dev eth1")
                .Rules("-t raw -A PREROUTING -m rpfilter --invert -j DROP").Call(n.Outside, n.At.Node, 9000,
                c => c with { Question = ByEth0 }); }),
            Only(Kind, "the rpfilter match drops, and the way back is the same", n => n.Listen(n.Node, 9000)
                .Rules("-t raw -A PREROUTING -m rpfilter --invert -j DROP").Call(n.Outside, n.At.Node, 9000, c => c with { Question = ByEth0 })),
            Only(Kind, "the loose rpfilter match lets pass what comes back by another interface", n => { _ = n.Second; n.Listen(n.Node, 9000)
                .Do($"ip route add {n.At.Outside} via {n.At.SecondOutside} dev eth1")
                .Rules("-t raw -A PREROUTING -m rpfilter --loose --invert -j DROP").Call(n.Outside, n.At.Node, 9000,
                c => c with { Question = ByEth0 }).IsFalse("what leaves through eth1 reaches"); }),
            .. Both(Kind, "the rpfilter match drops what a pod sends from its own address", n => n.Listen(n.Outside, 8000)
                .Rules("-t raw -A PREROUTING -m rpfilter -j DROP").Call(n.A, n.At.Outside, 8000)),
            .. Both(Kind, "the rpfilter match accepts pods' own addresses, and a pod calls outside", n => n.Listen(n.Outside, 8000)
                .Rules("-t raw -A PREROUTING -m rpfilter --invert -j DROP").Call(n.A, n.At.Outside, 8000)),
        ];
    }

    private static IEnumerable<SetUp> Selectors()
    {
        const string Kind = "ip rule";
        TruthNode With(TruthNode n, params string[] rules) => n.Listen(n.Outside, 8000)
            .Do([.. rules.Select(r => $"{n.Ip} rule add {r} pref 100")]).Call(n.A, n.At.Outside, 8000);
        return
        [
            .. Both(Kind, "a blackhole for the port that is called", n => With(n, "ipproto tcp dport 8000 blackhole")),
            .. Both(Kind, "a blackhole for another port", n => With(n, "ipproto tcp dport 8001 blackhole")),
            .. Both(Kind, "a blackhole for another protocol", n => With(n, "ipproto udp dport 8000 blackhole")),
            .. Both(Kind, "a blackhole for a range of ports", n => With(n, "ipproto tcp dport 7000-9000 blackhole")),
            Only(Kind, "a blackhole for what comes in by the bridge", n => With(n, "iif cni0 prohibit")),
            .. Both(Kind, "a blackhole for what comes in by another interface", n => With(n, "iif eth7 prohibit")),
            Only(Kind, "the default route is suppressed and another table has none", n => With(n, "suppress_prefixlength 0 table main")
                .Do("ip rule del pref 32766")
                .Call(n.A, IPAddress.Parse("203.0.113.5"), 80)),
            Only(Kind, "a blackhole for users of the node says nothing of pods", n => With(n, "uidrange 0-0 blackhole")),
            Only(Kind, "a blackhole for the node's own user", n => n.Listen(n.Outside, 8000)
                .Do("ip rule add uidrange 0-0 blackhole pref 100").Call(n.Node, n.At.Outside, 8000)),
            Only(Kind, "a blackhole for a type of service", n => With(n, "tos 0x10 blackhole")),
            Only(Kind, "a rule by the source's port, which the answer of the node has", n => n.Listen(n.Node, 9000)
                .Do("ip rule add ipproto tcp sport 9000 blackhole pref 100").Call(n.A, n.At.Node, 9000)),
        ];
    }
}
