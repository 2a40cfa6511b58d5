using System.Net.Sockets;
using K8sNetfilter.Addressing;
using K8sNetfilter.Links;
using K8sNetfilter.Links.Iproute2;
using K8sNetfilter.Listeners;
using K8sNetfilter.Namespaces;

namespace K8sNetfilter.Snapshots.Reading;

/// <summary>The links that ip(8) and bridge(8) printed: as JSON, or as the text that sos collects.</summary>
internal sealed class SnapshotLinks : ILinkSource
{
    private static readonly IPFamily[] Families = [IPFamily.IPv4, IPFamily.IPv6];

    private readonly SnapshotFiles _files;
    private readonly Lazy<IpJsonReader> _json;
    private readonly Lazy<IpTextReader?> _text;
    private readonly Lazy<IReadOnlyList<Link>?> _links;
    private readonly IpTextReader _names;
    private readonly Lazy<Dictionary<int, NetworkNamespaceInfo>?> _spaces;

    public SnapshotLinks(SnapshotFiles files)
    {
        _files = files;
        _json = new(() => new IpJsonReader(Tables(), SnapshotLimits.JsonDepth));
        _names = new IpTextReader("", Tables());
        _text = new(() => Has(SnapshotNames.AddressText) && files.TryReadListing(out _, SnapshotNames.AddressText) is { } text
            ? new IpTextReader(text, Tables()) : null);
        _links = new(ReadLinks);
        _spaces = new(ReadNamespaces);
    }

    // One snapshot may have the links as JSON and the routes as text, or the other way round: both know the links' names then.
    private IReadOnlyList<Link>? ReadLinks()
    {
        var links = Read(SnapshotNames.Links, (r, b) => r.ReadLinks(b), missing: !Has(SnapshotNames.AddressText)) ?? _text.Value?.Links;
        _json.Value.Learn(links ?? []);
        _names.Learn(links ?? []);
        return links;
    }

    /// <inheritdoc/>
    public IReadOnlyList<Link>? ReadLinks(Action<string> warn, CancellationToken cancellation) => _links.Value;

    /// <inheritdoc/>
    public IReadOnlyList<Address>? ReadAddresses(Action<string> warn, CancellationToken cancellation) =>
        // The kernel tells all of IPv4 before all of IPv6, the tools link by link.
        (Read(SnapshotNames.Addresses, (r, b) => r.ReadAddresses(b), missing: !Has(SnapshotNames.AddressText)) ?? _text.Value?.Addresses)
            ?.OrderBy(a => a.IPAddress.AddressFamily == AddressFamily.InterNetworkV6).ToList();

    /// <inheritdoc/>
    public IReadOnlyList<Route>? ReadRoutes(Action<string> warn, CancellationToken cancellation)
    {
        Learn();
        return OfBoth(
            family => Read(SnapshotNames.Routes(family), (r, b) => r.ReadRoutes(b, family), missing: !Has(SnapshotNames.RouteText(family))),
            family => Text(SnapshotNames.RouteText(family), (t, s) => t.ReadRoutes(s, family)));
    }

    /// <inheritdoc/>
    public bool KnowsRoutes(IPFamily family) => SnapshotNames.Routes(family).Any(_files.HasContent) || Has(SnapshotNames.RouteText(family));

    /// <inheritdoc/>
    public IReadOnlyList<RoutingRule>? ReadRules(Action<string> warn, CancellationToken cancellation)
    {
        Learn();
        return OfBoth(
            family => Read(SnapshotNames.Rules(family), (r, b) => r.ReadRules(b, family), missing: !Has(SnapshotNames.RuleText(family)),
            mayBeEmpty: true),
            family => Text(SnapshotNames.RuleText(family), (t, s) => t.ReadRules(s, family)));
    }

    /// <inheritdoc/>
    public IReadOnlyList<Neighbor>? ReadNeighbors(Action<string> warn, CancellationToken cancellation)
    {
        Learn();
        return Read(SnapshotNames.Neighbors, (r, b) => r.ReadNeighbors(b), missing: !Has(SnapshotNames.NeighborText), mayBeEmpty: true)
            ?? Text(SnapshotNames.NeighborText, (t, s) => t.ReadNeighbors(s));
    }

