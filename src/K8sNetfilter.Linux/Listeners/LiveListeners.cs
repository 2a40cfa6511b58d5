using System.Globalization;
using K8sNetfilter.Addressing;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Interop;
using K8sNetfilter.Links;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Netlink;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Listeners;

/// <summary>The listening sockets of a running kernel. Another root has none.</summary>
internal sealed class LiveListeners : IListenerSource
{
    private static readonly (string Folder, string Name)[] PodParameters = [("/proc/sys/net/ipv4/conf", "proxy_arp"),
        ("/proc/sys/net/ipv6/conf", "proxy_ndp")];

    private readonly KernelRoot _root;
    private readonly NetworkNamespace? _network;
    private readonly ILinkSource _links;
    private readonly Lazy<(bool Tcp, bool Udp)> _hasDiagnosis;
    private IReadOnlyDictionary<int, NetworkNamespaceInfo>? _peers;

    /// <summary>Makes the source; nothing is read yet.</summary>
    /// <param name="root">Where the namespaces of the other ends are looked for.</param>
    /// <param name="network">The namespace that is asked; null for the calling thread's.</param>
    /// <param name="links">The links of that namespace, which tell whose the others are.</param>
    internal LiveListeners(KernelRoot root, NetworkNamespace? network, ILinkSource links)
    {
        _root = root;
        _network = network;
        _links = links;
        _hasDiagnosis = new(() => KernelPart.IsPresent(root, "inet_diag", "inet_diag_dump_icsk")
            ? (KernelPart.IsPresent(root, "tcp_diag", "tcp_diag_dump"), KernelPart.IsPresent(root, "udp_diag", "udp_diag_dump")) : default);
    }

    private bool IsSilent => !_root.IsLive || !LiveKernel.IsThere;

    /// <inheritdoc/>
    public ListenerTable? Read(CancellationToken cancellation) =>
        IsSilent ? null : _network is null ? ReadHere(cancellation) : _network.Run(() => ReadHere(cancellation));

    /// <inheritdoc/>
    public PodListeners? ReadPeer(int namespaceId, CancellationToken cancellation)
    {
        if (IsSilent)
        {
            return null;
        }

        _peers ??= _links.ReadPeerNamespaces(cancellation) ?? new Dictionary<int, NetworkNamespaceInfo>();
        if (!_peers.TryGetValue(namespaceId, out var info))
        {
            return null;
        }

        try
        {
            using var space = NetworkNamespace.Open(_root, info);
            return space.Run(() => ReadLinks(cancellation) with
            {
                Table = ReadHere(cancellation),
                HasRules = FindRules(cancellation),
                AnswersForOthers = FindProxies(),
            });
        }
        catch (NodeException)
        {
            // It went away meanwhile, or is not ours to enter: nothing is said of it.
            return null;
        }
    }

    // Of the calling thread's namespace.
    private PodListeners ReadLinks(CancellationToken cancellation)
    {
        using var from = new RouteNetlink(NetlinkConnection.OpenHere(NetlinkProtocol.Route), ListenerMessages.APod);
        var links = from.ReadLinks(cancellation).Items;
        return new PodListeners
        {
            Addresses = [.. from.ReadAddresses(cancellation).Items.Select(a => a.IPAddress)],
            Ways = PodWay.From(from.ReadRoutes(cancellation).Items, from.ReadRules(cancellation).Items, links),
            FixedNeighbors = [.. from.ReadNeighbors(cancellation).Items.Where(n => n.State.HasFlag(NeighborState.Permanent))],
            StrictLinks = FindStrict(links),
        };
    }

    // It matters if a pod has several interfaces; of the calling thread's namespace, too.
    private int[]? FindStrict(IReadOnlyList<Link> links)
    {
        if (links.Count(l => !l.IsLoopback) < 2)
        {
            return [];
        }

        int? Value(string name) => ReadNumber($"/proc/sys/net/ipv4/conf/{name}/rp_filter");
        return Value("all") is { } all ? [.. links.Where(l => Math.Max(all, Value(l.Name) ?? 0) == 1).Select(l => l.Index)] : null;
    }

    private int? ReadNumber(string path)
    {
        try
        {
            return int.TryParse(File.ReadAllText(_root.Resolve(path)), NumberStyles.Integer, CultureInfo.InvariantCulture, out int number)
                ? number : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // Of the calling thread's namespace.
    private bool FindRules(CancellationToken cancellation)
    {
        var rules = new LiveRulesetSource(_root);
        return rules.LegacyTables(IPFamily.IPv4).Count > 0 || rules.LegacyTables(IPFamily.IPv6).Count > 0
            || new NftTables(_root, null).BaseChains(cancellation).Any(c => c.RuleCount != 0 || c.Accepts == false);
    }

    // Of the calling thread's namespace: /proc/sys/net follows it.
    private bool? FindProxies()
    {
        try
        {
            return PodParameters.Any(p => Directory.EnumerateDirectories(_root.Resolve(p.Folder))
                .Any(d => File.ReadAllText(Path.Combine(d, p.Name)).Trim() != "0"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private ListenerTable ReadHere(CancellationToken cancellation)
    {
        var all = new List<Listener>();
        foreach (bool isUdp in (bool[])[false, true])
        {
            all.AddRange((isUdp ? _hasDiagnosis.Value.Udp : _hasDiagnosis.Value.Tcp)
                ? Ask(isUdp, cancellation) ?? ReadFiles(isUdp) : ReadFiles(isUdp));
        }

        return new ListenerTable(NameDevices(all, cancellation));
    }

    private static List<Listener>? Ask(bool isUdp, CancellationToken cancellation)
    {
        try
        {
            using var connection = NetlinkConnection.OpenHere(NetlinkProtocol.SocketDiagnosis);
            return SocketDiagnosis.Read(connection, isUdp, cancellation);
        }
        catch (NodeException failure) when (failure.Errno is Errno.ENOENT or Errno.EINVAL or Errno.EOPNOTSUPP or Errno.EPROTONOSUPPORT)
        {
            // A kernel without it.
            return null;
        }
    }

    private List<Listener> ReadFiles(bool isUdp)
    {
        var all = new List<Listener>();
        foreach (bool v6 in (bool[])[false, true])
        {
            try
            {
                // Of the thread, since /proc/net is the thread-group leader's (proc(5)).
                all.AddRange(SocketFiles.Parse(File.ReadLines(_root.Resolve($"/proc/thread-self/net/{(isUdp ? "udp" : "tcp")}{(v6 ? "6" : "")}")), isUdp, v6));
            }
            catch (Exception e) when (v6 && e is FileNotFoundException or DirectoryNotFoundException)
            {
                // A kernel without IPv6.
            }
        }

        return all;
    }

    private static IEnumerable<Listener> NameDevices(List<Listener> all, CancellationToken cancellation)
    {
        if (!all.Exists(l => l.DeviceIndex != 0))
        {
            return all;
        }

        using var links = new RouteNetlink(NetlinkConnection.OpenHere(NetlinkProtocol.Route), NetlinkMessages.ThisNamespace);
        // Where links change meanwhile, one can come twice.
        var names = links.ReadLinks(cancellation).Items.GroupBy(l => l.Index).ToDictionary(g => g.Key, g => g.First().Name);
        return all.Select(l => l.DeviceIndex != 0 && names.TryGetValue(l.DeviceIndex, out string? name) ? l with { Device = name } : l);
    }
}
