using System.Net;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Tests.KubeProxy;
using static K8sNetfilter.Tests.Truth.AllSetUps;

namespace K8sNetfilter.Tests.Truth;

/// <summary>Calls from outside: node ports, host ports, load balancers.</summary>
internal static class NodePortSetUps
{
    private const int Port = 30080;

    public static IEnumerable<SetUp> List() => [.. NodePorts(), .. Localhost(), .. OtherWays(), .. HostPorts()];

    private static KubeProxyService On(TruthNode n, IPAddress endpoint, params IPEndPoint[]? local) =>
        n.Web(new IPEndPoint(endpoint, 8080)) with { NodePort = Port, LocalEndpoints = local };

    // The form before masquerading was added, or with a cluster CIDR that has the clients.
    private static string WithoutMasquerade(string text) => string.Join('\n', text.Split('\n')
        .Where(l => !l.Contains("external destinations\" -j KUBE-MARK-MASQ", StringComparison.Ordinal)));

    private static IEnumerable<SetUp> NodePorts()
    {
        const string Kind = "NodePort";
        return
        [
            .. Both(Kind, "an endpoint on this node", n => n.Listen(n.B, 8080).KubeProxy([On(n, n.At.B, null)])
                .Call(n.Outside, n.At.Node, Port).Call(n.A, n.At.Node, Port).Call(n.Node, n.At.Node, Port)),
            .. Both(Kind, "an endpoint on another node", n => n.Listen(n.Other, 8080).KubeProxy([On(n, n.At.RemotePod, null)])
                .Call(n.Outside, n.At.Node, Port).Call(n.A, n.At.Node, Port).Call(n.Node, n.At.Node, Port)),
            .. Both(Kind, "an endpoint on this node, without masquerade", n => n.Listen(n.B, 8080)
                .KubeProxy([On(n, n.At.B, null)], WithoutMasquerade).Call(n.Outside, n.At.Node, Port)),
            .. Both(Kind, "an endpoint on another node, without masquerade: it answers past this node", n => n.Listen(n.Other, 8080)
                .KubeProxy([On(n, n.At.RemotePod, null)], WithoutMasquerade)
                .Call(n.Outside, n.At.Node, Port).IsFalse("answer passes this node")),
            Only(Kind, "an endpoint on another node, without masquerade, which answers by this node", n => n.Listen(n.Other, 8080)
                .KubeProxy([On(n, n.At.RemotePod, null)], WithoutMasquerade)
                .In(n.Other, $"ip route add {n.At.Outside}/32 via {n.At.Node}", "sysctl -qw net.ipv4.conf.all.rp_filter=0")
                .Call(n.Outside, n.At.Node, Port)),
            .. Both(Kind, "externalTrafficPolicy Local with an endpoint here", n => n.Listen(n.B, 8080)
                .KubeProxy([On(n, n.At.B, new IPEndPoint(n.At.B, 8080))]).Call(n.Outside, n.At.Node, Port).Call(n.A, n.At.Node, Port)),
            .. Both(Kind, "externalTrafficPolicy Local without an endpoint here", n => n.Listen(n.Other, 8080)
                .KubeProxy([On(n, n.At.RemotePod) with { LocalEndpoints = [] }]).Call(n.Outside, n.At.Node, Port)),
            .. Both(Kind, "no endpoints", n => n.KubeProxy([n.Web() with { NodePort = Port }]).Call(n.Outside, n.At.Node, Port)
                .Call(n.A, n.At.Node, Port)),
            .. Both(Kind, "a port that no Service has", n => n.KubeProxy([On(n, n.At.B, null)]).Call(n.Outside, n.At.Node, 30081)),
            .. Both(Kind, "the endpoint does not listen", n => n.KubeProxy([On(n, n.At.B, null)]).Call(n.Outside, n.At.Node, Port)
                .IsFalse("listens on 8080/tcp")),
            .. Both(Kind, "the other node's pod does not listen", n => { _ = n.Other; n.KubeProxy([On(n, n.At.RemotePod, null)])
                .Call(n.Outside, n.At.Node, Port).IsFalse("listens on 8080/tcp").IsFalse("answers"); }),
            .. Both(Kind, "INPUT drops everything but the DNATed call is forwarded", n => n.Listen(n.B, 8080)
                .KubeProxy([On(n, n.At.B, null)]).Rules("-P INPUT DROP").Call(n.Outside, n.At.Node, Port)),
            .. Both(Kind, "iptables-legacy has the rules", n => { n.Backend = NetfilterBackend.Legacy; n.Listen(n.B, 8080)
                .KubeProxy([On(n, n.At.B, null)]).Call(n.Outside, n.At.Node, Port); }),
            Only(Kind, "kube-proxy in nftables mode", n => n.Listen(n.B, 8080).KubeProxyNft(On(n, n.At.B, null))
                .Call(n.Outside, n.At.Node, Port).Call(n.Node, n.At.Node, Port)),
        ];
    }

    private static IEnumerable<SetUp> Localhost()
    {
        const string Kind = "localhost NodePort";
        return
        [
            Only(Kind, "route_localnet is on", n => n.Listen(n.B, 8080).KubeProxy([On(n, n.At.B, null)])
                .Sysctl("net.ipv4.conf.all.route_localnet=1").Call(n.Node, IPAddress.Loopback, Port)),
            Only(Kind, "route_localnet is off", n => n.Listen(n.B, 8080).KubeProxy([On(n, n.At.B, null)])
                .Call(n.Node, IPAddress.Loopback, Port).Call(n.Node, n.At.Node, Port)),
            Only(Kind, "kube-proxy in nftables mode serves none", n => n.Listen(n.B, 8080).KubeProxyNft(On(n, n.At.B, null))
                .Sysctl("net.ipv4.conf.all.route_localnet=1").Call(n.Node, IPAddress.Loopback, Port)),
            new SetUp(Kind, "::1 has no route beyond the node", true, n => n.Listen(n.B, 8080).KubeProxy([On(n, n.At.B, null)])
                .Call(n.Node, IPAddress.IPv6Loopback, Port)),
        ];
    }

