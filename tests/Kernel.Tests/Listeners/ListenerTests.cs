using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Addressing;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Diagnosis.Hairpin;
using K8sNetfilter.Diagnosis.Probe;
using K8sNetfilter.IO;
using K8sNetfilter.Links;
using K8sNetfilter.Listeners;
using K8sNetfilter.Logic;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Simulation;
using K8sNetfilter.Snapshots.Reading;
using K8sNetfilter.Snapshots.Writing;
using K8sNetfilter.Tests.KubeProxy;
using K8sNetfilter.Tests.Links;
using K8sNetfilter.Tests.Rulesets;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Listeners;

/// <summary>
/// Real sockets in namespaces: what is said of who takes a call is what a call for real meets, live and from a snapshot, and what is read
/// of the sockets is what ss(8) prints.
/// </summary>
public sealed class ListenerTests(ITestOutputHelper output) : IDisposable
{
    private const int Port = 8080;

    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(2);

    private readonly NodeFixture _node = Prepare();
    private readonly List<Process> _living = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("k8snf-listeners-").FullName;

    /// <summary>A socket: who has it and how it is bound.</summary>
    /// <param name="Name">What it is.</param>
    /// <param name="Protocol">TCP or UDP.</param>
    /// <param name="Address">What it is bound to; <c>pod</c> and <c>pod6</c> for the endpoint's own address.</param>
    /// <param name="IsDual">An IPv6 socket that takes IPv4 too.</param>
    /// <param name="Device">The interface that it is bound to.</param>
    /// <param name="Port">Its port.</param>
    public sealed record Bound(string Name, ProtocolType Protocol, string Address, bool IsDual = false, string? Device = null, int Port = Port)
    {
        /// <inheritdoc/>
        public override string ToString() => Name;
    }

    private static readonly Bound[] Sockets =
    [
        new("nothing", ProtocolType.Unspecified, ""),
        new("any", ProtocolType.Tcp, "0.0.0.0"),
        new("own address", ProtocolType.Tcp, "pod"),
        new("loopback", ProtocolType.Tcp, "127.0.0.1"),
        new("dual", ProtocolType.Tcp, "::", IsDual: true),
        new("IPv6 only", ProtocolType.Tcp, "::"),
        new("own IPv6 address", ProtocolType.Tcp, "pod6"),
        new("other port", ProtocolType.Tcp, "0.0.0.0", Port: Port + 1),
        new("its interface", ProtocolType.Tcp, "0.0.0.0", Device: "eth0"),
        new("other interface", ProtocolType.Tcp, "0.0.0.0", Device: "lo"),
        new("udp any", ProtocolType.Udp, "0.0.0.0"),
        new("udp dual", ProtocolType.Udp, "::", IsDual: true),
        new("udp IPv6 only", ProtocolType.Udp, "::"),
        new("udp loopback", ProtocolType.Udp, "127.0.0.1"),
    ];

    private static NodeFixture Prepare()
    {
        Tool.Require("ss");
        Tool.Require("iptables-nft-restore");
        var node = new NodeFixture(2);
        foreach (var pod in node.Pods)
        {
            using var link = RouteNetlink.Open(pod);
            link.SetUp("lo");
        }

        foreach (var space in (NetworkNamespace[])[node.Node, .. node.Pods])
        {
            // Nothing can be bound to an address that is still being checked for duplicates.
            for (int i = 0; i < 100 && Tool.Run(space, "ip -6 addr show tentative").Length > 0; i++)
            {
                Thread.Sleep(100);
            }
        }

        return node;
    }

    public void Dispose()
    {
        foreach (var process in _living)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        _node.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void The_sockets_are_those_that_ss_prints()
    {
        foreach (var socket in Sockets.Where(s => s.Protocol != ProtocolType.Unspecified))
        {
            // One at a time per port: most of them want the same.
            using var bound = Bind(_node.Pods[0], socket, 0);
            var ours = new LiveNode(KernelRoot.Live, _node.Pods[0]).Listeners.Read(CancellationToken.None)!;
            string text = Tool.Run(_node.Pods[0], "ss", "-lntu");
            var theirs = ListenerText.Parse(text)!;
            Assert.Equal(theirs.Listeners.Select(l => l.ToString()).Order(), ours.Listeners.Select(l => l.ToString()).Order());
            string ss = Assert.Single(ListenerText.Format(ours).Split('\n'), l => l.Contains($":{socket.Port} ", StringComparison.Ordinal));
            string[] words = ss.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.Contains(text.Split('\n'), l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var kind, var state, _, _, var local, var peer, ..]
                && (kind, state, local, peer) == (words[0], words[1], words[4], words[5]));
        }
    }

