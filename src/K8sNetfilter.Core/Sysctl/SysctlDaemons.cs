using K8sNetfilter.Configuration;

namespace K8sNetfilter.Sysctl;

/// <summary>Programs that set kernel parameters by themselves when they start, where they are enabled.</summary>
internal static class SysctlDaemons
{
    // pkg/kubelet/cm/container_manager_linux.go, setupKernelTunables; pkg/util/sysctl.
    private static readonly (string Path, string? Value)[] Kubelet =
    [
        ("vm/overcommit_memory", "1"), ("vm/panic_on_oom", "0"), ("kernel/panic", "10"), ("kernel/panic_on_oops", "1"),
        ("kernel/keys/root_maxkeys", "1000000"), ("kernel/keys/root_maxbytes", "25000000"),
    ];

    // cmd/kube-proxy/app/server_linux.go (conntrack); pkg/proxy/iptables/proxier.go (route_localnet); pkg/proxy/ipvs/proxier.go (vs).
    private static readonly (string Path, string? Value)[] KubeProxy =
    [
        ("net/netfilter/nf_conntrack_*", null), ("net/nf_conntrack_max", null), ("net/ipv4/conf/all/route_localnet", "1"), ("net/ipv4/vs/*", null),
    ];

    // k3s: pkg/agent/syssetup/setup.go. It runs kubelet and kube-proxy in its own process; rke2 is built on it.
    private static readonly (string Path, string? Value)[] K3s =
    [
        ("net/ipv4/conf/all/forwarding", "1"), ("net/ipv4/ip_forward", "1"), ("net/ipv4/conf/default/forwarding", "1"),
        ("net/ipv6/conf/all/forwarding", "1"), ("net/bridge/bridge-nf-call-iptables", "1"), ("net/bridge/bridge-nf-call-ip6tables", "1"),
    ];

    private static readonly (string Path, string? Value)[] Forwarding = [("net/ipv4/ip_forward", "1"), ("net/ipv4/conf/all/forwarding", "1")];

    // moby: daemon/libnetwork/drivers/bridge (setup_ip_forwarding.go, setup_bridgenetfiltering.go).
    private static readonly (string Path, string? Value)[] Docker =
        [.. Forwarding, ("net/ipv6/conf/all/forwarding", "1"), ("net/bridge/bridge-nf-call-iptables", "1"), ("net/bridge/bridge-nf-call-ip6tables", "1")];

    private static readonly (string Unit, string Program, (string Path, string? Value)[] Keys)[] Known =
    [
        ("docker.service", "Docker", Docker),
        ("docker.socket", "Docker", Docker),
        ("k3s.service", "k3s", K3s),
        ("k3s-agent.service", "k3s", K3s),
        ("rke2-server.service", "rke2", K3s),
        ("rke2-agent.service", "rke2", K3s),
        ("libvirtd.service", "libvirt", Forwarding),
        ("virtnetworkd.service", "libvirt", Forwarding),
        ("firewalld.service", "firewalld", Forwarding),
        ("kube-proxy.service", "kube-proxy", KubeProxy),
    ];

    /// <summary>The units that are looked for.</summary>
    public static IEnumerable<string> Units => Known.Select(k => k.Unit).Append("kubelet.service").Append("tuned.service").Append("systemd-networkd.service");

    /// <summary>What may be written by programs that are enabled.</summary>
    public static IEnumerable<LaterSysctl> Read(INodeFiles files, EnabledUnits units)
    {
        foreach (var group in Known.Where(k => units.Has(k.Unit)).DistinctBy(k => k.Program))
        {
            foreach (var (path, value) in group.Keys)
            {
                yield return new LaterSysctl(group.Program, path, value);
            }
        }

        bool embedded = units.Has("k3s.service") || units.Has("k3s-agent.service") || units.Has("rke2-server.service") || units.Has("rke2-agent.service");
        if (!embedded && !units.Has("kubelet.service"))
        {
            yield break;
        }

        // A kubelet that protects the kernel's defaults only compares.
        if (!ProtectsDefaults(files.Read("/var/lib/kubelet/config.yaml")))
        {
            foreach (var (path, value) in Kubelet)
            {
                yield return new LaterSysctl("kubelet", path, value) { IsOnlyNamed = true };
            }
        }

        foreach (var (path, value) in KubeProxy)
        {
            yield return new LaterSysctl("kube-proxy", path, value);
        }
    }

    private static bool ProtectsDefaults(ConfigFile file) => SystemdLines.Read(file.Content).Any(l => l.Text.Split(':') is ["protectKernelDefaults", var value] && value.Trim() == "true");
}
