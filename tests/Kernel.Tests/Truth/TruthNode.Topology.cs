using System.Net;
using System.Net.Sockets;

namespace K8sNetfilter.Tests.Truth;

/// <content>The machines and the links between them.</content>
internal sealed partial class TruthNode
{
    private TruthMachine? _c, _d, _other, _second;

    /// <summary>A pod that is reached by a route of its own, over a link cali4 without a bridge.</summary>
    public TruthMachine C => _c ??= AddRouted("c", "cali4", TruthPlan.IPv4.C, TruthPlan.IPv6.C);

    /// <summary>Another one, over cali5.</summary>
    public TruthMachine D => _d ??= AddRouted("d", "cali5", TruthPlan.IPv4.D, TruthPlan.IPv6.D);

    /// <summary>Another node on the outside network, with a pod's address of its own.</summary>
    public TruthMachine Other => _other ??= AddOther();

    /// <summary>A machine on the network of a second interface of the node, eth1.</summary>
    public TruthMachine Second => _second ??= AddSecond();

    private TruthMachine Add(string name, bool isPod)
    {
        var machine = new TruthMachine(name, isPod);
        _machines.Add(machine);
        return machine;
    }

    private void Build()
    {
        var (p, q) = (TruthPlan.IPv4, TruthPlan.IPv6);
        Do("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1", "ip -batch - <<B",
            "link set lo up", "link add cni0 type bridge mcast_snooping 0", "link set cni0 up",
            $"addr add {p.Bridge}/{p.PodBits} dev cni0", $"addr add {q.Bridge}/{q.PodBits} dev cni0 nodad",
            $"link add veth2 type veth peer name eth0 netns {A.Path}", "link set veth2 master cni0 up",
            $"link add veth3 type veth peer name eth0 netns {B.Path}", "link set veth3 master cni0 up",
            $"link add eth0 type veth peer name node0 netns {Outside.Path}", "link set eth0 up",
            $"addr add {p.Node}/{p.LanBits} dev eth0", $"addr add {q.Node}/{q.LanBits} dev eth0 nodad",
            $"route add default via {p.Outside}", $"route add default via {q.Outside}", "B");
        Pod(A, p.A, q.A);
        Pod(B, p.B, q.B);
        // The machine is the network's switch, too; its bridge has no rules to go through.
        In(Outside, "sysctl -qw net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0 2>/dev/null || true",
            "ip -batch - <<B", "link set lo up", "link add eth0 type bridge mcast_snooping 0", "link set eth0 up",
                "link set node0 master eth0 up",
            $"addr add {p.Outside}/{p.LanBits} dev eth0", $"addr add {q.Outside}/{q.LanBits} dev eth0 nodad",
            $"route add {p.Pods} via {p.Node}", $"route add fd00:10::/32 via {q.Node}", "B");
    }

    private void Pod(TruthMachine pod, IPAddress v4, IPAddress v6) => In(pod, "ip -batch - <<B", "link set lo up", "link set eth0 up",
        $"addr add {v4}/{TruthPlan.IPv4.PodBits} dev eth0", $"addr add {v6}/{TruthPlan.IPv6.PodBits} dev eth0 nodad",
        $"route add default via {TruthPlan.IPv4.Bridge}", $"route add default via {TruthPlan.IPv6.Bridge}", "B");

    private TruthMachine AddRouted(string name, string link, IPAddress v4, IPAddress v6)
    {
        var pod = Add(name, isPod: true);
        var (p, q) = (TruthPlan.IPv4, TruthPlan.IPv6);
        Do("ip -batch - <<B", $"link add {link} type veth peer name eth0 netns {pod.Path}", $"link set {link} up",
            $"addr add {p.Gateway}/32 dev {link}", $"addr add {q.Gateway}/128 dev {link} nodad",
            $"route add {v4}/32 dev {link}", $"route add {v6}/128 dev {link}", "B");
        In(pod, "ip -batch - <<B", "link set lo up", "link set eth0 up", $"addr add {v4}/32 dev eth0",
            $"addr add {v6}/128 dev eth0 nodad",
            $"route add {p.Gateway}/32 dev eth0", $"route add default via {p.Gateway}",
            $"route add {q.Gateway}/128 dev eth0", $"route add default via {q.Gateway}", "B");
        Finish();
        return pod;
    }

    private TruthMachine AddOther()
    {
        var other = Add("other", isPod: false);
        var (p, q) = (TruthPlan.IPv4, TruthPlan.IPv6);
        In(other, "ip -batch - <<B", "link set lo up", $"link add eth0 type veth peer name other0 netns {Outside.Path}",
            "link set eth0 up",
            $"addr add {p.Other}/{p.LanBits} dev eth0", $"addr add {q.Other}/{q.LanBits} dev eth0 nodad",
            $"addr add {p.RemotePod}/32 dev lo", $"addr add {q.RemotePod}/128 dev lo nodad",
            $"route add {p.A}/32 via {p.Node}", $"route add {p.B}/32 via {p.Node}", $"route add {q.Bridge}/{q.PodBits} via {q.Node}",
                "B");
        In(Outside, "ip link set other0 master eth0 up");
        Do($"ip route add {p.RemotePods} via {p.Other}", $"ip -6 route add {q.RemotePods} via {q.Other}");
        Finish();
        return other;
    }

    private TruthMachine AddSecond()
    {
        var second = Add("second", isPod: false);
        var (p, q) = (TruthPlan.IPv4, TruthPlan.IPv6);
        Do("ip -batch - <<B", $"link add eth1 type veth peer name eth0 netns {second.Path}", "link set eth1 up",
            $"addr add {p.Second}/{p.LanBits} dev eth1", $"addr add {q.Second}/{q.LanBits} dev eth1 nodad", "B");
        In(second, "ip -batch - <<B", "link set lo up", "link set eth0 up", $"addr add {p.SecondOutside}/{p.LanBits} dev eth0",
            $"addr add {q.SecondOutside}/{q.LanBits} dev eth0 nodad", $"route add default via {p.Second}",
                $"route add default via {q.Second}", "B");
        Finish();
        return second;
    }

    // A node has talked with its pods before (kubelet's checks), and with its network.
    private void Greet()
    {
        foreach (var to in (IPAddress[])[At.A, At.B, At.Outside])
        {
            Send(Node, to);
        }

        Send(A, At.Bridge);
        Send(B, At.Bridge);
        Send(Outside, At.Node);
    }

    private static void Send(TruthMachine from, IPAddress to) => from.Space.Run(() =>
    {
        using var socket = new Socket(to.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.SendTo(new byte[1], new IPEndPoint(to, 9));
        }
        catch (SocketException)
        {
            // It is not there, and that is the set-up's business.
        }
    });

    private IPAddress? AddressOf(TruthMachine machine) => machine.Name switch
    {
        "a" => At.A,
        "b" => At.B,
        "c" => At.C,
        "d" => At.D,
        "outside" => At.Outside,
        "other" => At.Other,
        "second" => At.SecondOutside,
        _ => null,
    };
}
