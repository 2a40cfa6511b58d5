namespace K8sNetfilter.Listeners;

/// <summary>Which sockets take packets, in the node's network namespace and in those at the other ends of its links.</summary>
public interface IListenerSource
{
    /// <summary>The sockets of the node's network namespace; null where the node does not say.</summary>
    ListenerTable? Read(CancellationToken cancellation);

    /// <summary>Those of another namespace.</summary>
    /// <param name="namespaceId">The number that the node's namespace has for it (<see cref="Links.Link.PeerNamespaceId"/>).</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>What it says; null where it cannot be read.</returns>
    PodListeners? ReadPeer(int namespaceId, CancellationToken cancellation);
}
