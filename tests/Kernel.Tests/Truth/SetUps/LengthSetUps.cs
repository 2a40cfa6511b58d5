using static K8sNetfilter.Tests.Truth.AllSetUps;

namespace K8sNetfilter.Tests.Truth;

/// <summary>Packets larger than a link on their way.</summary>
internal static class LengthSetUps
{
    private const string Kind = "MTU";

    public static IEnumerable<SetUp> List()
    {
        // Over UDP a datagram is a packet: 1,372 bytes of data make 1,400 bytes of IPv4 packet, 1,352 of IPv6.
        TruthNode Send(TruthNode n, int length, bool mayFragment = true) => n.Listen(n.Outside, 5353, udp: true)
            .CallUdp(n.A, n.At.Outside, 5353, c => c with { Bytes = length - (n.V6 ? 48 : 28), MayFragment = mayFragment,
                Question = mayFragment || n.V6 ? new Dictionary<string, object> { ["Length"] = length }
                    : new Dictionary<string, object> { ["Length"] = length, ["DontFragment"] = true } });
        TruthNode Narrow(TruthNode n, int mtu) => n.Do($"ip link set eth0 mtu {mtu}");
        return
        [
            .. Both(Kind, "a packet fits", n => Send(n, 1400)),
            Only(Kind, "a packet that is larger than eth0 allows is fragmented", n => Narrow(Send(n, 1400), 1300)),
            Only(Kind, "a small packet over a narrow link", n => Narrow(Send(n, 600), 1300)),
            Only(Kind, "a route is narrower than its link", n => Send(n, 1400)
                .Do($"ip route replace {n.At.Outside} dev eth0 mtu lock 1000")),
        ];
    }
}
