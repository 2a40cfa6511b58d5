using K8sNetfilter.Baselines;
using K8sNetfilter.IO;
using K8sNetfilter.Links;
using K8sNetfilter.Netlink;
using K8sNetfilter.Nodes;
using K8sNetfilter.Tests.Sysctl;

namespace K8sNetfilter.Tests.Baselines;

/// <summary>What decides whether a requirement applies, asked of a running kernel and of files, in namespaces of the test's own.</summary>
public sealed class BaselineFactsTests
{
    private static BaselineFacts Facts => BaselineFactsReader.Read(new LiveNode(KernelRoot.Live), KernelRoot.Live, CancellationToken.None);

    private static string? Mode => BaselineFactsReader.ProxyMode(new LiveNode(KernelRoot.Live), KernelRoot.Live, CancellationToken.None);

    private static void Inside(Action test)
    {
        Assert.SkipUnless(SysctlSandbox.Unavailable is null, SysctlSandbox.Unavailable ?? "");
        SysctlSandbox.Run(() =>
        {
            SysctlSandbox.NewNetwork(withLoopback: true);
            SysctlSandbox.Hide("/var/lib");
            test();
        });
    }

    private static void Do(string program, params string[] arguments)
    {
        Assert.SkipUnless(File.Exists(program), $"{program} is not installed");
        Assert.Equal("", SysctlSandbox.Tool(program, arguments));
    }

    private static void Write(string path, string text = "")
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    [Theory]
    [InlineData("/usr/sbin/iptables-legacy")]
    [InlineData("/usr/sbin/iptables-nft")]
    [InlineData("/usr/sbin/ip6tables-legacy")]
    [InlineData("/usr/sbin/ip6tables-nft")]
    public void The_chain_of_iptables_mode_is_seen_in_each_backend_and_family(string tool) => Inside(() =>
    {
        Do(tool, "-t", "nat", "-N", "KUBE-KUBELET-CANARY");
        Assert.Equal("none", Mode);
        Do(tool, "-t", "nat", "-N", "KUBE-SERVICES");
        Assert.Equal("iptables", Mode);
        Do(tool, "-t", "nat", "-X", "KUBE-SERVICES");
        Assert.Equal("none", Mode);
    });

    /// <summary>nft(8) makes the table as kube-proxy does; what an earlier mode left in iptables does not count any more.</summary>
    [Theory]
    [InlineData("ip")]
    [InlineData("ip6")]
    public void The_table_of_nftables_mode_is_seen_beside_chains_that_were_left_over(string family) => Inside(() =>
    {
        Do("/usr/sbin/iptables-nft", "-t", "nat", "-N", "KUBE-SERVICES");
        Do("/usr/sbin/nft", "add table inet kube-proxy");
        Assert.Equal("iptables", Mode);
        Do("/usr/sbin/nft", $"table {family} kube-proxy {{ chain services {{ }}; map service-ips {{ type ipv{(family == "ip" ? 4 : 6)}_addr . inet_proto . inet_service : verdict; }}; }}");
        Assert.Equal("nftables", Mode);
    });

    /// <summary>IPVS mode keeps the Services' addresses on an interface of this name, and has chains of iptables beside it.</summary>
    [Fact]
    public void The_interface_of_IPVS_mode_is_seen_beside_its_chains() => Inside(() =>
    {
        Do("/usr/sbin/iptables-nft", "-t", "nat", "-N", "KUBE-SERVICES");
        using (var links = new RouteNetlink(NetlinkConnection.OpenHere(NetlinkProtocol.Route), "here"))
        {
            links.AddVethPair(new VethEnd("kube-ipvs0"), new VethEnd("other"));
        }

        Assert.Equal("ipvs", Mode);
    });

    /// <summary>Before kube-proxy has written a rule its configuration tells; as a pod it has it below kubelet's folder, behind the links of a ConfigMap.</summary>
    [Fact]
    public void Without_rules_the_configuration_counts_and_the_rules_decide_over_it() => Inside(() =>
    {
        string volume = "/var/lib/kubelet/pods/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0/volumes/kubernetes.io~configmap/kube-proxy";
        Write($"{volume}/..2024_01_01/config.conf", "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: ipvs\n");
        File.CreateSymbolicLink($"{volume}/..data", "..2024_01_01");
        File.CreateSymbolicLink($"{volume}/config.conf", "..data/config.conf");
        Assert.Equal("ipvs", Mode);
        Write("/var/lib/kube-proxy/config.conf", "{\"kind\":\"KubeProxyConfiguration\",\"mode\":\"nftables\"}");
        Assert.Equal("nftables", Mode);
        Do("/usr/sbin/iptables-nft", "-t", "nat", "-N", "KUBE-SERVICES");
        Assert.Equal("iptables", Mode);
    });

    [Fact]
    public void An_address_beyond_the_link_is_IPv6_in_use() => Inside(() =>
    {
        Assert.False(Facts.IPv6);
        Do("/sbin/ip", "-6", "address", "add", "fe80::1/64", "dev", "eth0", "nodad");
        Assert.False(Facts.IPv6);
        Do("/sbin/ip", "-6", "address", "add", "fd00:10:244::1/64", "dev", "eth0", "nodad");
        Assert.True(Facts.IPv6);
    });

    [Fact]
    public void The_plugin_is_the_first_files_and_the_runtime_the_one_that_kubelet_uses() => Inside(() =>
    {
        Assert.Equal((null, null), (Facts.Cni, Facts.ContainerRuntime));
        Write("/etc/cni/net.d/20-calico.conflist");
        Write("/etc/cni/net.d/10-flannel.conflist");
        Write("/etc/cni/net.d/05-cilium.conflist.bak");
        Write("/run/docker.sock");
        Assert.Equal(("flannel", "docker"), (Facts.Cni, Facts.ContainerRuntime));
        Write("/run/containerd/containerd.sock");
        Assert.Equal("containerd", Facts.ContainerRuntime);
        Write("/run/cri-dockerd.sock");
        Assert.Equal("docker", Facts.ContainerRuntime);
        Write("/var/lib/kubelet/kubeadm-flags.env", "KUBELET_KUBEADM_ARGS=\"--container-runtime-endpoint=unix:///var/run/crio/crio.sock\"\n");
        Assert.Equal("cri-o", Facts.ContainerRuntime);
        Assert.Equal(Environment.OSVersion.Version.Major, Facts.Kernel!.Major);
    });
}
