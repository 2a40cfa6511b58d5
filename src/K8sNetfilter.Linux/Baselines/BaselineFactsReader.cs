using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Addressing;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Snapshots.Reading;
using K8sNetfilter.Text;

namespace K8sNetfilter.Baselines;

/// <summary>Finds out what decides which requirements apply to a node. What cannot be found out stays null.</summary>
public static class BaselineFactsReader
{
    private static readonly string[] Plugins = ["calico", "cilium", "flannel", "weave", "kindnet", "bridge", "ptp", "aws-cni", "azure"];

    private static readonly string[] ProxyFiles =
    [
        "/var/lib/kube-proxy/config.conf", "/var/lib/kube-proxy/config.yaml", "/var/lib/kube-proxy/kube-proxy-config.yaml",
        "/etc/kubernetes/kube-proxy-config.yaml", "/etc/kubernetes/kube-proxy.yaml", "/etc/kubernetes/proxy.yaml",
    ];

    /// <summary>Reads the facts that the conditions of <paramref name="baselines"/> name, and no others: some cost a process.</summary>
    public static BaselineFacts ReadFor(IEnumerable<Baseline> baselines, INode node, KernelRoot root, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(baselines);
        var conditions = baselines.SelectMany(b => b.Requirements).Select(r => r.When).ToList();
        var facts = conditions.Exists(c => c.ToString().Length != 0) ? Read(node, root, stop) : new BaselineFacts();
        facts = conditions.Exists(c => c.ProxyMode.Count != 0) ? facts with { ProxyMode = ProxyMode(node, root, stop) } : facts;
        return conditions.Exists(c => c.LocalNodePorts is not null) ? facts with { LocalNodePorts = LocalNodePorts(node, stop) } : facts;
    }

    // kube-proxy leaves 127.0.0.0/8 out of the jump to its node ports where it is not to answer there (pkg/proxy/iptables/proxier.go).
    private static bool LocalNodePorts(INode node, CancellationToken stop)
    {
        try
        {
            var rules = node.Rulesets.Read(new RulesetQuery { Table = "nat", Family = IPFamily.IPv4, WithoutCounters = true }, stop);
            return (rules?.Tables ?? []).Where(t => t.Name == "nat").Any(t => t.FindChain("KUBE-NODEPORTS")?.GetRules().Count > 0
                && t.FindChain("KUBE-SERVICES")?.GetRules()
                .Any(r => r.Text.EndsWith(" -j KUBE-NODEPORTS", StringComparison.Ordinal)
                && r.Text.Contains("--dst-type LOCAL", StringComparison.Ordinal)
                    && !r.Text.Contains("-d 127.", StringComparison.Ordinal)) == true);
        }
        catch (NodeException)
        {
            // What is not read is not asked for here: the chains of the baseline say that the rules are not known.
            return false;
        }
    }

    /// <summary>
    /// kube-proxy's mode: of a running node what stands in its kernel (IPVS mode's interface, nftables mode's table, iptables mode's
    /// chain), else what its configuration file asks for. <c>none</c> where neither is there; null where the kernel's rules cannot be read.
    /// </summary>
    public static string? ProxyMode(INode node, KernelRoot root, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(root);
        bool isSnapshot = node is SnapshotNode;
        if (!node.IsLive && !isSnapshot)
        {
            return ConfiguredMode(root);
        }

        try
        {
            // pkg/proxy/ipvs: defaultDummyDevice; pkg/proxy/nftables: kubeProxyTable.
            if (node.Links.ReadLinks(_ => { }, stop)?.Any(l => l.Name == "kube-ipvs0") == true)
            {
                return "ipvs";
            }

            var network = (node as LiveNode)?.Network;
            if (!isSnapshot && new NftTables(root, network).Names(IPFamily.IPv4, stop)
                .Concat(new NftTables(root, network).Names(IPFamily.IPv6, stop)).Contains("kube-proxy"))
            {
                return "nftables";
            }

            bool isWhole = true;
            var rules = node.Rulesets.Read(new RulesetQuery { Table = "nat", ChainsOnly = true, OnProblem = _ => isWhole = false }, stop);
            return rules?.Tables.Any(t => t.Name == "nat" && t.FindChain("KUBE-SERVICES") is not null) == true ? "iptables"
                : isSnapshot ? null
                : ConfiguredMode(root) ?? (rules is not null && isWhole ? "none" : null);
        }
        catch (NodeException)
        {
            return isSnapshot ? null : ConfiguredMode(root);
        }
    }