    private static IEnumerable<SetUp> OtherWays()
    {
        const string Kind = "load balancer";
        return
        [
            .. Both(Kind, "a load balancer's address is taken by this node", n => n.Listen(n.B, 8080)
                .KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080)) with { LoadBalancerIP = n.At.Foreign }])
                .In(n.Outside, $"{n.Ip} route add {n.At.Foreign} via {n.At.Node}").Call(n.Outside, n.At.Foreign, 80)),
            Only(Kind, "the client is not in the source ranges", n => n.Listen(n.B, 8080)
                .KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080)) with { LoadBalancerIP = n.At.Foreign, SourceRanges = ["172.16.0.0/12"] }])
                .In(n.Outside, $"{n.Ip} route add {n.At.Foreign} via {n.At.Node}").Call(n.Outside, n.At.Foreign, 80)),
            Only(Kind, "the client is in the source ranges", n => n.Listen(n.B, 8080)
                .KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080)) with { LoadBalancerIP = n.At.Foreign,
                SourceRanges = ["192.168.50.0/24"] }])
                .In(n.Outside, $"{n.Ip} route add {n.At.Foreign} via {n.At.Node}").Call(n.Outside, n.At.Foreign, 80)),
            Only(Kind, "an external address, called by a pod", n => n.Listen(n.B, 8080)
                .KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080)) with { ExternalIP = n.At.Foreign }]).Call(n.A, n.At.Foreign, 80)),
            Only("cluster address from outside", "a route leads to this node", n => n.Listen(n.B, 8080)
                .KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080))])
                .In(n.Outside, $"ip route add {n.At.Service} via {n.At.Node}").Call(n.Outside, n.At.Service, 80)),
            Only("cluster address from outside", "it is masqueraded only where the client is no pod, and all are taken for pods",
                n => n.Listen(n.Other, 8080).KubeProxy([n.Web(new IPEndPoint(n.At.RemotePod, 8080))],
                t => t.Replace("! -s 10.244.0.0/16", "! -s 0.0.0.0/0", StringComparison.Ordinal)
                    .Replace("! -s 0.0.0.0/0 -d", "-s 240.0.0.0/4 -d", StringComparison.Ordinal))
                    .In(n.Outside, $"ip route add {n.At.Service} via {n.At.Node}").Call(n.Outside, n.At.Service, 80)
                    .IsFalse("answer passes this node")),
            .. Both("cluster address from the node", "the node calls a Service of its own pod and of another's", n => n.Listen(n.B, 8080)
                .Listen(n.Other, 5353, udp: true, at: n.At.RemotePod)
                .KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080)), n.DnsService(new IPEndPoint(n.At.RemotePod, 5353))])
                .Call(n.Node, n.At.Service, 80).CallUdp(n.Node, n.At.Dns, 53)),
        ];
    }

    // The rules that the CNI's portmap plugin writes.
    private static TruthNode PortMap(TruthNode n, bool masquerade) => n.Rules("-t nat -N CNI-HOSTPORT-DNAT", "-t nat -N CNI-DN-1",
        "-t nat -N CNI-HOSTPORT-SETMARK", "-t nat -N CNI-HOSTPORT-MASQ",
            "-t nat -A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT",
                "-t nat -A OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT",
            "-t nat -A CNI-HOSTPORT-DNAT -p tcp -m multiport --dports 8081 -j CNI-DN-1")
        .Rules(masquerade ? [$"-t nat -A CNI-DN-1 -s {n.At.Pods} -p tcp --dport 8081 -j CNI-HOSTPORT-SETMARK"] : [])
        .Rules($"-t nat -A CNI-DN-1 -p tcp --dport 8081 -j DNAT --to-destination {new IPEndPoint(n.At.B, 8080)}",
            "-t nat -A CNI-HOSTPORT-SETMARK -j MARK --set-xmark 0x2000/0x2000",
            "-t nat -A POSTROUTING -j CNI-HOSTPORT-MASQ", "-t nat -A CNI-HOSTPORT-MASQ -m mark --mark 0x2000/0x2000 -j MASQUERADE");

    private static IEnumerable<SetUp> HostPorts()
    {
        const string Kind = "hostPort";
        return
        [
            .. Both(Kind, "portmap's rules are there", n => PortMap(n.Listen(n.B, 8080), masquerade: true)
                .Call(n.Outside, n.At.Node, 8081).Call(n.A, n.At.Node, 8081).Call(n.Node, n.At.Node, 8081)),
            Only(Kind, "portmap's rules are there and bridge netfilter is off", n => PortMap(n.Listen(n.B, 8080), masquerade: false)
                .Sysctl("net.bridge.bridge-nf-call-iptables=0").Call(n.Outside, n.At.Node, 8081).Call(n.A, n.At.Node, 8081)),
            .. Both(Kind, "portmap's rules have vanished", n => n.Listen(n.B, 8080).KubeProxy([n.Web(new IPEndPoint(n.At.B, 8080))])
                .Call(n.Outside, n.At.Node, 8081).IsFalse("listens on 8081/tcp")),
            Only(Kind, "the pod of portmap's rules is gone", n => PortMap(n, masquerade: true).In(n.B, "ip addr flush dev eth0")
                .Do("ip neigh flush dev cni0").Call(n.Outside, n.At.Node, 8081).IsFalse("10.244.1.3")),
        ];
    }
}
