using K8sNetfilter.Conntrack;
using K8sNetfilter.Errors;
using K8sNetfilter.Hooks;
using K8sNetfilter.IO;
using K8sNetfilter.Ipset;
using K8sNetfilter.Ipvs;
using K8sNetfilter.Links;
using K8sNetfilter.Listeners;
using K8sNetfilter.Modules;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Nftables;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Nodes;

/// <summary>This machine, or a file system that is mounted on it: every answer is read when it is asked for.</summary>
public sealed class LiveNode : INode
{
    /// <summary>Makes a node. Nothing is read yet.</summary>
    /// <param name="root">Where the node's files are.</param>
    /// <param name="network">The network namespace that is asked; it stays the caller's. Null: the one of the thread that asks.</param>
    /// <exception cref="NodeException"><c>NotLinux</c>: even the files of another root are read with Linux's own calls.</exception>
    public LiveNode(KernelRoot root, NetworkNamespace? network = null)
    {
        LiveKernel.Require(Messages.Operation_ReadNode);
        Root = root;
        Network = network;
    }

    /// <summary>Where the node's files are.</summary>
    public KernelRoot Root { get; }

    /// <summary>The network namespace that is asked; null for the one of the thread that asks.</summary>
    public NetworkNamespace? Network { get; }

    /// <summary>Contents that count in place of those on the disk, by the files' real paths: to see what a change would do.</summary>
    internal IReadOnlyDictionary<string, byte[]>? Instead { get; init; }

    /// <inheritdoc/>
    public string Description =>
        !IsLive ? Root.Path : Network is null ? NodeMessages.ThisNode : NodeMessages.NetworkNamespace(Network.Name);

    /// <inheritdoc/>
    public bool IsLive => Root.IsLive;

    /// <inheritdoc/>
    public CommandPlace Place => new()
    {
        Root = ReferenceEquals(Root, KernelRoot.Live) || Root.Path == "/" ? null : Root.Path,
        IsHost = IsLive && Root.Path != "/",
        NetNamespace = Network?.Argument,
        NamespacePath = Network?.Argument is null ? null : Network.Path,
    };

    /// <inheritdoc/>
    public IModuleSource Modules => new LiveModuleSource(Root) { Instead = Instead };

    /// <inheritdoc/>
    public ISysctlSource Sysctls => new LiveSysctls(Root, Network) { Instead = Instead };

    /// <inheritdoc/>
    public ILinkSource Links => _links ??= new LiveLinks(Root, Network);

    private LiveLinks? _links;

    /// <inheritdoc/>
    public IListenerSource Listeners => _listeners ??= new LiveListeners(Root, Network, Links);

    private LiveListeners? _listeners;

    /// <summary>Tracked connections, and the way to remove one.</summary>
    public ConntrackTable Conntrack => new(Root, Network is null ? new CurrentNamespace(Root) : new PinnedNamespace(Root, Network));

    /// <inheritdoc/>
    IConntrackSource INode.Conntrack => Conntrack;

    /// <inheritdoc/>
    public IRulesetSource Rulesets => Netfilter;

    /// <inheritdoc/>
    public IHookSource Hooks => Netfilter;

    /// <inheritdoc/>
    public INftablesSource Nftables => Netfilter;

    /// <inheritdoc/>
    public IVirtualServerSource VirtualServers => Netfilter;

    /// <inheritdoc/>
    public IIpsetSource Ipsets => new LiveIpsets(Root, Network);

    private LiveRulesetSource Netfilter => _netfilter ??= new LiveRulesetSource(Root, Network);

    private LiveRulesetSource? _netfilter;
}
