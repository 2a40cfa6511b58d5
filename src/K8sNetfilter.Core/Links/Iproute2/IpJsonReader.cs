using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using K8sNetfilter.Addressing;
using static K8sNetfilter.Links.Iproute2.IpJsonValues;

namespace K8sNetfilter.Links.Iproute2;

/// <summary>
/// Reads what ip(8) and bridge(8) print with <c>-j</c>. A key that is not known is passed over, an entry that lacks what makes it one is
/// left out. A tool that has nothing to say prints an empty list or nothing at all.
/// </summary>
public sealed class IpJsonReader
{
    private readonly Dictionary<string, int> _indexes = new(StringComparer.Ordinal);
    private readonly IReadOnlyDictionary<string, uint>? _tables;
    private readonly int _maxDepth;

    /// <summary>Makes a reader.</summary>
    /// <param name="tables">The names of the node's own routing tables (/etc/iproute2/rt_tables); null where they are not known.</param>
    /// <param name="maxDepth">The deepest nesting that is read.</param>
    public IpJsonReader(IReadOnlyDictionary<string, uint>? tables = null, int maxDepth = 32)
    {
        _tables = tables;
        _maxDepth = maxDepth;
    }

    /// <summary>Reads the text of rt_tables.</summary>
    public static IReadOnlyDictionary<string, uint> ReadTables(string text) => IpNames.ReadTables(text);

    /// <summary>Takes the numbers of links by their names, where these were read from elsewhere.</summary>
    public void Learn(IEnumerable<Link> links)
    {
        ArgumentNullException.ThrowIfNull(links);
        foreach (var link in links)
        {
            _indexes.TryAdd(link.Name, link.Index);
        }
    }

    /// <summary>Reads <c>ip -j -d link</c>, which also tells the numbers of the names that the others use.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public IReadOnlyList<Link> ReadLinks(ReadOnlyMemory<byte> json)
    {
        using var document = Parse(json, _maxDepth);
        LearnNames(document);
        return Each(document, ToLink);
    }

    /// <summary>Reads <c>ip -j addr</c>.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public IReadOnlyList<Address> ReadAddresses(ReadOnlyMemory<byte> json)
    {
        using var document = Parse(json, _maxDepth);
        LearnNames(document);
        var found = new List<Address>();
        foreach (var link in Items(document))
        {
            if (Int(link, "ifindex") is not { } index || !TryGet(link, "addr_info", out var list))
            {
                continue;
            }

            foreach (var item in Items(list, Iproute2Messages.AddressesOfLink(index)))
            {
                if (ToAddress(item, index) is { } address)
                {
                    found.Add(address);
                }
            }
        }

        return found;
    }

    /// <summary>Reads <c>ip -j -d route show table all</c>.</summary>
    /// <param name="json">The text.</param>
    /// <param name="family">The family that was asked for; unspecified where the text has both, and each route must tell.</param>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public IReadOnlyList<Route> ReadRoutes(ReadOnlyMemory<byte> json, IPFamily family)
    {
        using var document = Parse(json, _maxDepth);
        var routes = new IpJsonRoutes(_tables, IndexOf);
        return Each(document, item => routes.Route(item, family));
    }

    /// <summary>Reads <c>ip -j rule</c>.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public IReadOnlyList<RoutingRule> ReadRules(ReadOnlyMemory<byte> json, IPFamily family)
    {
        using var document = Parse(json, _maxDepth);
        var routes = new IpJsonRoutes(_tables, IndexOf);
        return Each(document, item =>
            routes.Rule(item, family == IPFamily.IPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork));
    }

