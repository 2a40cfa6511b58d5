using System.Net;
using static K8sNetfilter.Tests.Truth.AllSetUps;

namespace K8sNetfilter.Tests.Truth;

/// <summary>Chains of the bridge, netdev and arp families: ebtables and nft.</summary>
internal static class OtherFamilySetUps
{
    public static IEnumerable<SetUp> List() => [.. Ebtables(), .. Netdev(), .. Arp()];

    private static TruthNode SameBridge(TruthNode n) => n.Listen(n.B, 8080).Call(n.A, n.At.B, 8080);

    private static TruthNode FromBridge(TruthNode n) => n.Listen(n.C, 8080).Call(n.A, n.At.C, 8080);

    private static TruthNode ToBridge(TruthNode n) => n.Listen(n.B, 8080).Call(n.Outside, n.At.B, 8080);

    private static IEnumerable<SetUp> Ebtables()
    {
        const string Kind = "bridge family";
        return
        [
            Only(Kind, "FORWARD drops bridged frames", n => SameBridge(n).Do("ebtables-nft -A FORWARD -o veth3 -j DROP")),
            Only(Kind, "FORWARD drops frames to another port", n => SameBridge(n).Do("ebtables-nft -A FORWARD -o veth9 -j DROP")),
            Only(Kind, "INPUT drops what a pod sends through the node", n => FromBridge(n)
                .Do("ebtables-nft -A INPUT -i veth2 -p IPv4 -j DROP")),
            Only(Kind, "INPUT drops and the call is bridged", n => SameBridge(n).Sysctl("net.bridge.bridge-nf-call-iptables=0")
                .Do("ebtables-nft -A INPUT -i veth2 -p IPv4 -j DROP")),
            .. Both(Kind, "OUTPUT drops what the node routes to a pod", n => ToBridge(n).Do("ebtables-nft -A OUTPUT -o veth3 -j DROP")),
            Only(Kind, "KUBE-DEDUP, bridge netfilter is off", n => n.Listen(n.B, 8080).KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080))])
                .Sysctl("net.bridge.bridge-nf-call-iptables=0")
                .Do("mac=$(cat /sys/class/net/cni0/address 2>/dev/null || true)", "ebtables-nft -N KUBE-DEDUP",
                "ebtables-nft -A OUTPUT -j KUBE-DEDUP",
                    $"ebtables-nft -A KUBE-DEDUP -p IPv4 --ip-src {n.At.Pods} -o veth+ -j DROP").Call(n.A, n.At.Service, 80)),
            Only(Kind, "KUBE-DEDUP, bridge netfilter is on", n => n.Listen(n.B, 8080).KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080))])
                .Do("ebtables-nft -N KUBE-DEDUP", "ebtables-nft -A OUTPUT -j KUBE-DEDUP",
                $"ebtables-nft -A KUBE-DEDUP -p IPv4 --ip-src {n.At.Pods} -o veth+ -j DROP").Call(n.A, n.At.Service, 80)),
            Only(Kind, "a prerouting chain drops a port's frames", n => SameBridge(n)
                .Nft("table bridge t { chain p { type filter hook prerouting priority 0; iifname \"veth2\" ether type ip drop; } }")),
            Only(Kind, "a postrouting chain drops what goes to a port", n => ToBridge(n)
                .Nft("table bridge t { chain p { type filter hook postrouting priority 0; oifname \"veth3\" ether type ip drop; } }")),
            Only(Kind, "a chain of nft drops a port's frames", n => SameBridge(n)
                .Nft("table bridge t { chain f { type filter hook forward priority 0; oifname \"veth3\" drop; } }")),
            Only(Kind, "a chain of nft only counts", n => SameBridge(n)
                .Nft("table bridge t { chain f { type filter hook forward priority 0; counter; } }")),
            Only(Kind, "a chain of nft drops, and the call does not touch a bridge", n => n.Listen(n.C, 8080).Call(n.D, n.At.C, 8080)
                .Nft("table bridge t { chain f { type filter hook forward priority 0; drop; } }")),
            Only(Kind, "an input chain of nft drops", n => FromBridge(n)
                .Nft("table bridge t { chain i { type filter hook input priority 0; ether type ip drop; } }")),
        ];
    }

    private static IEnumerable<SetUp> Netdev()
    {
        const string Kind = "netdev";
        string Table(string hook, string device,
            string rule) => $"table netdev t {{ chain c {{ type filter hook {hook} device \"{device}\" priority 0; {rule}; }} }}";
        return
        [
            Only(Kind, "ingress of a pod's port drops", n => FromBridge(n).Nft(Table("ingress", "veth2", "tcp dport 8080 drop"))),
            Only(Kind, "ingress of another link drops", n => FromBridge(n).Nft(Table("ingress", "eth0", "drop"))),
            Only(Kind, "ingress of eth0 drops odd flags", n => n.Listen(n.Node, 9000)
                .Nft(Table("ingress", "eth0", "tcp flags & (fin|syn) == (fin|syn) drop")).Call(n.Outside, n.At.Node, 9000)),
            Only(Kind, "ingress of eth0 drops everything", n => n.Listen(n.Node, 9000)
                .Nft(Table("ingress", "eth0", "meta l4proto tcp drop")).Call(n.Outside, n.At.Node, 9000)),
            Only(Kind, "egress of a pod's link drops", n => FromBridge(n).Nft(Table("egress", "cali4", "tcp dport 8080 drop"))),
        ];
    }

    private static IEnumerable<SetUp> Arp()
    {
        const string Kind = "arp";
        return
        [
            Only(Kind, "input drops, and the pod's address is to be found yet", n => n.Listen(n.C, 8080)
                .Nft("table arp t { chain i { type filter hook input priority 0; drop; } }").Do("ip neigh flush dev cali4")
                .Call(n.A, n.At.C, 8080)),
            Only(Kind, "output drops, and pods have permanent entries", n => n.Listen(n.C, 8080)
                .Do($"ip neigh replace {n.At.C} lladdr $(nsenter --net={n.C.Path} cat /proc/net/arp >/dev/null; nsenter --net={n.C.Path} ip -o link show eth0 | sed 's/.*ether \\([0-9a-f:]*\\).*/\\1/') dev cali4 nud permanent")
                .Nft("table arp t { chain o { type filter hook output priority 0; counter; } }").Call(n.A, n.At.C, 8080)),
        ];
    }
}
