using System.Net;
using static K8sNetfilter.Tests.Truth.AllSetUps;

namespace K8sNetfilter.Tests.Truth;

/// <summary>Chains of the bridge, netdev and arp families: ebtables and nft.</summary>
internal static class OtherFamilySetUps
{
    public static IEnumerable<SetUp> List() => [.. Ebtables()];

    private static TruthNode SameBridge(TruthNode n) => n.Listen(n.B, 8080).Call(n.A, n.At.B, 8080);

    private static IEnumerable<SetUp> Ebtables()
    {
        const string Kind = "bridge family";
        return
        [
            Only(Kind, "INPUT drops and the call is bridged", n => SameBridge(n).Sysctl("net.bridge.bridge-nf-call-iptables=0")
                .Do("ebtables-nft -A INPUT -i veth2 -p IPv4 -j DROP")),
            Only(Kind, "KUBE-DEDUP, bridge netfilter is on", n => n.Listen(n.B, 8080).KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080))])
                .Do("ebtables-nft -N KUBE-DEDUP", "ebtables-nft -A OUTPUT -j KUBE-DEDUP",
                $"ebtables-nft -A KUBE-DEDUP -p IPv4 --ip-src {n.At.Pods} -o veth+ -j DROP").Call(n.A, n.At.Service, 80)),
        ];
    }

}
