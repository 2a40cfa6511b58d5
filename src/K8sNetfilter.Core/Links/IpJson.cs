using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using K8sNetfilter.Packets;

namespace K8sNetfilter.Links;

/// <summary>
/// Reads what ip(8) and bridge(8) print with <c>-j</c>. A key that is not known is passed over, an entry that lacks what makes it one is left
/// out. A tool that has nothing to say prints an empty list or nothing at all.
/// </summary>
public sealed class IpJson
{
    private readonly Dictionary<string, int> _indexes = new(StringComparer.Ordinal);
    private readonly IReadOnlyDictionary<string, uint>? _tables;
    private readonly int _maxDepth;

    /// <summary>Makes a reader.</summary>
    /// <param name="tables">The names of the node's own routing tables (/etc/iproute2/rt_tables); null where they are not known.</param>
    /// <param name="maxDepth">The deepest nesting that is read.</param>
    public IpJson(IReadOnlyDictionary<string, uint>? tables = null, int maxDepth = 32)
    {
        _tables = tables;
        _maxDepth = maxDepth;
    }

    /// <summary>Reads the text of rt_tables.</summary>
    public static IReadOnlyDictionary<string, uint> ReadTables(string text) => IpNames.ReadTables(text);

    /// <summary>Reads <c>ip -j -d link</c>, which also tells the numbers of the names that the others use.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public IReadOnlyList<Link> ReadLinks(ReadOnlyMemory<byte> json)
    {
        using var document = Parse(json);
        LearnNames(document);
        return Each(document, ToLink);
    }