    [Fact]
    public void The_files_of_proc_tell_the_same_but_for_IPv6_alone_and_interfaces()
    {
        foreach (var socket in Sockets.Where(s => s.Protocol != ProtocolType.Unspecified))
        {
            using var bound = Bind(_node.Pods[0], socket, 0);
            bool isUdp = socket.Protocol == ProtocolType.Udp;
            var found = ((bool[])[false, true]).SelectMany(v6 => SocketFiles.Parse(
                _node.Pods[0].Run(() => File.ReadAllLines($"/proc/thread-self/net/{(isUdp ? "udp" : "tcp")}{(v6 ? "6" : "")}")), isUdp, v6)).ToList();
            var one = Assert.Single(found);
            var real = Assert.Single(new LiveNode(KernelRoot.Live, _node.Pods[0]).Listeners.Read(CancellationToken.None)!.Listeners);
            Assert.Equal(real with { IsIPv6Only = one.IsIPv6Only, Device = null, DeviceIndex = 0 }, one);
            Assert.Equal(one.IsIPv6 ? null : false, one.IsIPv6Only);
        }
    }

    [Fact]
    public void A_call_ends_as_is_said_from_the_sockets()
    {
        foreach (var pod in _node.Pods)
        {
            // A namespace is found through a process in it.
            _living.Add(pod.Run(() => Process.Start(new ProcessStartInfo("sleep", "600"))!));
        }

        Tool.Run(_node.Node, "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
        foreach (var space in (NetworkNamespace[])[_node.Node, .. _node.Pods])
        {
            // Each refused datagram gets its ICMP error: a kernel sends one a second to a caller.
            Tool.Run(space, "sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0");
        }

        foreach (int i in (int[])[0, 1])
        {
            Tool.Run(_node.Pods[i], "ip route add default via 10.244.0.1");
            Tool.Run(_node.Pods[i], "ip -6 route add default via fd00:10:244::1");
        }

        foreach (bool v6 in (bool[])[false, true])
        {
            Restore.Do(_node.Node, NetfilterBackend.Nft, v6 ? IPFamily.IPv6 : IPFamily.IPv4, KubeProxyRuleset.Write(
                [Service("web", v6, "tcp"), Service("dns", v6, "udp")], v6));
        }

        var rules = ((IPFamily[])[IPFamily.IPv4, IPFamily.IPv6]).ToDictionary(
            f => f, f => new LiveNode(KernelRoot.Live, _node.Node).Rulesets.Read(new RulesetQuery { Family = f, OnProblem = p => throw p }, CancellationToken.None)!);
        var wrong = new ConcurrentBag<string>();
        int count = 0;
        foreach (var socket in Sockets)
        {
            using var bound = socket.Protocol == ProtocolType.Unspecified ? null : Bind(_node.Pods[1], socket, 1);
            using var own = socket.Protocol == ProtocolType.Unspecified || socket.Device == "eth0" || socket.Address.StartsWith("pod", StringComparison.Ordinal) ? null : Bind(_node.Node, socket, 1);
            // A snapshot takes a second or two: of those sockets that differ most.
            INode[] nodes = socket.Name is "nothing" or "dual" or "IPv6 only" or "other interface" or "udp dual"
                ? LiveAndSnapshot(socket.Name.Replace(' ', '-')) : [new LiveNode(KernelRoot.Live, _node.Node)];
            foreach (bool v6 in (bool[])[false, true])
            {
                var walks = nodes.Select(n => (n is LiveNode ? "live" : "snapshot", PacketWalk.Create(rules[v6 ? IPFamily.IPv6 : IPFamily.IPv4], n.Links, n.Sysctls, n.Listeners, _ => { }))).ToArray();
                foreach (var protocol in (ProtocolType[])[ProtocolType.Tcp, ProtocolType.Udp])
                {
                    foreach (string target in (string[])["pod", "node", "service"])
                    {
                        Compare(socket, v6, protocol, target, walks, wrong);
                        count++;
                    }
                }
            }
        }

        output.WriteLine($"{wrong.Count} of {count} wrong");
        Assert.True(wrong.IsEmpty, string.Join('\n', wrong.Order(StringComparer.Ordinal).Take(30)));
    }

    [Theory]
    [InlineData("tcp", ServiceHairpinCause.EndpointRefused)]
    [InlineData("udp", ServiceHairpinCause.EndpointSilent)]
    public void A_Service_whose_endpoint_does_not_listen_is_broken(string protocol, ServiceHairpinCause cause)
    {
        foreach (var pod in _node.Pods)
        {
            _living.Add(pod.Run(() => Process.Start(new ProcessStartInfo("sleep", "600"))!));
        }

        Tool.Run(_node.Node, "sysctl -qw net.ipv4.ip_forward=1");
        Restore.Do(_node.Node, NetfilterBackend.Nft, IPFamily.IPv4, KubeProxyRuleset.Write([Service("web", false, protocol)], false));
        foreach (var node in LiveAndSnapshot(protocol))
        {
            var result = Assert.Single(Decide(node), r => r.SourcePod == "10.244.0.2");
            // Where the answer is lost on the bridge, that is the fault to mend first.
            bool hasSwitch = Directory.Exists("/proc/sys/net/bridge");
            Assert.Equal((ServiceVerdict.Broken, hasSwitch ? cause : ServiceHairpinCause.ModuleMissing), (result.Verdict, result.Cause));
        }
    }

    [Fact]
    public void An_address_that_no_pod_has_any_more_is_not_reached()
    {
        foreach (var pod in _node.Pods)
        {
            _living.Add(pod.Run(() => Process.Start(new ProcessStartInfo("sleep", "600"))!));
        }

        Tool.Run(_node.Node, "sysctl -qw net.ipv4.ip_forward=1");
        Restore.Do(_node.Node, NetfilterBackend.Nft, IPFamily.IPv4, KubeProxyRuleset.Write([Service("web", false, "tcp", "10.244.0.77")], false));
        string snapshot = Path.Combine(_folder, "gone");
        SnapshotExport.Run(new LiveNode(KernelRoot.Live, _node.Node), snapshot, new SnapshotExportOptions { IncludePods = true }, CancellationToken.None);
        foreach (INode node in (INode[])[new LiveNode(KernelRoot.Live, _node.Node), new SnapshotNode(snapshot)])
        {
            var result = Assert.Single(Decide(node), r => r.SourcePod == "10.244.0.2");
            Assert.Equal((ServiceVerdict.Broken, ServiceHairpinCause.EndpointSilent), (result.Verdict, result.Cause));
            Assert.Contains("10.244.0.77", result.Evidence, StringComparison.Ordinal);
        }

        // A pod that answers for others may lead there.
        Tool.Run(_node.Pods[1], "sysctl -qw net.ipv4.conf.eth0.proxy_arp=1");
        var open = Assert.Single(Decide(new LiveNode(KernelRoot.Live, _node.Node)), r => r.SourcePod == "10.244.0.2");
        Assert.Contains("somebody on cni0 has 10.244.0.77", open.Assumptions);
    }

    [Fact]
    public void Rules_of_a_pod_s_own_are_named()
    {
        foreach (var pod in _node.Pods)
        {
            _living.Add(pod.Run(() => Process.Start(new ProcessStartInfo("sleep", "600"))!));
        }

        Tool.Run(_node.Node, "sysctl -qw net.ipv4.ip_forward=1");
        Restore.Do(_node.Node, NetfilterBackend.Nft, IPFamily.IPv4, KubeProxyRuleset.Write([Service("web", false, "tcp")], false));
        Restore.Do(_node.Pods[1], NetfilterBackend.Nft, IPFamily.IPv4, "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp --dport 8080 -j REDIRECT --to-ports 15006\nCOMMIT\n");
        using (Bind(_node.Pods[1], new Bound("sidecar", ProtocolType.Tcp, "0.0.0.0", Port: 15006), 1))
        {
            foreach (var node in LiveAndSnapshot("led"))
            {
                Assert.Equal(ServiceVerdict.Unknown, Assert.Single(Decide(node), r => r.SourcePod == "10.244.0.2").Verdict);
            }
        }

        using (Bind(_node.Pods[1], new Bound("itself", ProtocolType.Tcp, "0.0.0.0"), 1))
        {
            foreach (var node in LiveAndSnapshot("ruled"))
            {
                var result = Assert.Single(Decide(node), r => r.SourcePod == "10.244.0.2");
                Assert.True(result.Verdict != ServiceVerdict.Works || result.Assumptions.Any(a => a.Contains("10.244.0.3's own", StringComparison.Ordinal)));
            }
        }
    }

    private INode[] LiveAndSnapshot(string name)
    {
        string snapshot = Path.Combine(_folder, name);
        SnapshotExport.Run(new LiveNode(KernelRoot.Live, _node.Node), snapshot, new SnapshotExportOptions { IncludePods = true }, CancellationToken.None);
        return [new LiveNode(KernelRoot.Live, _node.Node), new SnapshotNode(snapshot)];
    }

    private static List<ServiceHairpinResult> Decide(INode node) =>
        [.. ServiceHairpinDiagnosis.Run(node, new HairpinQuery { Warn = _ => { }, OnProblem = p => throw p }, CancellationToken.None)!];

    private static KubeProxyService Service(string name, bool v6, string protocol, string? endpoint = null) => new(
        "default", name, "http", ServiceAddress(v6), 80, [new IPEndPoint(endpoint is null ? Endpoint(v6) : IPAddress.Parse(endpoint), Port)]) { Protocol = protocol };

    private static IPAddress ServiceAddress(bool v6) => IPAddress.Parse(v6 ? "fd00:10:96::10" : "10.96.0.10");

    private static IPAddress Endpoint(bool v6) => v6 ? NodeFixture.PodAddress6(1) : NodeFixture.PodAddress(1);

    private void Compare(Bound socket, bool v6, ProtocolType protocol, string target, (string From, PacketWalk Walk)[] walks, ConcurrentBag<string> wrong)
    {
        var to = target switch
        {
            "pod" => new IPEndPoint(Endpoint(v6), Port),
            "node" => new IPEndPoint(IPAddress.Parse(v6 ? "fd00:10:244::1" : "10.244.0.1"), Port),
            _ => new IPEndPoint(ServiceAddress(v6), 80),
        };
        var kernel = Call(to, protocol);
        foreach (var (from, walk) in walks)
        {
            var result = walk.Walk(new Packet
            {
                Source = v6 ? NodeFixture.PodAddress6(0) : NodeFixture.PodAddress(0), Destination = to.Address, DestinationPort = to.Port,
                Protocol = protocol == ProtocolType.Tcp ? "tcp" : "udp", InInterface = NodeFixture.PortName(0),
            }, new WalkOptions { Reply = true });
            // Whether the answer of a Service's endpoint on the same bridge comes back is another question than who takes the call.
            var expected = kernel == LabObservation.Connected ? MatchOutcome.Yes : MatchOutcome.No;
            bool isRefused = result.Branches.All(b => b.Fate == PacketFate.Rejected);
            bool isAsSeen = (kernel == LabObservation.Refused) == isRefused;
            if (result.Works != expected || result.Branches.Any(b => b.Assumptions.Count > 0) || !isAsSeen)
            {
                wrong.Add($"{socket} {(v6 ? "IPv6" : "IPv4")} {protocol} {target} {from}: said {result.Works} ({string.Join(" | ", result.Branches.Select(b => $"{b.Fate} {b.Reason} [{string.Join(", ", b.Assumptions)}]"))}), the kernel {kernel}");
            }
        }

        Assert.Equal(kernel, Call(to, protocol));
    }

    private LabObservation Call(IPEndPoint to, ProtocolType protocol)
    {
        using var call = _node.Pods[0].Run(() => new ServiceCall(to, protocol));
        return call.Make(new byte[16], wantEcho: true, Wait, CancellationToken.None);
    }

    private static Server Bind(NetworkNamespace inside, Bound socket, int pod) => inside.Run(() => new Server(socket, pod));

    /// <summary>Sends back what it gets, until it is disposed.</summary>
    private sealed class Server : IDisposable
    {
        private readonly Socket _socket;
        private readonly Thread _serving;
        private volatile bool _stop;

        public Server(Bound bound, int pod)
        {
            var address = bound.Address switch
            {
                "pod" => NodeFixture.PodAddress(pod),
                "pod6" => NodeFixture.PodAddress6(pod),
                _ => IPAddress.Parse(bound.Address),
            };
            _socket = new Socket(address.AddressFamily, bound.Protocol == ProtocolType.Tcp ? SocketType.Stream : SocketType.Dgram, bound.Protocol);
            if (address.AddressFamily == AddressFamily.InterNetworkV6)
            {
                _socket.DualMode = bound.IsDual;
            }

            if (bound.Device is { } device)
            {
                // SO_BINDTODEVICE of SOL_SOCKET.
                _socket.SetRawSocketOption(1, 25, System.Text.Encoding.ASCII.GetBytes(device));
            }

            _socket.Bind(new IPEndPoint(address, bound.Port));
            if (bound.Protocol == ProtocolType.Tcp)
            {
                _socket.Listen();
            }

            _serving = new Thread(Serve) { IsBackground = true };
            _serving.Start();
        }

        public void Dispose()
        {
            _stop = true;
            _serving.Join();
            _socket.Dispose();
        }

        private void Serve()
        {
            byte[] buffer = new byte[2048];
            EndPoint from = new IPEndPoint(_socket.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
            while (!_stop)
            {
                try
                {
                    if (!_socket.Poll(10_000, SelectMode.SelectRead))
                    {
                        continue;
                    }

                    if (_socket.SocketType == SocketType.Dgram)
                    {
                        int length = _socket.ReceiveFrom(buffer, ref from);
                        _socket.SendTo(buffer, 0, length, SocketFlags.None, from);
                        continue;
                    }

                    using var connection = _socket.Accept();
                    connection.ReceiveTimeout = 1000;
                    int got = connection.Receive(buffer);
                    connection.Send(buffer, got, SocketFlags.None);
                }
                catch (SocketException)
                {
                    // A client that went away.
                }
            }
        }
    }
}