    /// <inheritdoc/>
    public IReadOnlyList<ForwardingEntry>? ReadForwardingEntries(Action<string> warn, CancellationToken cancellation)
    {
        Learn();
        return Read(SnapshotNames.Forwarding, (r, b) => r.ReadForwardingEntries(b), missing: !Has(SnapshotNames.ForwardingText),
            mayBeEmpty: true)
            ?? Text(SnapshotNames.ForwardingText, (t, s) => t.ReadForwardingEntries(s));
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<int, IReadOnlyList<Address>>? ReadPeerAddresses(IEnumerable<Link> links, Action<string> warn,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(links);
        if (_files.NoteLost(SnapshotNames.Namespaces[0], SnapshotNames.NamespaceFolder + "/") is not null)
        {
            return null;
        }

        var spaces = Namespaces();
        if (spaces is null && !_files.Exists(SnapshotNames.NamespaceFolder))
        {
            return null;
        }

        var folders = new Dictionary<int, ILookup<int, Address>?>();
        var found = new Dictionary<int, IReadOnlyList<Address>>();
        foreach (var link in links)
        {
            if (link is not { PeerIndex: { } peer, PeerNamespaceId: { } id })
            {
                continue;
            }

            if (!folders.TryGetValue(id, out var addresses))
            {
                addresses = ReadInside(FolderOf(spaces, id))?.ToLookup(a => a.LinkIndex);
                folders[id] = addresses;
            }

            if (addresses is not null)
            {
                found[link.Index] = [.. addresses[peer]];
            }
        }

        return found;
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<int, Link>? ReadPeerLinks(IEnumerable<Link> links, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(links);
        var found = new Dictionary<int, Link>();
        if (Namespaces() is not { } spaces)
        {
            return found;
        }

        var inside = new Dictionary<int, ILookup<int, Link>?>();
        foreach (var link in links)
        {
            if (link is not { PeerIndex: { } peer, PeerNamespaceId: { } id } || !spaces.TryGetValue(id, out var space))
            {
                continue;
            }

            if (!inside.TryGetValue(id, out var others))
            {
                // ip -j addr tells of the links too; what Export-NodeSnapshot writes does not, and has them in a file of their own.
                string folder = $"{SnapshotNames.NamespaceFolder}/{FolderOf(space)}/";
                string name = folder + (_files.Exists(folder + SnapshotNames.Links[0])
                    ? SnapshotNames.Links[0] : SnapshotNames.Addresses[0]);
                inside[id] = others = _files.Exists(name) && _files.TryReadJson(out _, name) is { } bytes
                    ? Json.Read(name, () => new IpJsonReader(null, SnapshotLimits.JsonDepth).ReadLinks(bytes)).ToLookup(o => o.Index)
                    : null;
            }

            if (others?[peer].FirstOrDefault() is { } other)
            {
                found[link.Index] = other;
            }
        }

        return found;
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<int, NetworkNamespaceInfo>? ReadPeerNamespaces(CancellationToken cancellation) => Namespaces();

    /// <summary>The folder of the namespace that the node's has a number for, as <c>netns/</c> and its name.</summary>
    internal string FolderOfPeer(int namespaceId) => FolderOf(Namespaces(), namespaceId);

    /// <summary>The numbers of a namespace's links by their names; none where they are not in the snapshot.</summary>
    internal IReadOnlyDictionary<string, int> ReadIndexesInside(string folder)
    {
        string name = $"{folder}/{SnapshotNames.Addresses[0]}";
        var links = _files.Exists(name) && _files.TryReadJson(out _, name) is { } bytes
            ? Json.Read(name, () => new IpJsonReader(null, SnapshotLimits.JsonDepth).ReadLinks(bytes)) : [];
        return links.GroupBy(l => l.Name, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First().Index, StringComparer.Ordinal);
    }

    /// <summary>All addresses of a namespace; null where they are not in the snapshot.</summary>
    internal IReadOnlyList<Address>? ReadInside(string folder)
    {
        string name = $"{folder}/{SnapshotNames.Addresses[0]}";
        return _files.Exists(name) && _files.TryReadJson(out _, name) is { } bytes
            ? Json.Read(name, () => new IpJsonReader(null, SnapshotLimits.JsonDepth).ReadAddresses(bytes)) : null;
    }

    /// <summary>The neighbours of a namespace that somebody set for good; null where its neighbours are not in the snapshot.</summary>
    internal IReadOnlyList<Neighbor>? ReadFixedInside(string folder)
    {
        string name = $"{folder}/{SnapshotNames.Neighbors[0]}";
        if (!_files.Exists(name) || _files.TryReadJson(out _, name) is not { } bytes)
        {
            return null;
        }

        var reader = new IpJsonReader(null, SnapshotLimits.JsonDepth);
        string list = $"{folder}/{SnapshotNames.Links[0]}";
        if (_files.Exists(list) && _files.TryReadJson(out _, list) is { } links)
        {
            reader.Learn(Json.Read(list, () => reader.ReadLinks(links)));
        }

        return [.. Json.Read(name, () => reader.ReadNeighbors(bytes)).Where(n => n.State.HasFlag(NeighborState.Permanent))];
    }

    /// <summary>
    /// Where the routes of both families in another namespace lead; null where either's were not captured, or more than the destination
    /// chooses.
    /// </summary>
    internal IReadOnlyList<PodWay>? ReadWaysInside(string folder)
    {
        var reader = new IpJsonReader(null, SnapshotLimits.JsonDepth);
        var links = ReadInside([SnapshotNames.Links[0], SnapshotNames.Addresses[0]], reader.ReadLinks) ?? [];
        reader.Learn(links);
        var (routes, rules) = (new List<Route>(), new List<RoutingRule>());
        foreach (var family in (IPFamily[])[IPFamily.IPv4, IPFamily.IPv6])
        {
            if (ReadInside([SnapshotNames.Routes(family)[0]], b => reader.ReadRoutes(b, family)) is not { } some)
            {
                return null;
            }

            routes.AddRange(some);
            rules.AddRange(ReadInside([SnapshotNames.Rules(family)[0]], b => reader.ReadRules(b, family)) ?? []);
        }

        return PodWay.From(routes, rules, links);

        IReadOnlyList<T>? ReadInside<T>(string[] names, Func<ReadOnlyMemory<byte>, IReadOnlyList<T>> read)
        {
            string? name = names.Select(n => $"{folder}/{n}").FirstOrDefault(_files.Exists);
            return name is not null && _files.TryReadJson(out _, name) is { } bytes ? Json.Read(name, () => read(bytes)) : null;
        }
    }

    /// <summary>The folder of a namespace: its name, or the process that names it.</summary>
    internal static string FolderOf(NetworkNamespaceInfo space)
    {
        string name = space.ToString();
        name = name[(name.LastIndexOf('/') + 1)..];
        return name is "" or "." or ".." ? "_" : name;
    }

    private static string FolderOf(Dictionary<int, NetworkNamespaceInfo>? spaces, int id) =>
        $"{SnapshotNames.NamespaceFolder}/{(spaces is not null && spaces.TryGetValue(id, out var space) ? FolderOf(space) : SnapshotNames.NamespaceById(id))}";

    // Of each pod it is asked which folder it has.
    private Dictionary<int, NetworkNamespaceInfo>? Namespaces() => _spaces.Value;

    private Dictionary<int, NetworkNamespaceInfo>? ReadNamespaces()
    {
        var list = Read(SnapshotNames.Namespaces, (r, b) => r.ReadNamespaces(b), missing: false, mayBeEmpty: true);
        var names = new PodNames(_files);
        return list?.Where(n => n.Id is not null).GroupBy(n => n.Id!.Value).ToDictionary(g => g.Key, g => names.Name(g.First().Namespace));
    }

    // The names of the interfaces stand in the list of links alone.
    private void Learn() => _ = _links.Value;

    private Dictionary<string, uint>? Tables()
    {
        var all = new Dictionary<string, uint>(StringComparer.Ordinal);
        foreach (string path in (string[])["etc/iproute2/rt_tables", "usr/share/iproute2/rt_tables", "usr/lib/iproute2/rt_tables"])
        {
            if (_files.Exists(path) && _files.TryReadText(out _, path) is { } text)
            {
                foreach (var (name, number) in IpJsonReader.ReadTables(text))
                {
                    all.TryAdd(name, number);
                }
            }
        }

        return all;
    }

    private bool Has(string[] names) => names.Any(_files.Exists);

    // There are always links, addresses and routes: what is empty is what a command left that failed. Of the rest some versions print
    // nothing where there is nothing.
    private T? Read<T>(string[] names, Func<IpJsonReader, byte[], T> read, bool missing, bool mayBeEmpty = false)
        where T : class
    {
        if (!missing && !Has(names))
        {
            return null;
        }

        if (_files.TryReadJson(out string name, names) is not { } bytes)
        {
            return null;
        }

        if (bytes.Length > 0 || mayBeEmpty)
        {
            return Json.Read(name, () => read(_json.Value, bytes));
        }

        _files.AddMissing(name);
        return null;
    }

    private T? Text<T>(string[] names, Func<IpTextReader, string, T> read)
        where T : class =>
        Has(names) && _files.TryReadListing(out _, names) is { } text ? read(_text.Value ?? _names, text) : null;

    private static List<T>? OfBoth<T>(params Func<IPFamily, IReadOnlyList<T>?>[] ways)
    {
        List<T>? all = null;
        foreach (var family in Families)
        {
            if (ways.Select(w => w(family)).FirstOrDefault(r => r is not null) is { } some)
            {
                (all ??= []).AddRange(some);
            }
        }

        return all;
    }
}
