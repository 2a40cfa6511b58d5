using System.Net;
using K8sNetfilter.Links;

namespace K8sNetfilter.Listeners;

/// <summary>Who takes packets in another network namespace, such as a pod's. Null is what is not known.</summary>
public sealed record PodListeners
{
    /// <summary>Its sockets.</summary>
    public ListenerTable? Table { get; init; }

    /// <summary>All its addresses, those of its loopback interface among them.</summary>
    public IReadOnlyCollection<IPAddress>? Addresses { get; init; }

    /// <summary>Where its routes lead; null also where more than a packet's destination chooses among them.</summary>
    public IReadOnlyList<PodWay>? Ways { get; init; }

    /// <summary>The neighbours that somebody set there for good: nobody is asked for their link layer addresses.</summary>
    public IReadOnlyList<Neighbor>? FixedNeighbors { get; init; }

    /// <summary>
    /// The numbers of its interfaces that take from a sender only what an answer would leave by (<c>rp_filter</c> 1, IPv4).
    /// </summary>
    public IReadOnlyCollection<int>? StrictLinks { get; init; }

    /// <summary>It has netfilter rules of its own, which may drop packets or lead them to other ports before a socket sees them.</summary>
    public bool? HasRules { get; init; }

    /// <summary>
    /// It answers on the link for addresses of others (proxy_arp, proxy_ndp), so that it may be the way to an address that it does not
    /// have.
    /// </summary>
    public bool? AnswersForOthers { get; init; }
}
