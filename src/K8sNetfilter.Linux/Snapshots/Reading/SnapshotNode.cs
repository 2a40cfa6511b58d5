using K8sNetfilter.Conntrack;
using K8sNetfilter.Hooks;
using K8sNetfilter.Ipset;
using K8sNetfilter.Ipvs;
using K8sNetfilter.Links;
using K8sNetfilter.Listeners;
using K8sNetfilter.Modules;
using K8sNetfilter.Nftables;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Sysctl;
using K8sNetfilter.Text;

namespace K8sNetfilter.Snapshots.Reading;

/// <summary>
/// A node as somebody captured it: a folder, .tar or .tar.gz with the output of the standard tools (about_NodeSnapshot). It answers as the
/// live node did; what its files do not say is not known. Nothing is asked of the machine that reads it but its bytes, so that it can be
/// analysed on any system.
/// </summary>
public sealed class SnapshotNode : INode
{
    private readonly SnapshotFiles _files;
    private SnapshotSysctls? _sysctls;
    private SnapshotModules? _modules;
    private SnapshotLinks? _links;
    private SnapshotListeners? _listeners;

    /// <summary>Opens a snapshot. An archive is read now, a folder's files when they are asked for.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="stop">Stops the reading.</param>
    /// <exception cref="Errors.NodeException">
    /// <c>SnapshotNotFound</c>, <c>SnapshotUnreadable</c>, <c>SnapshotNone</c>, <c>SnapshotDamaged</c>, <c>SnapshotHostile</c> or
    /// <c>SnapshotTooLarge</c>.
    /// </exception>
    public SnapshotNode(string path, CancellationToken stop = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _files = SnapshotFiles.Open(path, stop);
    }

    internal SnapshotNode(SnapshotFiles files) => _files = files;

    /// <summary>The documented names of the files that an answer needed and that are not there.</summary>
    public IReadOnlyCollection<string> MissingFiles => _files.Missing;

    /// <inheritdoc/>
    public string Description => $"snapshot {Printable.Text(_files.Path)}";

    /// <inheritdoc/>
    /// <remarks>
    /// True: the answers are a running kernel's, at the time of the capture. A source whose files are missing says that it does not know.
    /// </remarks>
    public bool IsLive => true;

    /// <inheritdoc/>
    public CommandPlace Place => new() { Snapshot = _files.Path, Host = Values.ReadValue("kernel/hostname")?.Trim() };

    /// <inheritdoc/>
    public IModuleSource Modules => OwnModules;

    /// <inheritdoc/>
    public ISysctlSource Sysctls => Values;

    /// <inheritdoc/>
    public ILinkSource Links => Ends;

    /// <inheritdoc/>
    public IListenerSource Listeners => _listeners ??= new SnapshotListeners(_files, Ends);

    /// <inheritdoc/>
    public IConntrackSource Conntrack => new SnapshotConntrack(_files, Values);

    /// <inheritdoc/>
    public IRulesetSource Rulesets => Netfilter;

    /// <inheritdoc/>
    public IHookSource Hooks => Netfilter;

    /// <inheritdoc/>
    public INftablesSource Nftables => Netfilter;

    /// <inheritdoc/>
    public IVirtualServerSource VirtualServers => Netfilter;

    /// <inheritdoc/>
    public IIpsetSource Ipsets => new SnapshotIpsets(_files);

    private SnapshotRulesets Netfilter => new(_files, OwnModules);

    /// <summary>True where the node had something at that path.</summary>
    public bool HasPath(string nodePath) => _files.Exists(nodePath);

    /// <summary>The names in a folder of the node's; none where it is not there.</summary>
    public IReadOnlyList<string> ListFolder(string nodePath) => _files.List(nodePath, out _) ?? [];

    private SnapshotLinks Ends => _links ??= new SnapshotLinks(_files);

    private SnapshotModules OwnModules => _modules ??= new SnapshotModules(_files, Values);

    private SnapshotSysctls Values => _sysctls ??= new SnapshotSysctls(_files);
}
