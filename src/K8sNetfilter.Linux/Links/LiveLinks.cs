using System.Globalization;
using K8sNetfilter.Errors;
using K8sNetfilter.Interop;
using K8sNetfilter.IO;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Netlink;

namespace K8sNetfilter.Links;

/// <summary>The links of a running kernel's network namespace. Another root has none.</summary>
internal sealed class LiveLinks : ILinkSource
{
    private static readonly Dictionary<int, IReadOnlyList<Address>> NoAddresses = [];

    private readonly KernelRoot _root;
    private readonly NetworkNamespace? _network;

    /// <summary>Makes the source; nothing is read yet.</summary>
    /// <param name="root">Where the namespaces of the other ends are looked for.</param>
    /// <param name="network">The namespace that is asked; null for the calling thread's.</param>
    internal LiveLinks(KernelRoot root, NetworkNamespace? network)
    {
        _root = root;
        _network = network;
    }

    private bool IsSilent => !_root.IsLive || !LiveKernel.IsThere;

    /// <inheritdoc/>
    public IReadOnlyList<Link>? ReadLinks(Action<string> warn, CancellationToken cancellation) =>
        Read(Messages.Noun_Links, (from, c) => from.ReadLinks(c), warn, cancellation);

    /// <inheritdoc/>
    public IReadOnlyList<Address>? ReadAddresses(Action<string> warn, CancellationToken cancellation) =>
        Read(Messages.Noun_Addresses, (from, c) => from.ReadAddresses(c), warn, cancellation);

    /// <inheritdoc/>
    public IReadOnlyList<Route>? ReadRoutes(Action<string> warn, CancellationToken cancellation) =>
        Read(Messages.Noun_Routes, (from, c) => from.ReadRoutes(c), warn, cancellation);

    /// <inheritdoc/>
    public IReadOnlyList<RoutingRule>? ReadRules(Action<string> warn, CancellationToken cancellation) =>
        Read(Messages.Noun_RoutingRules, (from, c) => from.ReadRules(c), warn, cancellation);

    /// <inheritdoc/>
    public IReadOnlyList<Neighbor>? ReadNeighbors(Action<string> warn, CancellationToken cancellation) =>
        Read(Messages.Noun_Neighbors, (from, c) => from.ReadNeighbors(c), warn, cancellation);

    /// <inheritdoc/>
    public IReadOnlyList<ForwardingEntry>? ReadForwardingEntries(Action<string> warn, CancellationToken cancellation) =>
        Read(Messages.Noun_ForwardingEntries, (from, c) => from.ReadForwardingEntries(c), warn, cancellation);

    /// <inheritdoc/>
    public IReadOnlyDictionary<int, IReadOnlyList<Address>>? ReadPeerAddresses(
        IEnumerable<Link> links, Action<string> warn, CancellationToken cancellation)
    {
        if (IsSilent)
        {
            return null;
        }

        var asked = links.Where(l => l is { PeerIndex: not null, PeerNamespaceId: not null }).ToList();
        if (asked.Count == 0)
        {
            return NoAddresses;
        }

        var found = new Dictionary<int, IReadOnlyList<Address>>(asked.Count);
        using var from = Open();
        foreach (var link in asked)
        {
            try
            {
                var result = from.ReadAddressesIn(link.PeerNamespaceId!.Value, link.PeerIndex!.Value, cancellation);
                found[link.Index] = result.Items;
            }
            catch (NetlinkException failure) when (failure.Errno is Errno.EINVAL or Errno.ENODEV or Errno.EACCES or Errno.EPERM)
            {
                // The namespace or the link went away meanwhile, is not ours to read, or the kernel is older than 4.20.
            }
        }

        return found;
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<int, Link>? ReadPeerLinks(IEnumerable<Link> links, CancellationToken cancellation)
    {
        if (IsSilent)
        {
            return null;
        }

        var found = new Dictionary<int, Link>();
        using var from = Open();
        foreach (var link in links.Where(l => l is { PeerIndex: not null, PeerNamespaceId: not null }))
        {
            try
            {
                if (from.FindLinkIn(link.PeerNamespaceId!.Value, link.PeerIndex!.Value, cancellation) is { } other)
                {
                    found[link.Index] = other;
                }
            }
            catch (NetlinkException failure) when (failure.Errno is Errno.EINVAL or Errno.ENODEV or Errno.EACCES or Errno.EPERM)
            {
                // As with addresses.
            }
        }

        return found;
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<int, NetworkNamespaceInfo>? ReadPeerNamespaces(CancellationToken cancellation)
    {
        if (IsSilent)
        {
            return null;
        }

        var found = new Dictionary<int, NetworkNamespaceInfo>();
        using var from = Open();
        var ids = new Dictionary<ulong, PeerId>();
        foreach (var space in NetworkNamespaces.Find(_root, Ask, cancellation))
        {
            if (!ids.ContainsKey(space.Inode))
            {
                try
                {
                    using var opened = NetworkNamespace.Open(_root, space);
                    Ask(opened);
                }
                catch (NodeException)
                {
                    // It is gone since it was found, or not ours to open: nothing is said of it.
                }
            }

            if (ids.TryGetValue(space.Inode, out var peer) && peer.Id is { } id)
            {
                found[id] = space;
            }
        }

        void Ask(NetworkNamespace space) => ids[space.Inode] = new PeerId(from.FindNamespaceId(space, cancellation));
        return found;
    }

    private List<T>? Read<T>(
        string noun, Func<RouteNetlink, CancellationToken, NetlinkResult<T>> read, Action<string> warn, CancellationToken cancellation)
    {
        if (IsSilent)
        {
            return null;
        }

        using var from = Open();
        var result = read(from, cancellation);
        if (result.IsInterrupted)
        {
            warn(string.Format(CultureInfo.InvariantCulture, Messages.DumpInterrupted, noun));
        }

        return result.Items;
    }

    private RouteNetlink Open() =>
        _network is null ? new RouteNetlink(NetlinkConnection.OpenHere(NetlinkProtocol.Route), Messages.ThisNetNamespace)
            : RouteNetlink.Open(_network);

    // The number that this namespace knows another by; null where it has none.
    private sealed record PeerId(int? Id);
}
