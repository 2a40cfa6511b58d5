using System.Net;
using static K8sNetfilter.Tests.Truth.AllSetUps;

namespace K8sNetfilter.Tests.Truth;

/// <summary>Links, ports, forwarding databases, neighbours and routes to pods.</summary>
internal static class Layer2SetUps
{
    public static IEnumerable<SetUp> List() => [.. Links(), .. Ports(), .. Neighbours(), .. Routes()];

    private static TruthNode ToB(TruthNode n) => n.Listen(n.B, 8080).Call(n.A, n.At.B, 8080);

    private static TruthNode RoutedToB(TruthNode n) => n.Listen(n.B, 8080).Call(n.C, n.At.B, 8080);

    private static IEnumerable<SetUp> Links()
    {
        const string Kind = "links";
        return
        [
            .. Both(Kind, "the endpoint's port is down", n => ToB(n).Do("ip link set veth3 down")),
            .. Both(Kind, "the endpoint's own end is down", n => ToB(n).In(n.B, "ip link set eth0 down")),
            .. Both(Kind, "a routed pod's link is down", n => n.Listen(n.C, 8080).Call(n.A, n.At.C, 8080).Do("ip link set cali4 down")),
            .. Both(Kind, "a routed pod's own end is down", n => n.Listen(n.C, 8080).Call(n.A, n.At.C, 8080)
                .In(n.C, "ip link set eth0 down")),
            .. Both(Kind, "eth0 is down", n => n.Listen(n.Outside, 8000).Call(n.A, n.At.Outside, 8000).Do("ip link set eth0 down")),
            Only(Kind, "the bridge is down", n => RoutedToB(n).Do("ip link set cni0 down").IsFalse("10.244.1.3 answers")),
            .. Both(Kind, "the port has left its bridge", n => RoutedToB(n).Do("ip link set veth3 nomaster")),
            .. Both(Kind, "the port is in another bridge", n => RoutedToB(n).Do("ip link add br9 type bridge", "ip link set br9 up",
                "ip link set veth3 master br9")),
        ];
    }

