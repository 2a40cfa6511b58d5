using System.Net;
using K8sNetfilter.Rulesets;
using static K8sNetfilter.Tests.Truth.AllSetUps;

namespace K8sNetfilter.Tests.Truth;

/// <summary>A pod calls a Service with an endpoint on its own node.</summary>
internal static class SameNodeSetUps
{
    private const string Kind = "same-node Service";

    public static IEnumerable<SetUp> List()
    {
        foreach (var one in Switches().Concat(Masquerades()).Concat(Modes()))
        {
            yield return one;
        }
    }

    private static string Call(TruthNode n, int value) => $"net.bridge.bridge-nf-call-ip{(n.V6 ? "6" : "")}tables={value}";

    // Service web with pod b, called by both pods.
    private static TruthNode WithWeb(TruthNode n, bool masqueradeAll = false, Func<string, string>? change = null) =>
        n.Listen(n.B, 8080).KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080))], change, masqueradeAll).Call(n.A, n.At.Service, 80)
            .Call(n.B, n.At.Service, 80);

    private static IEnumerable<SetUp> Switches()
    {
        return
        [
            .. Both(Kind, "bridge netfilter is on, the port has no hairpin mode", n => WithWeb(n).Sysctl(Call(n, 1))),
            .. Both(Kind, "bridge netfilter is on, and the endpoint's port has hairpin mode", n => WithWeb(n)
                .Do("bridge link set dev veth3 hairpin on")),
            .. Both(Kind, "bridge netfilter is off", n => WithWeb(n).Sysctl(Call(n, 0))),
            Only(Kind, "bridge netfilter is off, and the endpoint's port has hairpin mode", n => WithWeb(n).Sysctl(Call(n, 0))
                .Do("bridge link set dev veth3 hairpin on")),
            .. Both(Kind, "bridge netfilter is off in general and on by the bridge's own flag",
                n => WithWeb(n).Sysctl(Call(n, 0)).Do($"ip link set cni0 type bridge nf_call_ip{(n.V6 ? "6" : "")}tables 1")),
            Only(Kind, "bridge netfilter is on for IPv6 alone", n => WithWeb(n)
                .Sysctl("net.bridge.bridge-nf-call-iptables=0", "net.bridge.bridge-nf-call-ip6tables=1")),
            .. Both(Kind, "the bridge is promiscuous, bridge netfilter is on", n => WithWeb(n).Do("ip link set cni0 promisc on")),
            Only(Kind, "the bridge is promiscuous, bridge netfilter is off", n => WithWeb(n).Sysctl(Call(n, 0))
                .Do("ip link set cni0 promisc on")),
            .. Both(Kind, "the node does not forward", n => WithWeb(n)
                .Sysctl(n.V6 ? "net.ipv6.conf.all.forwarding=0" : "net.ipv4.ip_forward=0")),
            Only(Kind, "rp_filter is strict", n => WithWeb(n).Sysctl("net.ipv4.conf.all.rp_filter=1", "net.ipv4.conf.cni0.rp_filter=1")),
            Only(Kind, "FORWARD has the policy DROP and nothing accepts", n => WithWeb(n,
                change: t => t.Replace(":FORWARD ACCEPT", ":FORWARD DROP", StringComparison.Ordinal)
                .Replace("-m mark --mark 0x4000/0x4000 -j ACCEPT", "-m mark --mark 0x4000/0x4000", StringComparison.Ordinal)
                .Replace("RELATED,ESTABLISHED -j ACCEPT", "RELATED,ESTABLISHED", StringComparison.Ordinal))),
            Only(Kind, "FORWARD has the policy DROP and the pods' network is accepted", n => WithWeb(n)
                .Rules("-P FORWARD DROP", $"-A FORWARD -s {n.At.Pods} -j ACCEPT", $"-A FORWARD -d {n.At.Pods} -j ACCEPT")),
            .. Both(Kind, "bridged packets are dropped by physdev", n => WithWeb(n)
                .Rules("-I FORWARD -m physdev --physdev-is-bridged -j DROP")),
        ];
    }

    private static IEnumerable<SetUp> Masquerades()
    {
        return
        [
            .. Both("masquerade", "everything is masqueraded, bridge netfilter is off", n => WithWeb(n, masqueradeAll: true)
                .Sysctl(Call(n, 0))),
            .. Both("masquerade", "everything is masqueraded, bridge netfilter is on", n => WithWeb(n, masqueradeAll: true)),
            .. Both("masquerade", "a pod's own call is not masqueraded, its port has hairpin mode",
                n => WithWeb(n, change: t => string.Join('\n', t.Split('\n')
                .Where(l => !(l.StartsWith("-A KUBE-SEP-", StringComparison.Ordinal) && l.EndsWith("KUBE-MARK-MASQ",
                StringComparison.Ordinal)))))
                    .Do("bridge link set dev veth3 hairpin on")),
            Only("masquerade", "KUBE-POSTROUTING is not called, the port has hairpin mode", n => WithWeb(n).Rules("-t nat -F POSTROUTING")
                .Do("bridge link set dev veth3 hairpin on")),
            Only("masquerade", "another rule accepts ahead of KUBE-POSTROUTING", n => WithWeb(n)
                .Rules($"-t nat -I POSTROUTING -s {n.At.Pods} -d {n.At.Pods} -j ACCEPT").Do("bridge link set dev veth3 hairpin on")),
            Only("masquerade", "another rule returns ahead of the CNI's masquerading", n => WithWeb(n)
                .Rules($"-t nat -A POSTROUTING -s {n.At.Pods} -d {n.At.Pods} -j RETURN",
                $"-t nat -A POSTROUTING -s {n.At.Pods} -j MASQUERADE")),
            .. Both("masquerade", "the CNI masquerades pods that talk with each other, bridge netfilter is off", n => WithWeb(n)
                .Sysctl(Call(n, 0))
                .Rules($"-t nat -A POSTROUTING -s {n.At.Pods} -j MASQUERADE")),
        ];
    }

    private static IEnumerable<SetUp> Modes()
    {
        return
        [
            .. Both("both backends", "iptables-legacy has the rules, bridge netfilter is on",
                n => { n.Backend = NetfilterBackend.Legacy; WithWeb(n); }),
            Only("both backends", "iptables-legacy has the rules, bridge netfilter is off",
                n => { n.Backend = NetfilterBackend.Legacy; WithWeb(n).Sysctl(Call(n, 0)); }),
            Only("nftables mode", "bridge netfilter is on", n => n.Listen(n.B, 8080).KubeProxyNft(n.Web(new IPEndPoint(n.At.B, 8080)))
                .Call(n.A, n.At.Service, 80).Call(n.B, n.At.Service, 80)),
            Only("nftables mode", "bridge netfilter is off",
                n => n.Listen(n.B, 8080).KubeProxyNft(n.Web(new IPEndPoint(n.At.B, 8080))).Sysctl(Call(n, 0)).Call(n.A, n.At.Service, 80)
                .Call(n.B, n.At.Service, 80)),
            .. Both("UDP Service", "bridge netfilter is on", n => n.Listen(n.B, 5353, udp: true)
                .KubeProxy([n.DnsService(new IPEndPoint(n.At.B, 5353))]).CallUdp(n.A, n.At.Dns, 53)),
            Only("UDP Service", "bridge netfilter is off", n => n.Listen(n.B, 5353, udp: true)
                .KubeProxy([n.DnsService(new IPEndPoint(n.At.B, 5353))]).Sysctl(Call(n, 0)).CallUdp(n.A, n.At.Dns, 53)),
            Only("UDP Service", "nothing listens", n => n.KubeProxy([n.DnsService(new IPEndPoint(n.At.B, 5353))])
                .CallUdp(n.A, n.At.Dns, 53).IsFalse("listens on 5353/udp")),
            Only("UDP Service", "nobody answers what is only counted (statsd)",
                n => n.Listen(n.B, 8125, udp: true, answers: false).KubeProxy([n.DnsService(new IPEndPoint(n.At.B, 8125))])
                .CallUdp(n.A, n.At.Dns, 53, c => c with { OneWay = true })),
            Only("UDP Service", "nobody answers what is only counted, straight to the pod",
                n => n.Listen(n.B, 8125, udp: true, answers: false).CallUdp(n.A, n.At.B, 8125, c => c with { OneWay = true })),
            .. Both("routed pods", "a routed pod serves a pod on the bridge and is served", n => n.Listen(n.C, 8080).Listen(n.B, 8080)
                .KubeProxy([n.Web(new IPEndPoint(n.At.C, 8080))])
                .Call(n.A, n.At.Service, 80).Call(n.C, n.At.Service, 80).Call(n.C, n.At.B, 8080)),
            Only("routed pods", "two routed pods, and bridge netfilter is off", n => n.Listen(n.C, 8080)
                .KubeProxy([n.Web(new IPEndPoint(n.At.C, 8080))]).Sysctl(Call(n, 0))
                .Call(n.D, n.At.Service, 80).Call(n.C, n.At.Service, 80)),
            Only("routed pods", "forwarding is off on the routed pod's link", n => n.Listen(n.C, 8080).Call(n.D, n.At.C, 8080)
                .Sysctl("net.ipv4.conf.cali5.forwarding=0")),
            Only("routed pods", "rp_filter is strict and the calling pod's route is missing",
                n => n.Listen(n.C, 8080).Call(n.D, n.At.C, 8080).Sysctl("net.ipv4.conf.cali5.rp_filter=1").Do($"ip route del {n.At.D}")),
        ];
    }
}
