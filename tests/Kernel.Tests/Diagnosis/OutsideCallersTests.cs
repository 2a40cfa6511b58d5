using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Addressing;
using K8sNetfilter.Diagnosis.Chains;
using K8sNetfilter.Diagnosis.Hairpin;
using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.IO;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Tests.KubeProxy;
using K8sNetfilter.Tests.Namespaces;
using K8sNetfilter.Tests.Rulesets;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Diagnosis;

/// <summary>
/// A node, another node with a pod, a client outside of the cluster, all on one segment, and a pod on the node. What the rules do to the
/// client's calls and the pod's is found by real calls, and said before.
/// </summary>
public sealed class OutsideCallersTests
{
    private const string RemotePod = "10.244.2.4";
    private const string LocalPod = "10.244.1.3";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private sealed class Segment : IDisposable
    {
        private readonly List<Process> _processes = [];

        public Segment()
        {
            (Node, Other, Client, Pod) = (Privilege.MakeNamespace(), Privilege.MakeNamespace(), Privilege.MakeNamespace(), Privilege.MakeNamespace());
            Tool.Run(Node, "ip link set lo up");
            Tool.Run(Node, "ip link add seg type bridge");
            Tool.Run(Node, "ip addr add 192.0.2.1/24 dev seg");
            Tool.Run(Node, "ip link set seg up");
            foreach (var (space, name, address) in new[] { (Other, "other", "192.0.2.2/24"), (Client, "client", "192.0.2.9/24") })
            {
                Connect(space, name, address);
                Tool.Run(Node, $"ip link set {name} master seg");
            }

            Connect(Pod, "veth0", LocalPod + "/32");
            Tool.Run(Node, $"ip route add {LocalPod}/32 dev veth0");
            Tool.Run(Node, "ip addr add 169.254.1.1/32 dev veth0");
            Tool.Run(Node, "ip route add 10.244.2.0/24 via 192.0.2.2");
            Tool.Run(Node, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward; for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 > $f; done; echo 0 > /proc/sys/net/bridge/bridge-nf-call-iptables 2>/dev/null || true");
            Tool.Run(Pod, "ip route add 169.254.1.1 dev eth0 scope link");
            Tool.Run(Pod, "ip route add default via 169.254.1.1");
            Tool.Run(Other, "ip link set lo up");
            Tool.Run(Other, $"ip addr add {RemotePod}/32 dev lo");
            Tool.Run(Other, "ip route add 10.244.1.0/24 via 192.0.2.1");
            Tool.Run(Client, "ip route add 10.96.0.0/16 via 192.0.2.1");
        }

        public NetworkNamespace Node { get; }

        public NetworkNamespace Other { get; }

        public NetworkNamespace Client { get; }

        public NetworkNamespace Pod { get; }

        public NetfilterChainResult[] Judge(bool withNode = true)
        {
            var node = new LiveNode(KernelRoot.Live, Node);
            return [.. ChainReport.Read(node.Rulesets.Read(new RulesetQuery(), Cancellation)!, [ChainOwner.KubeProxy], isWhole: true, node: withNode ? node : null).Where(r => r.Verdict != ChainVerdict.Works)];
        }

        /// <summary>Whom a server in a namespace sees when a socket of another calls; null where the call fails.</summary>
        public static string? Caller(NetworkNamespace from, IPEndPoint to, NetworkNamespace at, string address)
        {
            using var server = at.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
            server.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            server.Bind(new IPEndPoint(IPAddress.Parse(address), 8080));
            server.Listen();
            using var client = from.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
            var connecting = client.ConnectAsync(to);
            try
            {
                if (!connecting.Wait(TimeSpan.FromSeconds(1.5)))
                {
                    return null;
                }
            }
            catch (AggregateException)
            {
                return null;
            }

            using var served = server.Accept();
            return ((IPEndPoint)served.RemoteEndPoint!).Address.ToString();
        }

        private void Connect(NetworkNamespace space, string name, string address)
        {
            var process = space.Run(() => Process.Start("sleep", "300"));
            _processes.Add(process);
            Tool.Run(Node, string.Create(CultureInfo.InvariantCulture, $"ip link add {name} type veth peer name eth0 netns {process.Id}"));
            Tool.Run(Node, $"ip link set {name} up");
            Tool.Run(space, $"ip addr add {address} dev eth0");
            Tool.Run(space, "ip link set eth0 up");
        }

        public void Dispose()
        {
            foreach (var process in _processes)
            {
                process.Kill();
                process.WaitForExit();
                process.Dispose();
            }

            foreach (var space in new[] { Node, Other, Client, Pod })
            {
                space.Dispose();
            }
        }
    }

    private static KubeProxyService Web(params string[] pods) => new("default", "web", "http", IPAddress.Parse("10.96.0.10"), 80, [.. pods.Select(p => new IPEndPoint(IPAddress.Parse(p), 8080))]) { NodePort = 30080 };

    private static IPEndPoint ByNode => new(IPAddress.Parse("192.0.2.1"), 30080);

    private static IPEndPoint ByCluster => new(IPAddress.Parse("10.96.0.10"), 80);

    public static TheoryData<int> Minors { get; } = new(KubeProxyVersion.Minors);

    private static string Without(string text, Func<string, bool> line) => string.Join('\n', text.Split('\n').Where(l => !line(l)));

    [Theory]
    [MemberData(nameof(Minors))]
    public void A_node_port_that_no_longer_masquerades_is_answered_past_the_node(int minor)
    {
        using var all = new Segment();
        string text = KubeProxyVersion.Write(minor, [Web(RemotePod)]);
        bool masquerades(string l) => l.EndsWith("-j KUBE-MARK-MASQ", StringComparison.Ordinal) && (l.Contains("--dport 30080", StringComparison.Ordinal) || l.Contains("external destinations", StringComparison.Ordinal));
        Restore.Do(all.Node, NetfilterBackend.Nft, IPFamily.IPv4, Without(text, masquerades));
        var fault = Assert.Single(all.Judge());
        Assert.Equal((ChainVerdict.Broken, ChainCause.AnswerBypasses), (fault.Verdict, fault.Cause));
        Assert.Contains("1 way to a Service is not masqueraded for clients outside of the cluster: default/web:http (NodePort 30080). 10.244.2.4:8080 is not on this node", fault.Evidence, StringComparison.Ordinal);
        Assert.Equal((ChainVerdict.Unknown, ChainCause.AnswerBypasses), all.Judge(withNode: false).Select(r => (r.Verdict, r.Cause)).Single());
        Assert.Null(Segment.Caller(all.Client, ByNode, all.Other, RemotePod));
        Tool.Run(all.Node, "sh", "-c", fault.Remedy!);
        Assert.Empty(all.Judge());
        Assert.Equal("192.0.2.1", Segment.Caller(all.Client, ByNode, all.Other, RemotePod));
    }

    [Fact]
    public void What_every_endpoint_here_answers_comes_back_through_the_node()
    {
        using var all = new Segment();
        string text = KubeProxyVersion.Write(31, [Web(LocalPod)], podNetwork: null);
        Restore.Do(all.Node, NetfilterBackend.Nft, IPFamily.IPv4, Without(text, l => l.Contains("external destinations", StringComparison.Ordinal) && l.EndsWith("-j KUBE-MARK-MASQ", StringComparison.Ordinal)));
        Assert.Empty(all.Judge());
        Assert.Equal("192.0.2.9", Segment.Caller(all.Client, ByNode, all.Pod, LocalPod));
        Assert.Equal("192.0.2.9", Segment.Caller(all.Client, ByCluster, all.Pod, LocalPod));
    }

    [Theory]
    [InlineData(14)]
    [InlineData(31)]
    public void Without_a_cluster_CIDR_a_client_outside_gets_no_answer_from_a_cluster_address(int minor)
    {
        using var all = new Segment();
        Restore.Do(all.Node, NetfilterBackend.Nft, IPFamily.IPv4, KubeProxyVersion.Write(minor, [Web(RemotePod)], podNetwork: null));
        var open = Assert.Single(all.Judge());
        // Whether anybody outside calls cluster addresses, the node does not know: pods are served.
        Assert.Equal((ChainVerdict.Unknown, ChainCause.AnswerBypasses), (open.Verdict, open.Cause));
        Assert.Contains("kube-proxy was given no cluster CIDR", open.Evidence, StringComparison.Ordinal);
        Assert.Null(Segment.Caller(all.Client, ByCluster, all.Other, RemotePod));
        Assert.Equal(LocalPod, Segment.Caller(all.Pod, ByCluster, all.Other, RemotePod));
        Assert.Equal("192.0.2.1", Segment.Caller(all.Client, ByNode, all.Other, RemotePod));
    }

    [Theory]
    [InlineData(14)]
    [InlineData(31)]
    public void Pods_outside_of_the_cluster_CIDR_lose_their_address(int minor)
    {
        using var all = new Segment();
        Restore.Do(all.Node, NetfilterBackend.Nft, IPFamily.IPv4, KubeProxyVersion.Write(minor, [Web(RemotePod, LocalPod), Web(RemotePod) with { Name = "far", ClusterIP = IPAddress.Parse("10.96.0.11"), NodePort = 0 }], podNetwork: "10.99.0.0/16"));
        var fault = Assert.Single(all.Judge());
        Assert.Equal((ChainVerdict.Stale, ChainCause.ClientAddressLost), (fault.Verdict, fault.Cause));
        Assert.Contains("takes 10.99.0.0/16 for the pods' network, and 10.244.1.3 of default/web:http, a pod on this node, is not in it", fault.Evidence, StringComparison.Ordinal);
        var far = new IPEndPoint(IPAddress.Parse("10.96.0.11"), 80);
        Assert.NotEqual(LocalPod, Segment.Caller(all.Pod, far, all.Other, RemotePod));
        // What the configuration of the remedy makes.
        using var mended = new Segment();
        Restore.Do(mended.Node, NetfilterBackend.Nft, IPFamily.IPv4, KubeProxyVersion.Write(minor, [Web(RemotePod, LocalPod), Web(RemotePod) with { Name = "far", ClusterIP = IPAddress.Parse("10.96.0.11"), NodePort = 0 }]));
        Assert.Empty(mended.Judge());
        Assert.Equal(LocalPod, Segment.Caller(mended.Pod, far, mended.Other, RemotePod));
    }

    [Theory]
    [InlineData(9)]
    [InlineData(18)]
    [InlineData(31)]
    public void Calls_that_are_dropped_for_want_of_a_local_endpoint_reach_it_where_kube_proxy_knows_its_node(int minor)
    {
        using var all = new Segment();
        Restore.Do(all.Node, NetfilterBackend.Nft, IPFamily.IPv4, KubeProxyVersion.Write(minor, [Web(RemotePod, LocalPod) with { LocalEndpoints = [] }]));
        var fault = Assert.Single(all.Judge());
        Assert.Equal((ChainVerdict.Broken, ChainCause.LocalEndpointIgnored), (fault.Verdict, fault.Cause));
        Assert.Contains("default/web:http (NodePort 30080) are dropped", fault.Evidence, StringComparison.Ordinal);
        Assert.Contains("10.244.1.3:8080 is on this node", fault.Evidence, StringComparison.Ordinal);
        Assert.Null(Segment.Caller(all.Client, ByNode, all.Pod, LocalPod));
        using var mended = new Segment();
        Restore.Do(mended.Node, NetfilterBackend.Nft, IPFamily.IPv4, KubeProxyVersion.Write(minor, [Web(RemotePod, LocalPod) with { LocalEndpoints = [new IPEndPoint(IPAddress.Parse(LocalPod), 8080)] }]));
        Assert.Empty(mended.Judge());
        Assert.Equal("192.0.2.9", Segment.Caller(mended.Client, ByNode, mended.Pod, LocalPod));
        // An endpoint elsewhere is no fault.
        using var away = new Segment();
        Restore.Do(away.Node, NetfilterBackend.Nft, IPFamily.IPv4, KubeProxyVersion.Write(minor, [Web(RemotePod) with { LocalEndpoints = [] }]));
        Assert.Empty(away.Judge());
    }
}