    /// <summary>Reads <c>ip -j addr</c>.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public IReadOnlyList<Address> ReadAddresses(ReadOnlyMemory<byte> json)
    {
        using var document = Parse(json);
        LearnNames(document);
        var found = new List<Address>();
        foreach (var link in Items(document))
        {
            if (Int(link, "ifindex") is not { } index || !TryGet(link, "addr_info", out var list) || list.ValueKind != JsonValueKind.Array)
            {
                continue;
            }

            foreach (var item in list.EnumerateArray())
            {
                if (item.ValueKind == JsonValueKind.Object && ToAddress(item, index) is { } address)
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
        using var document = Parse(json);
        return Each(document, item => ToRoute(item, family));
    }

    /// <summary>Reads <c>ip -j rule</c>.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public IReadOnlyList<RoutingRule> ReadRules(ReadOnlyMemory<byte> json, IPFamily family)
    {
        using var document = Parse(json);
        return Each(document, item => ToRule(item, family == IPFamily.IPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork));
    }

    /// <summary>Reads <c>ip -j neigh</c>.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public IReadOnlyList<Neighbor> ReadNeighbors(ReadOnlyMemory<byte> json)
    {
        using var document = Parse(json);
        return Each(document, item => Text(item, "dst") is { } dst && IPAddress.TryParse(dst, out var address) && IndexOf(Text(item, "dev")) is { } link
            ? new Neighbor
            {
                IPAddress = address,
                LinkIndex = link,
                MacAddress = Text(item, "lladdr"),
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
        using var document = Parse(json);
        return Each(document, item =>
        {
            if (Text(item, "mac") is not { } mac || IndexOf(Text(item, "ifname")) is not { } link)
            {
                return null;
            }

            var flags = Words(item, "flags").ToList();
            return new ForwardingEntry
            {
                MacAddress = mac,
                LinkIndex = link,
                BridgeIndex = IndexOf(Text(item, "master")),
                VlanId = Int(item, "vlan"),
                State = IpNames.ForwardingStateOf(Text(item, "state") ?? ""),
                RemoteAddress = Text(item, "dst") is { } dst && IPAddress.TryParse(dst, out var remote) ? remote : null,
                IsSelf = flags.Contains("self"),
                IsExternallyLearned = flags.Contains("extern_learn"),
                IsSticky = flags.Contains("sticky"),
            };
        });
    }

    /// <summary>Reads <c>ip -j netns list</c>, and the further keys that Export-NodeSnapshot adds to it: this namespace's id for each, and whose it is.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public IReadOnlyList<(int? Id, Namespaces.NetworkNamespaceInfo Namespace)> ReadNamespaces(ReadOnlyMemory<byte> json)
    {
        using var document = Parse(json);
        var found = new List<(int?, Namespaces.NetworkNamespaceInfo)>();
        foreach (var item in Items(document))
        {
            string? name = Text(item, "name");
            int? pid = Int(item, "pid");
            string? path = Text(item, "path") ?? (name is not null ? "/run/netns/" + name : pid is not null ? string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/ns/net") : null);
            if (path is null)
            {
                continue;
            }

            found.Add((Int(item, "id") ?? Int(item, "nsid"), new Namespaces.NetworkNamespaceInfo
            {
                Inode = TryGet(item, "inode", out var inode) && inode.ValueKind == JsonValueKind.Number && inode.TryGetUInt64(out ulong n) ? n : 0,
                Name = name,
                Path = path,
                Pid = pid,
                ContainerId = Text(item, "container"),
                PodUid = Text(item, "pod"),
            }));
        }

        return found;
    }

    private Link? ToLink(JsonElement item)
    {
        if (Int(item, "ifindex") is not { } index || Text(item, "ifname") is not { } name)
        {
            return null;
        }

        var flags = Words(item, "flags").ToHashSet(StringComparer.Ordinal);
        var info = TryGet(item, "linkinfo", out var given) && given.ValueKind == JsonValueKind.Object ? given : default;
        bool hasInfo = info.ValueKind == JsonValueKind.Object;
        string? kind = hasInfo ? Text(info, "info_kind") : null;
        return new Link
        {
            Index = index,
            Name = name,
            Kind = kind,
            MacAddress = Text(item, "address"),
            Mtu = Int(item, "mtu") ?? 0,
            State = IpNames.StateOf(Text(item, "operstate") ?? ""),
            IsUp = flags.Contains("UP"),
            HasCarrier = flags.Contains("LOWER_UP"),
            IsLoopback = flags.Contains("LOOPBACK"),
            IsPromiscuous = flags.Contains("PROMISC"),
            Promiscuity = Int(item, "promiscuity"),
            MasterIndex = IndexOf(Text(item, "master")),
            PeerIndex = Int(item, "link_index") is > 0 and var other ? other : IndexOf(Text(item, "link")),
            PeerNamespaceId = Int(item, "link_netnsid"),
            Alias = Text(item, "ifalias"),
            AlternativeNames = [.. Words(item, "altnames")],
            Bridge = kind == "bridge" ? ToBridge(info) : null,
            Port = hasInfo && Text(info, "info_slave_kind") == "bridge" ? ToPort(info) : null,
        };
    }

    private static BridgeSettings ToBridge(JsonElement info) => TryGet(info, "info_data", out var data) && data.ValueKind == JsonValueKind.Object
        ? IpWords.Bridge(name => Switch(data, name), Int(data, "ageing_time")) : new BridgeSettings();

    private static BridgePortSettings ToPort(JsonElement info) => TryGet(info, "info_slave_data", out var data) && data.ValueKind == JsonValueKind.Object
        ? IpWords.Port(name => Switch(data, name), Text(data, "state")) : new BridgePortSettings();

    private static Address? ToAddress(JsonElement item, int index)
    {
        if (Text(item, "local") is not { } text || !IPAddress.TryParse(text, out var local) || Int(item, "prefixlen") is not { } length
            || length < 0 || length > (local.AddressFamily == AddressFamily.InterNetwork ? 32 : 128))
        {
            return null;
        }

        uint flags = Has(item, "dynamic") ? 0 : IpNames.PermanentAddress;
        foreach (var property in item.EnumerateObject())
        {
            flags |= property.Value.ValueKind is JsonValueKind.True or JsonValueKind.Null ? IpNames.AddressFlagOf(NameOf(property) ?? "") : 0;
        }

        return new Address
        {
            IPAddress = local,
            PrefixLength = length,
            LinkIndex = index,
            Peer = Text(item, "address") is { } peer && IPAddress.TryParse(peer, out var other) && !other.Equals(local) ? other : null,
            Broadcast = Text(item, "broadcast") is { } all && IPAddress.TryParse(all, out var broadcast) ? broadcast : null,
            Scope = Text(item, "scope") is { } scope ? IpNames.ScopeOf(scope) ?? RouteScope.Global : RouteScope.Global,
            Flags = flags,
            Label = Text(item, "label"),
            ValidLifetime = Lifetime(item, "valid_life_time"),
            PreferredLifetime = Lifetime(item, "preferred_life_time"),
        };
    }

    private Route? ToRoute(JsonElement item, IPFamily asked)
    {
        if (Text(item, "dst") is not { } dst)
        {
            return null;
        }

        var gateway = Gateway(item, out var gatewayFamily);
        var preferred = AddressOf(item, "prefsrc");
        // "pref" (RTA_PREF) is IPv6's. A default route without an address of its own is else of the family that was asked for.
        var family = asked == IPFamily.IPv6 ? AddressFamily.InterNetworkV6
            : asked == IPFamily.IPv4 ? AddressFamily.InterNetwork
            : Has(item, "pref") ? AddressFamily.InterNetworkV6
            : dst.Contains(':', StringComparison.Ordinal) || preferred?.AddressFamily == AddressFamily.InterNetworkV6 || gatewayFamily == AddressFamily.InterNetworkV6
                ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        if (Network(dst, family) is not { } network)
        {
            return null;
        }

        var hops = new List<RouteNextHop>();
        if (TryGet(item, "nexthops", out var list) && list.ValueKind == JsonValueKind.Array)
        {
            foreach (var hop in list.EnumerateArray())
            {
                if (hop.ValueKind == JsonValueKind.Object)
                {
                    hops.Add(new RouteNextHop(Gateway(hop, out _), IndexOf(Text(hop, "dev")) ?? 0, Int(hop, "weight") ?? 1));
                }
            }
        }

        string? sourceText = Text(item, "from");
        var source = sourceText is null or "default" or "all" ? null : Network(sourceText, family);
        var kind = Text(item, "type") is { } type ? IpNames.KindOf(type) ?? RouteKind.Unspecified : RouteKind.Unicast;
        return new Route
        {
            Family = family,
            Destination = network.Address,
            PrefixLength = network.Length,
            Table = Text(item, "table") is { } table ? IpNames.TableOf(table, _tables) ?? 0 : 254,
            Kind = kind,
            // Without -d a scope that follows from the kind is left out.
            Scope = Text(item, "scope") is { } scope ? IpNames.ScopeOf(scope) ?? RouteScope.Global : RouteScope.Global,
            Protocol = Text(item, "protocol") is { } protocol ? IpNames.ProtocolOf(protocol) ?? 0 : (byte)3,
            TypeOfService = Text(item, "tos") is { } tos ? ParseNumber(tos) is { } t and < 256 ? (byte)t : (byte)0 : (byte)0,
            Gateway = gateway,
            LinkIndex = IndexOf(Text(item, "dev")),
            PreferredSource = preferred,
            Source = source?.Address,
            SourcePrefixLength = source?.Length ?? 0,
            Metric = Unsigned(item, "metric") ?? 0,
            NextHops = [.. hops],
            NextHopId = Unsigned(item, "nhid"),
            Flags = Words(item, "flags").Aggregate(0u, (all, word) => all | IpNames.HopFlagOf(word)),
        };
    }

    private RoutingRule? ToRule(JsonElement item, AddressFamily family)
    {
        if (Unsigned(item, "priority") is not { } priority)
        {
            return null;
        }

        uint? mark = Text(item, "fwmark") is { } m ? ParseNumber(m) : null;
        uint? table = Text(item, "table") is { } t ? IpNames.TableOf(t, _tables) ?? 0 : null;
        uint? target = Unsigned(item, "goto");
        bool l3mdev = Has(item, "l3mdev");
        var action = target is not null || Has(item, "goto") ? RoutingRuleAction.Goto
            : Has(item, "nop") ? RoutingRuleAction.Nop
            : Text(item, "action") switch
            {
                "blackhole" => RoutingRuleAction.Blackhole,
                "unreachable" => RoutingRuleAction.Unreachable,
                "prohibit" => RoutingRuleAction.Prohibit,
                "nop" => RoutingRuleAction.Nop,
                _ => table is not null || l3mdev ? RoutingRuleAction.Lookup : RoutingRuleAction.Unspecified,
            };
        var source = End("src", "srclen");
        var destination = End("dst", "dstlen");
        return new RoutingRule
        {
            Family = family,
            Priority = priority,
            Action = action,
            Table = action == RoutingRuleAction.Lookup ? table ?? 0 : null,
            GotoPriority = action == RoutingRuleAction.Goto ? target : null,
            IsInverted = Has(item, "not"),
            Source = source?.Address,
            SourcePrefixLength = source?.Length ?? 0,
            Destination = destination?.Address,
            DestinationPrefixLength = destination?.Length ?? 0,
            InInterface = Text(item, "iif"),
            OutInterface = Text(item, "oif"),
            Mark = mark,
            MarkMask = mark is null ? 0 : Text(item, "fwmask") is { } mask ? ParseNumber(mask) ?? uint.MaxValue : uint.MaxValue,
            TypeOfService = Text(item, "tos") is { } tos && ParseNumber(tos) is { } v and < 256 ? (byte)v : (byte)0,
            IPProtocol = Text(item, "ipproto") is { } proto && IPProtocolName.TryParse(proto, out byte number) ? number : null,
            SourcePorts = Ports("sport"),
            DestinationPorts = Ports("dport"),
            SuppressPrefixLength = Int(item, "suppress_prefixlen"),
            IsL3Mdev = l3mdev,
        };

        (IPAddress Address, int Length)? End(string name, string length) =>
            Text(item, name) is { } text and not "all" && Network(text, family) is { } network
                ? (network.Address, Int(item, length) is { } l && l >= 0 && l <= network.Length ? l : network.Length) : null;

        (ushort From, ushort To)? Ports(string name) =>
            Int(item, name) is { } one and >= 0 and <= ushort.MaxValue ? ((ushort)one, (ushort)one)
            : Int(item, name + "_start") is { } from and >= 0 and <= ushort.MaxValue && Int(item, name + "_end") is { } to and >= 0 and <= ushort.MaxValue
                ? ((ushort)from, (ushort)to) : null;
    }

    private int? IndexOf(string? name) => name is null ? null : _indexes.TryGetValue(name, out int index) ? index
        // A link of another namespace is printed as "if7".
        : name.StartsWith("if", StringComparison.Ordinal) && int.TryParse(name.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out index) ? index : null;

    private void LearnNames(JsonDocument document)
    {
        foreach (var item in Items(document))
        {
            if (Int(item, "ifindex") is { } index && Text(item, "ifname") is { } name)
            {
                _indexes[name] = index;
            }
        }
    }

    private static IPAddress? Gateway(JsonElement item, out AddressFamily? family)
    {
        IPAddress? gateway = AddressOf(item, "gateway");
        family = gateway?.AddressFamily;
        // "via": {"family":"inet6","host":"fe80::1"} is a gateway of the other family.
        return gateway ?? (TryGet(item, "via", out var via) && via.ValueKind == JsonValueKind.Object ? AddressOf(via, "host") : null);
    }

    private static IPAddress? AddressOf(JsonElement item, string name) => Text(item, name) is { } text && IPAddress.TryParse(text, out var address) ? address : null;

    internal static (IPAddress Address, int Length)? Network(string text, AddressFamily family)
    {
        int longest = family == AddressFamily.InterNetwork ? 32 : 128;
        if (text == "default")
        {
            return (family == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        }

        int slash = text.IndexOf('/', StringComparison.Ordinal);
        int length = longest;
        return IPAddress.TryParse(slash < 0 ? text : text[..slash], out var address) && address.AddressFamily == family
            && (slash < 0 || (int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length) && length <= longest))
            ? (address, length) : null;
    }

    private static TimeSpan? Lifetime(JsonElement item, string name) => Unsigned(item, name) is { } seconds and not uint.MaxValue ? TimeSpan.FromSeconds(seconds) : null;

    private JsonDocument Parse(ReadOnlyMemory<byte> json) =>
        JsonDocument.Parse(json.Span.Trim(" \t\r\n"u8).IsEmpty ? "[]"u8.ToArray() : json, new JsonDocumentOptions { MaxDepth = _maxDepth, AllowTrailingCommas = true });

    private static IEnumerable<JsonElement> Items(JsonDocument document) =>
        document.RootElement.ValueKind == JsonValueKind.Array ? document.RootElement.EnumerateArray().Where(i => i.ValueKind == JsonValueKind.Object)
            : throw new JsonException("it is not a list");

    private static List<T> Each<T>(JsonDocument document, Func<JsonElement, T?> read)
        where T : class => [.. Items(document).Select(read).OfType<T>()];

    private static bool Has(JsonElement item, string name) => TryGet(item, name, out var value) && value.ValueKind != JsonValueKind.False;

    private static string? Text(JsonElement item, string name) => !TryGet(item, name, out var value) ? null
        : value.ValueKind == JsonValueKind.String ? StringOf(value) : value.ValueKind == JsonValueKind.Number ? value.GetRawText() : null;

    private static IEnumerable<string> Words(JsonElement item, string name) => TryGet(item, name, out var list) && list.ValueKind == JsonValueKind.Array
        ? list.EnumerateArray().Where(w => w.ValueKind == JsonValueKind.String).Select(StringOf).OfType<string>() : [];

    // A lone half of a surrogate pair, "\ud800", is a string, or a name, that has no text: what has one there is passed over.
    private static string? StringOf(JsonElement value) => OrNull(() => value.GetString());

    private static string? NameOf(JsonProperty property) => OrNull(() => property.Name);

    private static string? OrNull(Func<string?> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static bool TryGet(JsonElement item, string name, out JsonElement value)
    {
        try
        {
            return item.TryGetProperty(name, out value);
        }
        catch (InvalidOperationException)
        {
            value = default;
            return false;
        }
    }

    private static bool? Switch(JsonElement item, string name) => !TryGet(item, name, out var value) ? null : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => value.TryGetInt64(out long n) ? n != 0 : null,
        _ => null,
    };

    private static int? Int(JsonElement item, string name) =>
        TryGet(item, name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int n) ? n : null;

    private static uint? Unsigned(JsonElement item, string name) =>
        TryGet(item, name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetUInt32(out uint n) ? n : null;

    internal static uint? ParseNumber(string text) => text.StartsWith("0x", StringComparison.Ordinal)
        ? uint.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint hex) ? hex : null
        : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint n) ? n : null;
}
