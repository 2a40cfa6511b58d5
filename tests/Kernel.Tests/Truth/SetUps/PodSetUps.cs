using System.Net;
using static K8sNetfilter.Tests.Truth.AllSetUps;

namespace K8sNetfilter.Tests.Truth;

/// <summary>What a pod's own kernel does with calls that it makes and takes: its rules, routes, links and sockets.</summary>
internal static class PodSetUps
{
    private const string Kind = "a pod's own";

    public static IEnumerable<SetUp> List() => [.. Rules(), .. Routes(), .. Calls(), .. Sockets(), .. Twins(), .. Neighbors(), .. Filters()];

    private static TruthNode Web(TruthNode n) => n.Listen(n.B, 8080).KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080))]).Call(n.A, n.At.Service, 80);

    private static TruthNode Direct(TruthNode n) => n.Listen(n.B, 8080).Call(n.A, n.At.B, 8080);

    private static IEnumerable<SetUp> Rules() =>
        [
            .. Both(Kind, "rules lead its calls to a proxy that does not run", n => Web(n)
                .In(n.A, $"{n.Iptables} -w -t nat -A OUTPUT -p tcp --dport 80 -j REDIRECT --to-ports 15001").IsFalse("netfilter rule of")),
            .. Both(Kind, "rules refuse its calls", n => Web(n).In(n.A, $"{n.Iptables} -w -A OUTPUT -p tcp --dport 80 -j REJECT")
                .IsFalse("netfilter rule of")),
            Only(Kind, "rules accept its calls", n => Web(n).In(n.A, $"{n.Iptables} -w -A OUTPUT -p tcp --dport 80 -j ACCEPT")),
        ];

    private static IEnumerable<SetUp> Routes() =>
        [
            .. Both(Kind, "route to its caller is unreachable", n => Web(n).In(n.B, $"{n.Ip} route add unreachable {n.At.A}")),
            .. Both(Kind, "route to its caller is a blackhole", n => n.Listen(n.B, 8080).Call(n.Outside, n.At.B, 8080)
                .In(n.B, $"{n.Ip} route add blackhole {n.At.Outside}")),
            .. Both(Kind, "route to the outside is prohibited", n => n.Listen(n.B, 8080).Call(n.Outside, n.At.B, 8080).Call(n.A, n.At.B, 8080)
                .In(n.B, $"{n.Ip} route add prohibit {n.At.Outside}/{n.At.LanBits - 8}".Replace("192.168.50.9/16", "192.168.0.0/16", StringComparison.Ordinal)
                    .Replace("fd00:50::9/56", "fd00:50::/56", StringComparison.Ordinal))),
            .. Both(Kind, "route to its caller leads into a tunnel", n => n.Listen(n.B, 8080).Call(n.Outside, n.At.B, 8080)
                .In(n.B, "ip link add tun0 type bridge", "ip link set tun0 up", $"{n.Ip} route add {n.At.Outside} dev tun0").IsFalse("leaves by tun0")),
            .. Both(Kind, "default route has a gateway that nobody has", n => n.Listen(n.B, 8080).Call(n.Outside, n.At.B, 8080)
                .In(n.B, $"{n.Ip} route replace default via {n.At.NoPod}").IsFalse("by its gateway")),
            .. Both(Kind, "routing rules choose another table", n => n.Listen(n.B, 8080).Call(n.Outside, n.At.B, 8080)
                .In(n.B, $"{n.Ip} rule add from {n.At.B} lookup 100", $"{n.Ip} route add unreachable default table 100").IsFalse("its own routes")),
            .. Both(Kind, "routing rules choose another table, which leads here too", n => n.Listen(n.B, 8080).Call(n.Outside, n.At.B, 8080)
                .In(n.B, $"{n.Ip} rule add from {n.At.B} lookup 100", $"{n.Ip} route add default via {n.At.Bridge} table 100")),
        ];

    private static IEnumerable<SetUp> Calls() =>
        [
            .. Both(Kind, "route for its call is unreachable", n => Web(n).In(n.A, $"{n.Ip} route add unreachable {n.At.Service}").IsFalse("no route")),
            .. Both(Kind, "route for its call leads into a tunnel", n => Web(n)
                .In(n.A, "ip link add tun0 type bridge", "ip link set tun0 up", $"{n.Ip} route add {n.At.Service} dev tun0").IsFalse("leaves by tun0")),
            .. Both(Kind, "call goes to a gateway that nobody has", n => Web(n).In(n.A, $"{n.Ip} route replace default via {n.At.NoPod}")
                .IsFalse("by its gateway")),
            .. Both(Kind, "network is too wide, so that a routed pod is on its link", n => n.Listen(n.C, 8080).Call(n.A, n.At.C, 8080)
                .In(n.A, $"{n.Ip} route add {n.At.C}/{n.At.Bits} dev eth0").IsFalse("on the link of")),
            .. Both(Kind, "call comes from a routed pod that is on the endpoint's link", n => n.Listen(n.B, 8080).Call(n.C, n.At.B, 8080)
                .In(n.B, $"{n.Ip} route add {n.At.C}/{n.At.Bits} dev eth0").IsFalse("on the link of")),
            .. Both(Kind, "interface looks for no neighbours", n => Direct(n).In(n.B, "ip link set eth0 arp off").IsFalse("arp off")
                .IsFalse(n.At.B.ToString())),
            .. Both(Kind, "interface looks for no neighbours, and it calls", n => Web(n).In(n.A, "ip link set eth0 arp off").IsFalse("arp off")),
        ];

    private static IEnumerable<SetUp> Sockets() =>
        [
            .. Both(Kind, "UDP socket has two addresses to answer from", n => n.Listen(n.B, 5353, udp: true).CallUdp(n.A, Second(n), 5353)
                .In(n.B, $"ip addr add {Second(n)}/{n.At.PodBits} dev eth0{(n.V6 ? " nodad" : "")}").IsFalse("answers from")),
            .. Both(Kind, "UDP socket is of the address that is called", n => n.In(n.B, $"ip addr add {Second(n)}/{n.At.PodBits} dev eth0{(n.V6 ? " nodad" : "")}")
                .Listen(n.B, 5353, udp: true, at: Second(n)).CallUdp(n.A, Second(n), 5353)),
            .. Both(Kind, "accept queue is full", n => n.Listen(n.B, 8080, isFull: true).Call(n.A, n.At.B, 8080)),
            .. Both(Kind, "accept queue of another port is full", n => n.Listen(n.B, 8081, isFull: true).Listen(n.B, 8080).Call(n.A, n.At.B, 8080)),
        ];

    private static IEnumerable<SetUp> Neighbors()
    {
        const string Wrong = "02:00:00:00:be:ef";
        TruthNode Outside(TruthNode n) => n.Listen(n.B, 8080).Call(n.Outside, n.At.B, 8080);
        TruthNode Fixed(TruthNode n, TruthMachine pod, IPAddress of, string mac) => n.In(pod, $"ip neigh replace {of} lladdr {mac} dev eth0 nud permanent");
        return
        [
            .. Both(Kind, "permanent neighbour entry for its gateway is wrong", n => Fixed(Outside(n), n.B, n.At.Bridge, Wrong)),
            .. Both(Kind, "permanent neighbour entry for its gateway is wrong, and it calls", n => Fixed(Web(n), n.A, n.At.Bridge, Wrong).IsFalse("neighbour entry")),
            .. Both(Kind, "permanent neighbour entry for a pod on its bridge is wrong", n => Fixed(Direct(n), n.B, n.At.A, Wrong)),
            .. Both(Kind, "permanent neighbour entry is that of another pod", n => Direct(n)
                .Do($"mac=$(nsenter --net={n.A.Path} ip -o link show eth0 | sed 's/.*ether \\([0-9a-f:]*\\).*/\\1/')",
                    $"nsenter --net={n.B.Path} ip neigh replace {n.At.A} lladdr $mac dev eth0 nud permanent")),
            .. Both(Kind, "permanent neighbour entry for its gateway is right", n => Outside(n)
                .Do("mac=$(ip -o link show cni0 | sed 's/.*ether \\([0-9a-f:]*\\).*/\\1/')",
                    $"nsenter --net={n.B.Path} ip neigh replace {n.At.Bridge} lladdr $mac dev eth0 nud permanent")),
            .. Both(Kind, "permanent neighbour entry of a routed pod is right", n => n.Listen(n.C, 8080).Call(n.Outside, n.At.C, 8080)
                .Do("mac=$(ip -o link show cali4 | sed 's/.*ether \\([0-9a-f:]*\\).*/\\1/')",
                    $"nsenter --net={n.C.Path} ip neigh replace {n.At.Gateway} lladdr $mac dev eth0 nud permanent")),
            .. Both(Kind, "permanent neighbour entry of a routed pod is wrong", n => Fixed(n.Listen(n.C, 8080).Call(n.Outside, n.At.C, 8080), n.C, n.At.Gateway, Wrong)),
        ];
    }

    // The pod's route back to its caller leads out of another interface than the call comes in by.
    private static IEnumerable<SetUp> Filters()
    {
        TruthNode Two(TruthNode n, int all, int own) => n.Listen(n.B, 8080).Call(n.Outside, n.At.B, 8080)
            .In(n.B, "ip link add tun0 type bridge", "ip link set tun0 up", $"ip route add {n.At.Outside} dev tun0",
                $"sysctl -qw net.ipv4.conf.all.rp_filter={all} net.ipv4.conf.eth0.rp_filter={own} net.ipv4.conf.tun0.rp_filter=0");
        return
        [
            Only(Kind, "rp_filter is strict on the interface that the call comes in by", n => Two(n, 0, 1)),
            Only(Kind, "rp_filter is strict on all interfaces", n => Two(n, 1, 0)),
            Only(Kind, "rp_filter is loose", n => Two(n, 2, 1).IsFalse("leaves by tun0")),
            Only(Kind, "rp_filter is strict, and the route back is the way in", n => n.Listen(n.B, 8080).Call(n.Outside, n.At.B, 8080)
                .In(n.B, "ip link add tun0 type bridge", "ip link set tun0 up", "sysctl -qw net.ipv4.conf.all.rp_filter=1")),
        ];
    }

    private static IEnumerable<SetUp> Twins() =>
        [
            .. Both(Kind, "address is also another's on the bridge", n => Twin(n, n.At.A, n.At.B).Listen(n.B, 8080).Call(n.Outside, n.At.B, 8080)),
            .. Both(Kind, "link layer address is also another's on the bridge", n => n.Listen(n.B, 8080).Call(n.Outside, n.At.B, 8080)
                .Do($"mac=$(nsenter --net={n.B.Path} ip -o link show eth0 | sed 's/.*ether \\([0-9a-f:]*\\).*/\\1/')",
                    $"nsenter --net={n.A.Path} ip link set eth0 address $mac", $"nsenter --net={n.A.Path} ping -c1 -W1 {n.At.Bridge} >/dev/null || true")),
        ];

    // Pod a gets b's address beside its own.
    private static TruthNode Twin(TruthNode n, IPAddress of, IPAddress with) =>
        n.In(n.Find(of)!, $"ip addr add {with}/{n.At.Bits} dev eth0{(n.V6 ? " nodad" : "")}");

    private static IPAddress Second(TruthNode n) => IPAddress.Parse(n.V6 ? "fd00:10:244::33" : "10.244.1.33");
}
