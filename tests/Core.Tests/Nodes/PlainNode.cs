using K8sNetfilter.Addressing;
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
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Sysctl;
using K8sNetfilter.Tests.Modules;
using K8sNetfilter.Tests.Simulation;
using K8sNetfilter.Tests.Sysctl;

namespace K8sNetfilter.Tests.Nodes;

/// <summary>A whole node, written down by hand: two pods on a bridge, kube-proxy's rules for two Services, and a kernel that forwards.</summary>
internal sealed class PlainNode : INode, IRulesetSource, IHookSource, INftablesSource, IVirtualServerSource, IConntrackSource, IListenerSource
{
    /// <summary>The Service of pod B, and the one of pod A.</summary>
    public const string Web = "10.96.0.10", Own = "10.96.0.20";

    /// <summary>The jump that masquerades.</summary>
    public const string Jump = "-A POSTROUTING -m comment --comment \"kubernetes postrouting rules\" -j KUBE-POSTROUTING\n";

    /// <summary>kube-proxy's rules, with chains of the names' length that it gives them.</summary>
    public static string ServiceRules { get; } = WalkNode.ServiceRules.ReplaceLineEndings("\n").Replace("COMMIT", "COMMIT\n", StringComparison.Ordinal)
        .Replace("KUBE-SEP-A", "KUBE-SEP-AAAAAAAAAAAAAAAA", StringComparison.Ordinal)
        .Replace("KUBE-SEP-B", "KUBE-SEP-BBBBBBBBBBBBBBBB", StringComparison.Ordinal)
        .Replace("KUBE-SVC-OWN", "KUBE-SVC-OWNOWNOWNOWNOWNO", StringComparison.Ordinal)
        .Replace("KUBE-SVC-WEB", "KUBE-SVC-WEBWEBWEBWEBWEBW", StringComparison.Ordinal);

    public string Description => "the node";

    public bool IsLive { get; set; } = true;

    public CommandPlace Place { get; set; } = CommandPlace.Here;

    public ModuleNode Modules { get; set; } = new() { Loaded = [] };

    public SysctlNode Sysctls { get; } = new()
    {
        Live = new(StringComparer.Ordinal)
        {
            ["net/ipv4/ip_forward"] = "1",
            ["net/ipv6/conf/all/forwarding"] = "1",
            ["net/bridge/bridge-nf-call-iptables"] = "1",
            ["net/bridge/bridge-nf-call-ip6tables"] = "1",
            ["net/bridge/bridge-nf-call-arptables"] = "1",
        },
    };

    public PlainLinks Links { get; } = new();

    /// <summary>The rules as iptables-save prints them; null where the node does not say.</summary>
    public string? Rules { get; set; } = ServiceRules;

    /// <summary>The lines of /proc/net/ip_vs.</summary>
    public IReadOnlyList<string>? VirtualServers { get; set; }

    public ConntrackStatistic? Usage { get; set; }

    /// <summary>The sockets of the node; null where it does not say.</summary>
    public ListenerTable? Sockets { get; set; }

    /// <summary>The sockets of the pods, by the number of their namespace: 4 is pod A's and 5 pod B's.</summary>
    public Dictionary<int, PodListeners> PodSockets { get; } = [];

    IModuleSource INode.Modules => Modules;

    ISysctlSource INode.Sysctls => Sysctls;

    ILinkSource INode.Links => Links;

    IListenerSource INode.Listeners => this;

    IConntrackSource INode.Conntrack => this;

    IRulesetSource INode.Rulesets => this;

    IHookSource INode.Hooks => this;

    INftablesSource INode.Nftables => this;

    /// <summary>The sets as <c>ipset save</c> prints them; null where the node does not say.</summary>
    public string? Sets { get; set; }

    IIpsetSource INode.Ipsets => new PlainIpsets(Sets);

    IVirtualServerSource INode.VirtualServers => this;

    // A text alone does not say what else there is; this node has no more than the text.
    Ruleset? IRulesetSource.Read(RulesetQuery query, CancellationToken cancellation) =>
        Rules is { } text && RulesetParser.Parse(text) is var parsed ? new Ruleset(parsed.Tables, parsed.Problems, parsed.Notices) : null;

    ReadOnlyMemory<byte>? INftablesSource.ReadNftTable(IPFamily family, string name, CancellationToken cancellation) => null;

    KernelHooks? IHookSource.ReadHooks(CancellationToken cancellation) => KernelHooks.Unknown;

    IReadOnlyList<string>? IVirtualServerSource.ReadVirtualServers(CancellationToken cancellation) => VirtualServers;

    IEnumerable<ConntrackEntry>? IConntrackSource.Read(ConntrackFilter filter, Action<string> warn, CancellationToken cancellation) => null;

    ConntrackStatistic? IConntrackSource.ReadStatistic(CancellationToken cancellation) => Usage;

    ListenerTable? IListenerSource.Read(CancellationToken cancellation) => Sockets;

    PodListeners? IListenerSource.ReadPeer(int namespaceId, CancellationToken cancellation) => PodSockets.GetValueOrDefault(namespaceId);
}