    private static IEnumerable<SetUp> Ports()
    {
        const string Kind = "bridge ports";
        return
        [
            .. Both(Kind, "the endpoint's port is blocked", n => ToB(n).Do("bridge link set dev veth3 state 4")),
            .. Both(Kind, "the endpoint's port is disabled, and the call is routed", n => RoutedToB(n)
                .Do("bridge link set dev veth3 state 0")),
            .. Both(Kind, "both ports are isolated", n => ToB(n).Do("bridge link set dev veth2 isolated on",
                "bridge link set dev veth3 isolated on")),
            .. Both(Kind, "one port is isolated", n => ToB(n).Do("bridge link set dev veth3 isolated on")),
            Only(Kind, "both ports are isolated, and a Service is called", n => n.Listen(n.B, 8080)
                .KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080))]).Do("bridge link set dev veth2 isolated on",
                "bridge link set dev veth3 isolated on").Call(n.A, n.At.Service, 80)),
            .. Both(Kind, "the endpoint's port gets no broadcasts and no multicast", n => ToB(n)
                .Do("bridge link set dev veth3 bcast_flood off mcast_flood off").In(n.A, "ip neigh flush all").In(n.B, "ip neigh flush all")),
            .. Both(Kind, "a static entry leads to another port", n => ToB(n).Do("mac=" + Mac(n, n.B),
                "bridge fdb replace $mac dev veth2 master static")),
            Only(Kind, "a static entry leads to the pod's own port", n => ToB(n)
                .Do("mac=" + Mac(n, n.B), "bridge fdb replace $mac dev veth3 master static")),
            Only(Kind, "learning and flooding are off, and a static entry leads to the pod", n => ToB(n)
                .Do("mac=" + Mac(n, n.B), "bridge fdb replace $mac dev veth3 master static",
                "bridge link set dev veth3 learning off flood off")),
        ];
    }

    public static string Mac(TruthNode n, TruthMachine machine) => $"$(nsenter --net={machine.Path} ip -o link show eth0 | sed 's/.*ether \\([0-9a-f:]*\\).*/\\1/')";

    private static IEnumerable<SetUp> Neighbours()
    {
        const string Kind = "neighbours";
        return
        [
            .. Both(Kind, "a permanent entry has a wrong address", n => RoutedToB(n)
                .Do($"ip neigh replace {n.At.B} lladdr 02:00:00:00:00:99 dev cni0 nud permanent")),
            Only(Kind, "a permanent entry has the right address", n => RoutedToB(n)
                .Do("mac=" + Mac(n, n.B), $"ip neigh replace {n.At.B} lladdr $mac dev cni0 nud permanent")),
            Only(Kind, "an entry has failed and the pod is there", n => RoutedToB(n)
                .Do($"ip neigh replace {n.At.B} dev cni0 nud failed")),
            Only(Kind, "a pod that is reached without ARP", n => RoutedToB(n).In(n.B, "ip link set eth0 arp off")
                .Do("ip neigh flush dev cni0").IsFalse(n.At.B.ToString())),
            Only(Kind, "pods of one network on two bridges, by proxy_arp", n => RoutedToB(n)
                .Do("sysctl -qw net.ipv4.conf.cni0.proxy_arp=1")),
            Only(Kind, "a routed pod has the node's link as its gateway, by proxy_arp", n => n.Listen(n.Outside, 8000)
                .In(n.C, "ip route flush all", "ip addr flush dev eth0", $"ip addr add {n.At.C}/32 dev eth0",
                "ip route add 169.254.1.2 dev eth0", "ip route add default via 169.254.1.2")
                .Do("sysctl -qw net.ipv4.conf.cali4.proxy_arp=1").Call(n.C, n.At.Outside, 8000)),
            Only(Kind, "the routed pod's gateway answers no ARP", n => n.Listen(n.Outside, 8000)
                .In(n.C, "ip route flush all", "ip addr flush dev eth0", $"ip addr add {n.At.C}/32 dev eth0",
                "ip route add 169.254.1.2 dev eth0", "ip route add default via 169.254.1.2")
                .Call(n.C, n.At.Outside, 8000).IsFalse("gateway").IsFalse("reaches this node")),
            Only(Kind, "arp_ignore keeps the gateway's address from pods", n => RoutedToB(n).Sysctl("net.ipv4.conf.cni0.arp_ignore=8")
                .In(n.B, "ip neigh flush dev eth0").Do("true").IsFalse("gateway").IsFalse("answers")),
        ];
    }

    private static IEnumerable<SetUp> Routes()
    {
        const string Kind = "routes to pods";
        return
        [
            .. Both(Kind, "a routed pod's route is missing", n => n.Listen(n.C, 8080).Call(n.A, n.At.C, 8080)
                .Do($"{n.Ip} route del {n.At.C}/{n.At.Bits}").IsFalse(n.At.C.ToString())),
            Only(Kind, "a routed pod's route leads to another link", n => { _ = n.D; n.Listen(n.C, 8080).Call(n.A, n.At.C, 8080)
                .Do($"ip route replace {n.At.C}/32 dev cali5").IsFalse(n.At.C.ToString()); }),
            Only(Kind, "a more special route leads off the bridge", n => RoutedToB(n).Do($"ip route add {n.At.B}/32 via {n.At.Outside}")
                .IsFalse(n.At.B.ToString())),
            Only(Kind, "a pod without a default route", n => n.Listen(n.B, 8080).In(n.B, "ip route del default").Call(n.C, n.At.B, 8080)
                ),
            Only(Kind, "a pod with its Service's client on its own segment, without masquerade", n => n.Listen(n.B, 8080)
                .Sysctl("net.bridge.bridge-nf-call-iptables=0")
                .Rules($"-t nat -A PREROUTING -d {n.At.Service} -p tcp --dport 80 -j DNAT --to-destination {new IPEndPoint(n.At.B, 8080)}").Call(n.A, n.At.Service, 80)),
            .. Both(Kind, "two machines on eth0's network, of which the node finds one no more", n => n.Listen(n.Other, 8000)
                .Do($"ip neigh replace {n.At.Other} dev eth0 nud failed").Call(n.Outside, n.At.Other, 8000)),
            .. Both(Kind, "two machines on eth0's network, and FORWARD drops", n => n.Listen(n.Other, 8000)
                .Rules("-P FORWARD DROP").Call(n.Outside, n.At.Other, 8000).IsFalse("need not pass this node")),
            Only(Kind, "a machine and an endpoint on eth0's network, without masquerade", n => n.Listen(n.Other, 8000)
                .Rules($"-t nat -A PREROUTING -d {n.At.Node} -p tcp --dport 80 -j DNAT --to-destination {new IPEndPoint(n.At.Other, 8000)}").Call(n.Outside, n.At.Node, 80).IsFalse("answer passes this node")),
            Only(Kind, "a machine and an endpoint on eth0's network, with masquerade", n => n.Listen(n.Other, 8000)
                .Rules($"-t nat -A PREROUTING -d {n.At.Node} -p tcp --dport 80 -j DNAT --to-destination {new IPEndPoint(n.At.Other, 8000)}", "-t nat -A POSTROUTING -p tcp --dport 8000 -j MASQUERADE").Call(n.Outside, n.At.Node, 80)),
        ];
    }
}
