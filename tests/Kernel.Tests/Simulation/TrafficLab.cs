using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Addressing;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Diagnosis.Hairpin;
using K8sNetfilter.Hooks;
using K8sNetfilter.IO;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Simulation;
using K8sNetfilter.Tests.Namespaces;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Simulation;

/// <summary>
/// A node with a bridge and two pods, A (10.244.1.2) and B (10.244.1.3), and a LAN at its eth0 (192.168.50.1) with two machines, X
/// (192.168.50.9) and Y (192.168.50.7), each in a namespace with a stack of its own. Calls are real, and the walk says beforehand how they end.
/// </summary>
internal sealed class TrafficLab : IDisposable
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1.5);

    private readonly List<IDisposable> _things = [];
    private readonly Dictionary<string, string> _holders = [];

    public TrafficLab()
    {
        Tool.Require("iptables-legacy-restore");
        foreach (string name in (string[])["node", "a", "b", "lan", "x", "y"])
        {
            var space = Privilege.MakeNamespace(name);
            _things.Add(space);
            Spaces[name] = space;
            var holder = space.Run(() => Process.Start(new ProcessStartInfo("sleep", "600"))!);
            _holders[name] = holder.Id.ToString(CultureInfo.InvariantCulture);
            _things.Add(new Killed(holder));
            Shell(name, "ip link set lo up");
        }

        Shell("node", $"""
            set -e
            ip link add cni0 type bridge mcast_snooping 0; ip address add 10.244.1.1/24 dev cni0; ip link set cni0 up
            ip link add veth-a type veth peer name eth0 netns {_holders["a"]}; ip link add veth-b type veth peer name eth0 netns {_holders["b"]}
            ip link set veth-a master cni0 up; ip link set veth-b master cni0 up
            ip link add eth0 type veth peer name p0 netns {_holders["lan"]}; ip address add 192.168.50.1/24 dev eth0; ip link set eth0 up
            ip route add default via 192.168.50.9; sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0 net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0
            [ ! -e /proc/sys/net/bridge ] || sysctl -qw net.bridge.bridge-nf-call-iptables=1
            """);
        Shell("lan", $"""
            set -e
            ip link add br0 type bridge mcast_snooping 0; ip link set br0 up; ip link set p0 master br0 up
            ip link add p1 type veth peer name eth0 netns {_holders["x"]}; ip link add p2 type veth peer name eth0 netns {_holders["y"]}
            ip link set p1 master br0 up; ip link set p2 master br0 up
            [ ! -e /proc/sys/net/bridge ] || sysctl -qw net.bridge.bridge-nf-call-iptables=0
            """);
        foreach (var (name, address, gateway) in new[] { ("a", "10.244.1.2", "10.244.1.1"), ("b", "10.244.1.3", "10.244.1.1"), ("x", "192.168.50.9", "192.168.50.1"), ("y", "192.168.50.7", "192.168.50.1") })
        {
            Shell(name, $"ip address add {address}/24 dev eth0 && ip link set eth0 up && ip route add default via {gateway}");
        }

        // Neighbours and stations are known before the first question.
        Shell("node", "for a in 10.244.1.2 10.244.1.3 192.168.50.9 192.168.50.7; do ping -c 1 -W 2 $a >/dev/null 2>&1 || echo >/dev/udp/$a/9; done; sleep 0.3");
    }

    public Dictionary<string, NetworkNamespace> Spaces { get; } = [];

    public LiveNode Node => new(KernelRoot.Live, Spaces["node"]);

    /// <summary>The process that holds a namespace.</summary>
    public string Holder(string space) => _holders[space];

    public string Shell(string space, string script) => Tool.Run(Spaces[space], "bash", "-c", "PATH=$PATH:/usr/sbin:/sbin\n" + script);

    /// <summary>Replaces the node's rules.</summary>
    public void Rules(string rules, string backend = "legacy") => Shell("node", $"iptables-{backend}-restore <<'RULES'\n{rules}\nRULES");

    /// <summary>Answers calls in a namespace until the lab is gone.</summary>
    public void Serve(string space, string protocol, int port, string address = "0.0.0.0") =>
        _things.Add(new EchoServer(Spaces[space], protocol == "udp", new IPEndPoint(IPAddress.Parse(address), port)));

    /// <summary>Makes a real call; true where what was sent comes back from where it was sent to.</summary>
    public bool Call(string space, string protocol, string to, int port, int sourcePort = 0) => Spaces[space].Run(() =>
    {
        bool udp = protocol == "udp";
        using var socket = new Socket(AddressFamily.InterNetwork, udp ? SocketType.Dgram : SocketType.Stream, udp ? ProtocolType.Udp : ProtocolType.Tcp);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(new IPEndPoint(IPAddress.Any, sourcePort));
        var called = new IPEndPoint(IPAddress.Parse(to), port);
        byte[] answer = new byte[4];
        try
        {
            if (udp)
            {
                socket.ReceiveTimeout = (int)Wait.TotalMilliseconds;
                socket.SendTo("call"u8, called);
                EndPoint from = new IPEndPoint(IPAddress.Any, 0);
                return socket.ReceiveFrom(answer, ref from) == 4 && from.Equals(called);
            }

            socket.Blocking = false;
            try
            {
                socket.Connect(called);
            }
            catch (SocketException pending) when (pending.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
            }

            if (!socket.Poll(Wait, SelectMode.SelectWrite))
            {
                return false;
            }

            socket.Send("call"u8);
            return socket.Poll(Wait, SelectMode.SelectRead) && socket.Receive(answer) == 4;
        }
        catch (SocketException)
        {
            return false;
        }
        finally
        {
            // Without FIN, the next call is not taken for the same connection.
            socket.LingerState = new LingerOption(true, 0);
        }
    });

    /// <summary>Walks a packet, as Trace-NetfilterPacket does.</summary>
    public WalkBranch[] Walk(string source, string to, int port, string protocol, string? input = null, int? sourcePort = null) => Walk(Node, source, to, port, protocol, input, sourcePort);

    /// <summary>The same from another source, such as a snapshot of the node.</summary>
    public static WalkBranch[] Walk(INode node, string source, string to, int port, string protocol, string? input = null, int? sourcePort = null)
    {
        var packet = new Packet { Source = IPAddress.Parse(source), Destination = IPAddress.Parse(to), DestinationPort = port, SourcePort = sourcePort, Protocol = protocol, InInterface = input };
        var rules = node.Rulesets.Read(new RulesetQuery { Family = IPFamily.IPv4, OnProblem = p => Assert.Fail(p.Message) }, CancellationToken.None)!;
        var walk = PacketWalk.Create(rules, node.Links, node.Sysctls, _ => { });
        BlindSpots.Of(walk, rules, node.Hooks.ReadHooks(CancellationToken.None) ?? KernelHooks.Unknown, IPFamily.IPv4);
        var options = new WalkOptions { Reply = true };
        options = ExistingEntries.Read(node.Conntrack, packet, _ => { }, CancellationToken.None)?.Apply(options) ?? options;
        return [.. walk.Walk(packet, options).Branches];
    }

    public void Dispose()
    {
        for (int i = _things.Count - 1; i >= 0; i--)
        {
            _things[i].Dispose();
        }
    }

    private sealed class Killed(Process process) : IDisposable
    {
        public void Dispose()
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
    }
}