    /// <summary>Reads <c>ip -j neigh</c>.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public IReadOnlyList<Neighbor> ReadNeighbors(ReadOnlyMemory<byte> json)
    {
        using var document = Parse(json, _maxDepth);
        return Each(document, item => IpJsonValues.Text(item, "dst") is { } dst && IPAddress.TryParse(dst, out var address)
            && IndexOf(IpJsonValues.Text(item, "dev")) is { } link
            ? new Neighbor
            {
                IPAddress = address,
                LinkIndex = link,
                MacAddress = IpJsonValues.Text(item, "lladdr"),
                State = Words(item, "state").Aggregate(NeighborState.None, (all, word) => all | IpNames.NeighborStateOf(word)),
                IsRouter = Has(item, "router"),
                IsExternallyLearned = Has(item, "extern_learn"),
            }
            : null);
    }

    /// <summary>Reads <c>bridge -j fdb</c>.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public IReadOnlyList<ForwardingEntry> ReadForwardingEntries(ReadOnlyMemory<byte> json)
    {
        using var document = Parse(json, _maxDepth);
        return Each(document, item =>
        {
            if (IpJsonValues.Text(item, "mac") is not { } mac || IndexOf(IpJsonValues.Text(item, "ifname")) is not { } link)
            {
                return null;
            }

            var flags = Words(item, "flags").ToList();
            return new ForwardingEntry
            {
                MacAddress = mac,
                LinkIndex = link,
                BridgeIndex = IndexOf(IpJsonValues.Text(item, "master")),
                VlanId = Int(item, "vlan"),
                State = IpNames.ForwardingStateOf(IpJsonValues.Text(item, "state") ?? ""),
                RemoteAddress = IpJsonValues.Text(item, "dst") is { } dst && IPAddress.TryParse(dst, out var remote) ? remote : null,
                IsSelf = flags.Contains("self"),
                IsExternallyLearned = flags.Contains("extern_learn"),
                IsSticky = flags.Contains("sticky"),
            };
        });
    }

