using System.Net;
using static K8sNetfilter.Tests.Truth.AllSetUps;

namespace K8sNetfilter.Tests.Truth;

/// <summary>Packets larger than a link on their way.</summary>
internal static class LengthSetUps
{
    private const string Kind = "MTU";

    // Datagrams that no link takes in one piece: their senders make fragments.
    private static IEnumerable<SetUp> Fragments()
    {
        const int Length = 3028;
        TruthNode Large(TruthNode n, TruthMachine to, IPAddress at, TruthMachine from, int port = 5353, bool isKnown = true) => n.Listen(to, 5353, udp: true)
            .CallUdp(from, at, port, c => c with { Bytes = Length - (n.V6 ? 48 : 28), Question = isKnown
                ? new Dictionary<string, object> { ["Length"] = Length, ["DontFragment"] = false } : new Dictionary<string, object> { ["Length"] = Length } });
        string Calls(TruthNode n) => $"net.bridge.bridge-nf-call-ip{(n.V6 ? "6" : "")}tables=";
        TruthNode Tracked(TruthNode n) => n.Rules("-A FORWARD -m conntrack --ctstate INVALID -j DROP");
        return
        [
            .. Both(Kind, "the node sends a datagram in fragments", n => Large(n, n.Outside, n.At.Outside, n.Node)),
            .. Both(Kind, "the node sends a datagram in fragments to a pod", n => Large(n, n.B, n.At.B, n.Node, isKnown: false)),
            .. Both(Kind, "a pod's fragments leave the node", n => Tracked(Large(n, n.Outside, n.At.Outside, n.A))),
            .. Both(Kind, "a pod's fragments leave the node, and nobody says whether it allows that", n => Tracked(Large(n, n.Outside, n.At.Outside, n.A, isKnown: false))),
            .. Both(Kind, "a pod's fragments are bridged, bridge netfilter is on", n => Tracked(Large(n, n.B, n.At.B, n.A, isKnown: false)).Sysctl(Calls(n) + "1")),
            .. Both(Kind, "a pod's fragments are bridged, bridge netfilter is off", n => Tracked(Large(n, n.B, n.At.B, n.A, isKnown: false)).Sysctl(Calls(n) + "0")),
            .. Both(Kind, "a pod's fragments go to a Service", n => Large(n.KubeProxy([n.DnsService(new IPEndPoint(n.At.B, 5353))]), n.B, n.At.Dns, n.A, 53, isKnown: false)),
            .. Both(Kind, "a pod's fragments are routed to a pod with a link of its own", n => Tracked(Large(n, n.C, n.At.C, n.A, isKnown: false))),
            Only(Kind, "a pod's fragments are made smaller on their way", n => Tracked(Large(n, n.Outside, n.At.Outside, n.A)).Do("ip link set eth0 mtu 1300")),
            new SetUp(Kind, "a pod's fragments are larger than the node's link", true, n => Tracked(Large(n, n.Outside, n.At.Outside, n.A)).Do("ip link set eth0 mtu 1300")),
            .. Both(Kind, "fragments from outside are for the node", n => Tracked(Large(n, n.Node, n.At.Node, n.Outside))),
            Only(Kind, "a datagram is bridged to a narrow port in fragments", n => Tracked(n.Listen(n.B, 5353, udp: true).CallUdp(n.A, n.At.B, 5353, c => c with { Bytes = 1372,
                Question = new Dictionary<string, object> { ["Length"] = 1400, ["DontFragment"] = false } })).Do("ip link set veth3 mtu 1300")),
            .. Both(Kind, "a datagram is bridged to a port that takes it in one piece", n => Tracked(n.Listen(n.B, 5353, udp: true).CallUdp(n.A, n.At.B, 5353, c => c with
                { Bytes = 1400 - (n.V6 ? 48 : 28), MayFragment = false, Question = new Dictionary<string, object> { ["Length"] = 1400, ["DontFragment"] = true } })).Do("ip link set veth3 mtu 1400")),
            Only(Kind, "a datagram is bridged to a narrow port, and fragments are forbidden", n => Tracked(n.Listen(n.B, 5353, udp: true).CallUdp(n.A, n.At.B, 5353, c => c with
                { Bytes = 1372, MayFragment = false, Question = new Dictionary<string, object> { ["Length"] = 1400, ["DontFragment"] = true } })).Do("ip link set veth3 mtu 1300")),
        ];
    }

