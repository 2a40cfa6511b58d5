using K8sNetfilter.Conntrack;
using K8sNetfilter.Hooks;
using K8sNetfilter.Ipset;
using K8sNetfilter.Ipvs;
using K8sNetfilter.Links;
using K8sNetfilter.Listeners;
using K8sNetfilter.Modules;
using K8sNetfilter.Nftables;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Nodes;

/// <summary>
/// What can be asked of a node. A live node and a snapshot both answer it, and nothing that explains a node knows which of them it has.
/// Each room of the house has one source here. A source answers null (or nothing) where the node does not say.
/// </summary>
public interface INode
{
    /// <summary>What the answers describe, for messages: <c>this node</c>, <c>/host</c>, <c>snapshot /tmp/a.tar.gz</c>.</summary>
    string Description { get; }

    /// <summary>
    /// True where the answers are a running kernel's: this machine's, or that of the node a snapshot was taken of. False for a mounted root, which is
    /// only files. A source that a snapshot has no files for still says that it does not know (a null list, no <c>SupportsModules</c>).
    /// </summary>
    bool IsLive { get; }

    /// <summary>How a command line names it.</summary>
    CommandPlace Place => CommandPlace.Here;

    /// <summary>Kernel modules, and the files that load or block them.</summary>
    IModuleSource Modules { get; }

    /// <summary>Kernel parameters, and the files that set them at boot.</summary>
    ISysctlSource Sysctls { get; }

    /// <summary>Links, addresses, routes and neighbours of the node's network namespace.</summary>
    ILinkSource Links { get; }

    /// <summary>Which sockets take packets, on the node and in its pods.</summary>
    IListenerSource Listeners { get; }

    /// <summary>Tracked connections.</summary>
    IConntrackSource Conntrack { get; }

    /// <summary>The rules of iptables.</summary>
    IRulesetSource Rulesets { get; }

    /// <summary>What is registered on netfilter's hooks.</summary>
    IHookSource Hooks { get; }

    /// <summary>The native tables of nftables.</summary>
    INftablesSource Nftables { get; }

    /// <summary>The sets of ipset(8).</summary>
    IIpsetSource Ipsets { get; }

    /// <summary>The virtual servers of IPVS.</summary>
    IVirtualServerSource VirtualServers { get; }
}
