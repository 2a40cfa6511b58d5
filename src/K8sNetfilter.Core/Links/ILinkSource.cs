using K8sNetfilter.Namespaces;

namespace K8sNetfilter.Links;

/// <summary>What a network namespace says of its links. Every answer is null where the node does not say (a folder without a running kernel).</summary>
public interface ILinkSource
{
    /// <summary>What made answers less than certain, such as a table that changed during every reading of it.</summary>
    IReadOnlyCollection<string> Warnings { get; }

    /// <summary>All links.</summary>
    IReadOnlyList<Link>? ReadLinks(CancellationToken cancellation = default);

    /// <summary>All addresses of the links.</summary>
    IReadOnlyList<Address>? ReadAddresses(CancellationToken cancellation = default);

    /// <summary>The routes of all tables.</summary>
    IReadOnlyList<Route>? ReadRoutes(CancellationToken cancellation = default);

    /// <summary>The rules that choose a routing table, in their order.</summary>
    IReadOnlyList<RoutingRule>? ReadRules(CancellationToken cancellation = default);

    /// <summary>All neighbours.</summary>
    IReadOnlyList<Neighbor>? ReadNeighbors(CancellationToken cancellation = default);

    /// <summary>The forwarding databases of all bridges and tunnels.</summary>
    IReadOnlyList<ForwardingEntry>? ReadForwardingEntries(CancellationToken cancellation = default);

    /// <summary>The addresses of a veth pair's other end in another namespace; null where that namespace cannot be read.</summary>
    /// <param name="link">A link with <see cref="Link.PeerIndex"/> and <see cref="Link.PeerNamespaceId"/>.</param>
    /// <param name="cancellation">Stops the reading.</param>
    IReadOnlyList<Address>? ReadPeerAddresses(Link link, CancellationToken cancellation = default);

    /// <summary>Whose the namespaces are that this one has ids for (<see cref="Link.PeerNamespaceId"/>); those that nobody names are left out.</summary>
    IReadOnlyDictionary<int, NetworkNamespaceInfo> ReadPeerNamespaces(CancellationToken cancellation = default);
}
