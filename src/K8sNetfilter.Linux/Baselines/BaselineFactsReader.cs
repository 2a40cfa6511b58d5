using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Nodes;
using K8sNetfilter.Snapshots;

namespace K8sNetfilter.Baselines;

/// <summary>Finds out what decides which requirements apply to a node. What cannot be found out stays null.</summary>
public static class BaselineFactsReader
{
    private static readonly (string Socket, string Name)[] s_runtimes =
    [
        ("/run/containerd/containerd.sock", "containerd"), ("/run/crio/crio.sock", "cri-o"), ("/run/docker.sock", "docker"),
    ];

    private static readonly string[] s_plugins = ["calico", "cilium", "flannel", "weave", "kindnet", "bridge", "ptp", "aws-cni", "azure"];

    /// <summary>Reads the facts.</summary>
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
            ContainerRuntime = s_runtimes.FirstOrDefault(r => snapshot?.HasPath(r.Socket) ?? File.Exists(root.Resolve(r.Socket))).Name,
            Kernel = release is not null && Version.TryParse(release.AsSpan(0, End(release)), out var version) ? version : null,
        };
    }

    private static bool IsGlobalIPv6(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 && !address.IsIPv6LinkLocal && !IPAddress.IsLoopback(address);

    /// <summary>The runtime takes the first file of /etc/cni/net.d in the order of their names; its name tells the plugin.</summary>
    private static string? Cni(KernelRoot root)
    {
        string folder = root.Resolve("/etc/cni/net.d");
        try
        {
            return Directory.Exists(folder) ? Cni(Directory.EnumerateFiles(folder).Select(Path.GetFileName).OfType<string>()) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? Cni(IEnumerable<string> names)
    {
        string? first = names
            .Where(f => f.EndsWith(".conflist", StringComparison.Ordinal) || f.EndsWith(".conf", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal).FirstOrDefault();
        return first is null ? null : s_plugins.FirstOrDefault(p => first.Contains(p, StringComparison.OrdinalIgnoreCase));
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
