using System.Diagnostics;
using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Tests.KubeProxy;
using K8sNetfilter.Tests.Links;
using K8sNetfilter.Tests.Rulesets;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Snapshots;

/// <summary>A node with all that a snapshot tells of, in private namespaces: bridge and pods, Services of both backends, connections, odd routes and rules.</summary>
internal sealed class SnapshotNodeFixture : IDisposable
{
    private readonly NodeFixture _node = new(2);
    private readonly List<Process> _living = [];

    public SnapshotNodeFixture()
    {
        foreach (var pod in _node.Pods)
        {
            // A namespace is found through its name or a process in it.
            _living.Add(pod.Run(() => Process.Start(new ProcessStartInfo("sleep", "600"))!));
        }

        // What is still being tried out changes by itself.
        for (int i = 0; i < 100 && Tool.Run(_node.Node, "ip -6 addr show tentative").Length > 0; i++)
        {
            Thread.Sleep(100);
        }

        Do("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.cni0.rp_filter=2");
        Do("bridge link set dev veth0 hairpin on isolated on");
        Do("ip link set dev veth1 alias pod-two");
        Do("ip route add 10.5.0.0/16 nexthop via 10.244.0.2 dev cni0 weight 3 nexthop via 10.244.0.3 dev cni0");
        Do("ip route add blackhole 10.6.0.0/16");
        Do("ip route add default via 10.244.0.3 table 100 src 10.244.0.1 metric 5");
        Do("ip route add 10.7.0.0/24 via inet6 fd00:10:244::3 dev cni0");
        Do("ip route add default dev cni0 metric 50");
        Do("ip -6 route add default dev cni0 metric 60");
        Do("ip -6 route add unreachable default metric 4294967295");
        Do("ip rule add not from 10.0.0.0/8 fwmark 0x1/0xff ipproto tcp dport 80-90 table 100");
        Do("ip rule add iif lo goto 32766 pref 5");
        Do("ip rule add to 1.2.3.4 blackhole pref 7");
        Do("ip rule add suppress_prefixlength 0 pref 9 table main");
        Do("ip -6 rule add from fd00::/8 pref 11 table 100");
        Do("ip neigh add 10.244.0.99 lladdr 02:00:00:00:00:01 dev cni0 nud permanent");
        Do("bridge fdb add 02:00:00:00:00:05 dev veth0 master static");
        Restore.Do(_node.Node, NetfilterBackend.Legacy, IPFamily.IPv4, KubeProxyRuleset.Generate(20));
        Restore.Do(_node.Node, NetfilterBackend.Nft, IPFamily.IPv6, KubeProxyRuleset.Generate(5, isV6: true));
        Do("ipset create pods hash:net counters comment");
        Do("ipset add pods 10.244.0.0/24 packets 3 bytes 4 comment mine");
        Do("ipset create ports bitmap:port range 1-100");
        Do("ipset add ports 80");
        Do("conntrack -I -p tcp -s 10.244.0.2 -d 10.96.0.10 --sport 40000 --dport 80 --dst-nat 10.244.0.3:8080 --state SYN_SENT -t 500");
        Do("conntrack -I -p udp -s 10.244.0.2 -d 10.244.0.3 --sport 40001 --dport 53 -t 500 -m 7");
        Do("conntrack -I -p tcp -s fd00:10:244::2 -d fd00:10:244::3 --sport 1 --dport 2 --state ESTABLISHED -t 900 -u ASSURED,SEEN_REPLY");
    }

    public NodeFixture Node => _node;

    /// <summary>A process in each pod.</summary>
    public IEnumerable<int> Pids => _living.Select(p => p.Id);

    public void Do(string commandLine) => Tool.Run(_node.Node, commandLine);

    public void Dispose()
    {
        foreach (var process in _living)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        _node.Dispose();
    }
}