    private static string? ConfiguredMode(KernelRoot root)
    {
        // kubeadm's kube-proxy is a pod, whose configuration kubelet puts below its own folder.
        const string Pods = "/var/lib/kubelet/pods";
        var pods = (ConfigFolder.List(root, Pods, out _) ?? []).Where(n => n is not ("." or "..")).Take(1000)
            .Select(n => $"{Pods}/{n}/volumes/kubernetes.io~configmap/kube-proxy/config.conf");
        foreach (string path in ProxyFiles.Concat(pods))
        {
            if (ConfigFolder.TryReadAll(root, path, 1 << 20) is { } content
                && KubeProxyConfiguration.ModeOf(ByteText.Decode(content)) is { } mode)
            {
                return mode;
            }
        }

        return null;
    }

    /// <summary>Reads the facts that cost little: all but kube-proxy's mode.</summary>
    public static BaselineFacts Read(INode node, KernelRoot root, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(root);
        var snapshot = node as SnapshotNode;
        bool? ipv6 = null;
        try
        {
            ipv6 = node.Links.ReadAddresses(_ => { }, stop)?.Any(a => IsGlobalIPv6(a.IPAddress));
        }
        catch (NodeException)
        {
            // Not knowing is an answer here: the requirement is checked all the same.
        }

        string? release = (node.IsLive ? node.Sysctls.ReadValue("kernel/osrelease")?.Trim() : null) ?? node.Modules.Catalog?.Release;
        return new BaselineFacts
        {
            IPv6 = ipv6,
            Cni = snapshot is null ? Cni(root) : Cni(snapshot.ListFolder("/etc/cni/net.d")),
            ContainerRuntime = snapshot is null
            ? Runtime(root) : ContainerRuntimes.NameOf(ContainerRuntimes.Sockets.FirstOrDefault(snapshot.HasPath)),
            Kernel = release is not null && Version.TryParse(release.AsSpan(0, End(release)), out var version) ? version : null,
        };
    }

    private static bool IsGlobalIPv6(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 && !address.IsIPv6LinkLocal && !IPAddress.IsLoopback(address);

    // What kubelet is told counts; several runtimes can be installed.
    private static string? Runtime(KernelRoot root) =>
        ContainerRuntimes.KubeletFiles
            .Select(path => ConfigFolder.TryReadAll(root, path, 1 << 20) is { } content
            ? ContainerRuntimes.NameOf(ContainerRuntimes.EndpointIn(ByteText.Decode(content))) : null)
            .FirstOrDefault(name => name is not null)
        ?? ContainerRuntimes.NameOf(ContainerRuntimes.Sockets.FirstOrDefault(socket => ConfigFolder.Exists(root, socket)));

    /// <summary>The runtime takes the first file of /etc/cni/net.d in the order of their names; its name tells the plugin.</summary>
    private static string? Cni(KernelRoot root) => ConfigFolder.List(root, "/etc/cni/net.d", out _) is { } names ? Cni(names) : null;

    private static string? Cni(IEnumerable<string> names)
    {
        string? first = names
            .Where(f => f.EndsWith(".conflist", StringComparison.Ordinal) || f.EndsWith(".conf", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal).FirstOrDefault();
        return first is null ? null : Plugins.FirstOrDefault(p => first.Contains(p, StringComparison.OrdinalIgnoreCase));
    }

    private static int End(string release)
    {
        int end = 0, dots = 0;
        while (end < release.Length && (char.IsAsciiDigit(release[end]) || (release[end] == '.' && dots++ < 2)))
        {
            end++;
        }

        return end > 0 && release[end - 1] == '.' ? end - 1 : end;
    }
}