    /// <summary>
    /// Reads <c>ip -j netns list</c>, and the further keys that Export-NodeSnapshot adds to it: this namespace's id for each, and whose it
    /// is.
    /// </summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public IReadOnlyList<(int? Id, Namespaces.NetworkNamespaceInfo Namespace)> ReadNamespaces(ReadOnlyMemory<byte> json)
    {
        using var document = Parse(json, _maxDepth);
        var found = new List<(int?, Namespaces.NetworkNamespaceInfo)>();
        foreach (var item in Items(document))
        {
            string? name = IpJsonValues.Text(item, "name");
            int? pid = Int(item, "pid");
            string? path = IpJsonValues.Text(item, "path")
                ?? (name is not null ? "/run/netns/" + name : pid is not null
                ? string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/ns/net") : null);
            if (path is null)
            {
                continue;
            }

            found.Add((Int(item, "id") ?? Int(item, "nsid"), new Namespaces.NetworkNamespaceInfo
            {
                Inode = TryGet(item, "inode", out var inode) && inode.ValueKind == JsonValueKind.Number && inode.TryGetUInt64(out ulong n)
                    ? n : 0,
                Name = name,
                Path = path,
                Pid = pid,
                ContainerId = IpJsonValues.Text(item, "container"),
                PodUid = IpJsonValues.Text(item, "pod"),
                PodName = IpJsonValues.Text(item, "podname"),
            }));
        }

        return found;
    }

    private Link? ToLink(JsonElement item)
    {
        if (Int(item, "ifindex") is not { } index || IpJsonValues.Text(item, "ifname") is not { } name)
        {
            return null;
        }

        var flags = Words(item, "flags").ToHashSet(StringComparer.Ordinal);
        var info = TryGet(item, "linkinfo", out var given) && given.ValueKind == JsonValueKind.Object ? given : default;
        bool hasInfo = info.ValueKind == JsonValueKind.Object;
        string? kind = hasInfo ? IpJsonValues.Text(info, "info_kind") : null;
        return new Link
        {
            Index = index,
            Name = name,
            Kind = kind,
            MacAddress = IpJsonValues.Text(item, "address"),
            Mtu = Int(item, "mtu") ?? 0,
            State = IpNames.StateOf(IpJsonValues.Text(item, "operstate") ?? ""),
            IsUp = flags.Contains("UP"),
            HasCarrier = flags.Contains("LOWER_UP"),
            IsLoopback = flags.Contains("LOOPBACK"),
            IsNoArp = flags.Contains("NOARP"),
            IsPointToPoint = flags.Contains("POINTOPOINT"),
            Group = IpJsonValues.Text(item, "group") is { } group ? IpWords.Group(group) : 0,
            IsPromiscuous = flags.Contains("PROMISC"),
            Promiscuity = Int(item, "promiscuity"),
            MasterIndex = IndexOf(IpJsonValues.Text(item, "master")),
            PeerIndex = Int(item, "link_index") is > 0 and var other ? other : IndexOf(IpJsonValues.Text(item, "link")),
            PeerNamespaceId = Int(item, "link_netnsid"),
            Alias = IpJsonValues.Text(item, "ifalias"),
            AlternativeNames = [.. Words(item, "altnames")],
            Bridge = kind == "bridge" ? ToBridge(info) : null,
            Port = hasInfo && IpJsonValues.Text(info, "info_slave_kind") == "bridge" ? ToPort(info) : null,
        };
    }

    private static BridgeSettings ToBridge(JsonElement info) =>
        TryGet(info, "info_data", out var data) && data.ValueKind == JsonValueKind.Object
        ? IpWords.Bridge(name => Switch(data, name), Int(data, "ageing_time")) : new BridgeSettings();

    private static BridgePortSettings ToPort(JsonElement info) =>
        TryGet(info, "info_slave_data", out var data) && data.ValueKind == JsonValueKind.Object
        ? IpWords.Port(name => Switch(data, name), IpJsonValues.Text(data, "state")) : new BridgePortSettings();

    private static Address? ToAddress(JsonElement item, int index)
    {
        if (IpJsonValues.Text(item, "local") is not { } text || !IPAddress.TryParse(text, out var local)
            || Int(item, "prefixlen") is not { } length
            || length < 0 || length > (local.AddressFamily == AddressFamily.InterNetwork ? 32 : 128))
        {
            return null;
        }

        uint flags = Has(item, "dynamic") ? 0 : IpNames.PermanentAddress;
        foreach (var property in item.EnumerateObject())
        {
            flags |= property.Value.ValueKind is JsonValueKind.True or JsonValueKind.Null
                ? IpNames.AddressFlagOf(NameOf(property) ?? "") : 0;
        }

        return new Address
        {
            IPAddress = local,
            PrefixLength = length,
            LinkIndex = index,
            Peer = IpJsonValues.Text(item, "address") is { } peer && IPAddress.TryParse(peer, out var other) && !other.Equals(local)
            ? other : null,
            Broadcast = IpJsonValues.Text(item, "broadcast") is { } all && IPAddress.TryParse(all, out var broadcast) ? broadcast : null,
            Scope = IpJsonValues.Text(item, "scope") is { } scope ? IpNames.ScopeOf(scope) ?? RouteScope.Global : RouteScope.Global,
            Flags = flags,
            Label = IpJsonValues.Text(item, "label"),
            ValidLifetime = Lifetime(item, "valid_life_time"),
            PreferredLifetime = Lifetime(item, "preferred_life_time"),
        };
    }

    private int? IndexOf(string? name) => name is null ? null : _indexes.TryGetValue(name, out int index) ? index
        // A link of another namespace is printed as "if7".
        : name.StartsWith("if", StringComparison.Ordinal)
        && int.TryParse(name.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out index) ? index : null;

    private void LearnNames(JsonDocument document)
    {
        foreach (var item in Items(document))
        {
            if (Int(item, "ifindex") is { } index && IpJsonValues.Text(item, "ifname") is { } name)
            {
                _indexes[name] = index;
            }
        }
    }

    private static List<T> Each<T>(JsonDocument document, Func<JsonElement, T?> read)
        where T : class => [.. Items(document).Select(read).OfType<T>()];
}
