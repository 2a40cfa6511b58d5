using K8sNetfilter.Addressing;
using K8sNetfilter.Namespaces;

namespace K8sNetfilter.Links;

/// <summary>
/// What a network namespace says of its links. Every answer is null where the node does not say, as a folder without a running kernel.
/// <c>warn</c> is told of what makes an answer less than certain, such as a table that changed during every reading of it.
/// </summary>
public interface ILinkSource
{
    /// <summary>All links.</summary>
    IReadOnlyList<Link>? ReadLinks(Action<string> warn, CancellationToken cancellation);

    /// <summary>All addresses of the links.</summary>
    IReadOnlyList<Address>? ReadAddresses(Action<string> warn, CancellationToken cancellation);

    /// <summary>The routes of all tables.</summary>
    IReadOnlyList<Route>? ReadRoutes(Action<string> warn, CancellationToken cancellation);

    /// <summary>
    /// True where <see cref="ReadRoutes"/> tells the family's routes, be it that there are none: a snapshot can lack one family's.
    /// </summary>
    bool KnowsRoutes(IPFamily family) => true;

    /// <summary>The rules that choose a routing table, those of each family in their order.</summary>
    IReadOnlyList<RoutingRule>? ReadRules(Action<string> warn, CancellationToken cancellation);

    /// <summary>All neighbours.</summary>
    IReadOnlyList<Neighbor>? ReadNeighbors(Action<string> warn, CancellationToken cancellation);

    /// <summary>The forwarding databases of all bridges and tunnels.</summary>
    IReadOnlyList<ForwardingEntry>? ReadForwardingEntries(Action<string> warn, CancellationToken cancellation);

    /// <summary>The addresses of the other ends of veth pairs, by the number of the link here.</summary>
    /// <param name="links">Links with <see cref="Link.PeerIndex"/> and <see cref="Link.PeerNamespaceId"/>; others are passed over.</param>
    /// <param name="warn">Told of an uncertain answer.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <returns>The addresses; a link whose other end cannot be read is not in it.</returns>
    IReadOnlyDictionary<int, IReadOnlyList<Address>>? ReadPeerAddresses(IEnumerable<Link> links, Action<string> warn,
        CancellationToken cancellation);

    /// <summary>
    /// The other ends of veth pairs themselves, by the number of the link here; one that cannot be read is not in it. Null where none can.
    /// </summary>
    /// <param name="links">Links with <see cref="Link.PeerIndex"/> and <see cref="Link.PeerNamespaceId"/>; others are passed over.</param>
    /// <param name="cancellation">Stops the reading.</param>
    IReadOnlyDictionary<int, Link>? ReadPeerLinks(IEnumerable<Link> links, CancellationToken cancellation) => null;

    /// <summary>
    /// Whose the namespaces are that this one has ids for (<see cref="Link.PeerNamespaceId"/>), by that id. One that neither a name nor a
    /// process leads to is not in it.
    /// </summary>
    IReadOnlyDictionary<int, NetworkNamespaceInfo>? ReadPeerNamespaces(CancellationToken cancellation);
}