    public static IEnumerable<SetUp> List()
    {
        // Over UDP a datagram is a packet: 1,372 bytes of data make 1,400 bytes of IPv4 packet, 1,352 of IPv6.
        TruthNode Send(TruthNode n, int length, bool mayFragment = true) => n.Listen(n.Outside, 5353, udp: true)
            .CallUdp(n.A, n.At.Outside, 5353, c => c with { Bytes = length - (n.V6 ? 48 : 28), MayFragment = mayFragment,
                Question = new Dictionary<string, object> { ["Length"] = length, ["DontFragment"] = !mayFragment } });
        // As much as several packets hold; the question is of a full one.
        TruthNode Connection(TruthNode n) => n.Listen(n.Outside, 8000).Call(n.A, n.At.Outside, 8000, c => c with { Bytes = 20000,
            Question = new Dictionary<string, object> { ["Length"] = 1500, ["State"] = "Established" } });
        TruthNode Deaf(TruthNode n) => n.Rules(n.V6 ? "-A OUTPUT -p icmpv6 --icmpv6-type packet-too-big -j DROP" : "-A OUTPUT -p icmp --icmp-type fragmentation-needed -j DROP");
        TruthNode Narrow(TruthNode n, int mtu) => n.Do($"ip link set eth0 mtu {mtu}");
        return
        [
            .. Both(Kind, "a packet fits", n => Send(n, 1400)),
            Only(Kind, "a packet that is larger than eth0 allows is fragmented", n => Narrow(Send(n, 1400), 1300)),
            Only(Kind, "a small packet over a narrow link", n => Narrow(Send(n, 600), 1300)),
            new SetUp(Kind, "a packet that is larger than eth0 allows, which IPv6 routers do not fragment", true,
                n => Narrow(Send(n, 1400, mayFragment: false), 1300)),
            Only(Kind, "fragments are forbidden", n => Narrow(Send(n, 1400, mayFragment: false), 1300)),
            .. Both(Kind, "fragments are forbidden, and the packet fits", n => Narrow(Send(n, 1300, mayFragment: false), 1300)),
            Only(Kind, "a connection is told of the MTU and sends less at once", n => Narrow(Connection(n), 1300)),
            .. Both(Kind, "a connection is not told of the MTU: the message is dropped", n => Narrow(Connection(n), 1300)
                .Rules(n.V6 ? "-A OUTPUT -p icmpv6 --icmpv6-type packet-too-big -j DROP" : "-A OUTPUT -p icmp --icmp-type fragmentation-needed -j DROP")),
            .. Both(Kind, "the sender gets no ICMP about the MTU, and the receiver's MSS limits it", n => Deaf(Narrow(Connection(n), 1300)).In(n.Outside, "ip link set eth0 mtu 1300")
                .IsFalse("sends packets of")),
            .. Both(Kind, "the sender gets no ICMP about the MTU, and has cached it from before", n => Deaf(Narrow(Connection(n), 1300))
                .In(n.A, $"{n.Ip} route add {n.At.Outside} via {n.At.Bridge} mtu 1300").IsFalse("sends packets of")),
            .. Both(Kind, "a pod's link is as narrow as the node's link to it", n => Deaf(n.Listen(n.C, 8000).Call(n.Outside, n.At.C, 8000, c => c with { Bytes = 20000,
                Question = new Dictionary<string, object> { ["Length"] = 1500, ["State"] = "Established" } })).Do("ip link set cali4 mtu 1300").In(n.C, "ip link set eth0 mtu 1300")),
            Only(Kind, "a connection over a wide link, where such messages are dropped", n => Connection(n)
                .Rules("-A OUTPUT -p icmp --icmp-type fragmentation-needed -j DROP")),
            Only(Kind, "a route is narrower than its link", n => Send(n, 1400)
                .Do($"ip route replace {n.At.Outside} dev eth0 mtu lock 1000")),
            .. Fragments(),
        ];
    }
}
