using K8sNetfilter.Addressing;
using K8sNetfilter.Collections;
using K8sNetfilter.Errors;

namespace K8sNetfilter.Listeners;

/// <summary>
/// The sockets of a node and of the namespaces at its links' other ends: each is read once, when a walk first comes there. Walks may run
/// side by side.
/// </summary>
internal sealed class NodeListeners(IListenerSource? source, CancellationToken cancellation)
{
    private readonly object _turn = new();
    private readonly Bits128Map<KnownPod> _peers = new();
    private ListenerTable? _own;
    private bool _isOwnRead;

    /// <summary>No source: the walk ends where a packet arrives, and who takes it is not looked at.</summary>
    public static NodeListeners Unasked { get; } = new(null, CancellationToken.None);

    /// <summary>True where there is a source, be it that it knows nothing.</summary>
    public bool IsAsked => source is not null;

    /// <summary>The node's own; null where they are not known.</summary>
    public ListenerTable? Own()
    {
        lock (_turn)
        {
            if (!_isOwnRead)
            {
                (_own, _isOwnRead) = (Ask(s => s.Read(cancellation)), true);
            }

            return _own;
        }
    }

    /// <summary>Those of the namespace that the node has a number for; null where they are not known.</summary>
    /// <param name="namespaceId">The number.</param>
    /// <param name="address">An address.</param>
    /// <param name="has">Whether the namespace has the address; null where its addresses are not known.</param>
    public PodListeners? Peer(int namespaceId, Bits128 address, out bool? has)
    {
        var pod = Pod(namespaceId);
        has = pod.Has(address);
        return pod.Found;
    }

    /// <summary>All that is known of that namespace.</summary>
    public KnownPod Pod(int namespaceId)
    {
        lock (_turn)
        {
            if (_peers.Find((uint)namespaceId) is not { } pod)
            {
                _peers.Set((uint)namespaceId, pod = new KnownPod(Ask(s => s.ReadPeer(namespaceId, cancellation))));
            }

            return pod;
        }
    }

    private T? Ask<T>(Func<IListenerSource, T?> question)
        where T : class
    {
        try
        {
            return source is null ? null : question(source);
        }
        catch (NodeException)
        {
            // Not ours to read: the walk says that it is not known.
            return null;
        }
    }
}
