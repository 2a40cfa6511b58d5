using System.Globalization;
using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Addressing;

namespace K8sNetfilter.Links.Iproute2;

/// <summary>
/// Reads what ip(8) and bridge(8) print for people, as sos collects it. What has no place in an entry is passed over; a line that is no entry
/// is left out.
/// </summary>
public sealed class IpTextReader
{
    private const int LongestLine = 16 << 10;

    private static readonly char[] Blanks = [' ', '\t'];

    // Words of a route that stand alone; the others have a value behind them.
    private static readonly HashSet<string> Alone = ["onlink", "linkdown", "dead", "pervasive", "offload", "trap", "unresolved", "rt_offload", "rt_trap", "permanent", "router", "extern_learn", "sticky", "self"];

    private readonly Dictionary<string, int> _indexes = new(StringComparer.Ordinal);
    private readonly IReadOnlyDictionary<string, uint>? _tables;

    /// <summary>Reads the output of <c>ip -d address</c>, which tells the numbers of the names that the others use.</summary>
    /// <param name="addresses">The text.</param>
    /// <param name="tables">The names of the node's own routing tables; null where they are not known.</param>
    public IpTextReader(string addresses, IReadOnlyDictionary<string, uint>? tables = null)
    {
        _tables = tables;
        var links = new List<Link>();
        var found = new List<Address>();
        Link? link = null;
        var masters = new List<(int Link, string Master)>();
        var peers = new List<(int Link, string Peer)>();
        foreach (string[] words in Lines(addresses))
        {
            if (words.Length > 2 && words[0].EndsWith(':') && int.TryParse(words[0].AsSpan(0, words[0].Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int index))
            {
                Keep();
                string name = words[1].TrimEnd(':');
                int at = name.IndexOf('@', StringComparison.Ordinal);
                if (at > 0)
                {
                    peers.Add((index, name[(at + 1)..]));
                    name = name[..at];
                }

                string[] flags = words[2].Trim('<', '>').Split(',');
                _indexes[name] = index;
                link = new Link
                {
                    Index = index,
                    Name = name,
                    Mtu = Number(words, "mtu") ?? 0,
                    State = IpNames.StateOf(Value(words, "state") ?? ""),
                    IsUp = flags.Contains("UP"),
                    HasCarrier = flags.Contains("LOWER_UP"),
                    IsLoopback = flags.Contains("LOOPBACK"),
                    IsNoArp = flags.Contains("NOARP"),
                    IsPointToPoint = flags.Contains("POINTOPOINT"),
                    Group = Value(words, "group") is { } group ? IpWords.Group(group) : 0,
                    IsPromiscuous = flags.Contains("PROMISC"),
                };
                if (Value(words, "master") is { } master)
                {
                    masters.Add((index, master));
                }
            }
            else if (link is null || words.Length == 0)
            {
                continue;
            }
            else if (words[0].StartsWith("link/", StringComparison.Ordinal))
            {
                link = link with
                {
                    MacAddress = words.Length > 1 && words[1].Contains(':', StringComparison.Ordinal) ? words[1] : null,
                    PeerNamespaceId = Number(words, "link-netnsid"),
                    Promiscuity = Number(words, "promiscuity"),
                };
            }
            else if (words[0] is "inet" or "inet6" && words.Length > 1)
            {
                if (ToAddress(words, link.Index) is { } address)
                {
                    found.Add(address);
                }
            }
            else if (words[0] == "valid_lft" && found.Count > 0 && found[^1].LinkIndex == link.Index)
            {
                found[^1] = found[^1] with { ValidLifetime = Lifetime(Value(words, "valid_lft")), PreferredLifetime = Lifetime(Value(words, "preferred_lft")) };
            }
            else if (words[0] == "altname" && words.Length > 1)
            {
                link = link with { AlternativeNames = [.. link.AlternativeNames, words[1]] };
            }
            else if (words[0] == "alias")
            {
                link = link with { Alias = string.Join(' ', words.Skip(1)) };
            }
            else if (words[0] == "bridge_slave")
            {
                link = link with { Port = ToPort(words) };
            }
            else if (words[0] == "bridge")
            {
                link = link with { Kind = "bridge", Bridge = ToBridge(words) };
            }
            else if (link.Kind is null && char.IsAsciiLetter(words[0][0]) && !words[0].EndsWith("_slave", StringComparison.Ordinal) && words[0] is not ("numtxqueues" or "RX:" or "TX:" or "vf" or "parentbus"))
            {
                link = link with { Kind = words[0] };
            }
        }

        Keep();
        Links = [.. links.Select(l => l with
        {
            MasterIndex = masters.Find(m => m.Link == l.Index) is { Master: { } master } ? IndexOf(master) : null,
            PeerIndex = peers.Find(p => p.Link == l.Index) is { Peer: { } peer } ? IndexOf(peer) : null,
        })];
        Addresses = found;

        void Keep()
        {
            if (link is not null)
            {
                links.Add(link);
            }
        }
    }

    /// <summary>Takes the numbers of links by their names, where these were read from elsewhere.</summary>
    public void Learn(IEnumerable<Link> links)
    {
        ArgumentNullException.ThrowIfNull(links);
        foreach (var link in links)
        {
            _indexes.TryAdd(link.Name, link.Index);
        }
    }

    /// <summary>The links.</summary>
    public IReadOnlyList<Link> Links { get; }

    /// <summary>Their addresses.</summary>
    public IReadOnlyList<Address> Addresses { get; }

    /// <summary>Reads <c>ip route show table all</c>: the routes of one family, whichever the text has.</summary>
    public IReadOnlyList<Route> ReadRoutes(string text, IPFamily family)
    {
        ArgumentNullException.ThrowIfNull(text);
        var routes = new List<Route>();
        var own = family == IPFamily.IPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        foreach (string[] words in Lines(text))
        {
            if (words.Length == 0)
            {
                continue;
            }

            if (words[0] == "nexthop")
            {
                if (routes.Count > 0)
                {
                    routes[^1] = routes[^1] with { NextHops = [.. routes[^1].NextHops, new RouteNextHop(AddressOf(words, "via"), IndexOf(Value(words, "dev")) ?? 0, Number(words, "weight") ?? 1) { Flags = Flags(words) }] };
                }

                continue;
            }

            var kind = RouteKind.Unicast;
            int start = 0;
            if (IpNames.KindOf(words[0]) is { } given && !char.IsAsciiDigit(words[0][0]) && words.Length > 1)
            {
                kind = given;
                start = 1;
            }

            string[] rest = words[start..];
            // IPv6 routes end in "pref medium"; a default route that goes to a device alone tells by that only.
            bool isV6 = rest[0].Contains(':', StringComparison.Ordinal) || Value(rest, "pref") is not null
                || (AddressOf(rest, "via") ?? AddressOf(rest, "src"))?.AddressFamily == AddressFamily.InterNetworkV6;
            if (isV6 != (own == AddressFamily.InterNetworkV6) || IpWords.Network(rest[0], own) is not { } network)
            {
                continue;
            }

            var source = Value(rest, "from") is { } from && from != "all" ? IpWords.Network(from, own) : null;
            routes.Add(new Route
            {
                Family = own,
                Destination = network.Address,
                PrefixLength = network.Length,
                Table = Value(rest, "table") is { } table ? IpNames.TableOf(table, _tables) ?? 0 : 254,
                Kind = kind,
                Scope = Value(rest, "scope") is { } scope ? IpNames.ScopeOf(scope) ?? RouteScope.Global : RouteScope.Global,
                Protocol = Value(rest, "proto") is { } protocol ? IpNames.ProtocolOf(protocol) ?? 0 : (byte)3,
                Gateway = AddressOf(rest, "via"),
                LinkIndex = IndexOf(Value(rest, "dev")),
                PreferredSource = AddressOf(rest, "src"),
                Source = source?.Address,
                SourcePrefixLength = source?.Length ?? 0,
                Metric = Value(rest, "metric") is { } metric ? IpWords.Number(metric) ?? 0 : 0,
                TypeOfService = Value(rest, "tos") is { } tos && IpWords.Number(tos) is { } t and < 256 ? (byte)t : (byte)0,
                NextHopId = Value(rest, "nhid") is { } id ? IpWords.Number(id) : null,
                // "mtu lock 1400" is kept whatever a router says.
                Mtu = Number(rest, Value(rest, "mtu") == "lock" ? "lock" : "mtu"),
                Flags = Flags(rest),
            });
        }

        return routes;
    }

    /// <summary>Reads <c>ip rule list</c>: <c>32766: from all lookup main</c>.</summary>
    public IReadOnlyList<RoutingRule> ReadRules(string text, IPFamily family)
    {
        ArgumentNullException.ThrowIfNull(text);
        var rules = new List<RoutingRule>();
        var own = family == IPFamily.IPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        foreach (string[] words in Lines(text))
        {
            if (words.Length < 3 || !words[0].EndsWith(':') || !uint.TryParse(words[0].AsSpan(0, words[0].Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out uint priority))
            {
                continue;
            }

            uint? table = Value(words, "lookup") is { } t ? IpNames.TableOf(t, _tables) ?? 0 : null;
            string[]? mark = Value(words, "fwmark")?.Split('/');
            bool l3mdev = words.Contains("[l3mdev-table]");
            var action = table is not null || l3mdev ? RoutingRuleAction.Lookup
                : words.Contains("goto") ? RoutingRuleAction.Goto
                : words.Contains("blackhole") ? RoutingRuleAction.Blackhole
                : words.Contains("unreachable") ? RoutingRuleAction.Unreachable
                : words.Contains("prohibit") ? RoutingRuleAction.Prohibit
                : words.Contains("nop") ? RoutingRuleAction.Nop : RoutingRuleAction.Unspecified;
            var source = Value(words, "from") is { } from && from != "all" ? IpWords.Network(from, own) : null;
            var destination = Value(words, "to") is { } to && to != "all" ? IpWords.Network(to, own) : null;
            uint? mask = mark is [_, var bits, ..] ? IpWords.Number(bits) : uint.MaxValue;
            var rule = new RoutingRule
            {
                Family = own,
                Priority = priority,
                Action = action,
                Table = action == RoutingRuleAction.Lookup ? table ?? 0 : null,
                GotoPriority = Value(words, "goto") is { } target && uint.TryParse(target, out uint g) ? g : null,
                IsInverted = words[1] == "not",
                Source = source?.Address,
                SourcePrefixLength = source?.Length ?? 0,
                Destination = destination?.Address,
                DestinationPrefixLength = destination?.Length ?? 0,
                InInterface = Value(words, "iif"),
                OutInterface = Value(words, "oif"),
                Mark = mark is null || mask is null ? null : IpWords.Number(mark[0]),
                MarkMask = mark is null ? 0 : mask ?? 0,
                TypeOfService = Value(words, "tos") is { } tos && IpWords.Number(tos) is { } v and < 256 ? (byte)v : (byte)0,
                IPProtocol = Value(words, "ipproto") is { } proto && IPProtocolName.TryParse(proto, out byte number) ? number : null,
                SourcePorts = Ports(Value(words, "sport")),
                DestinationPorts = Ports(Value(words, "dport")),
                Users = Value(words, "uidrange")?.Split('-') is [{ } first, { } last] && uint.TryParse(first, out uint low) && uint.TryParse(last, out uint high) ? (low, high) : null,
                TunnelId = ulong.TryParse(Value(words, "tun_id"), NumberStyles.None, CultureInfo.InvariantCulture, out ulong tunnel) ? tunnel : null,
                OtherSelector = IpWords.OtherSelectors.FirstOrDefault(words.Contains),
                SuppressGroup = Value(words, "suppress_ifgroup") is { } group ? IpWords.Group(group) : null,
                SuppressPrefixLength = Number(words, "suppress_prefixlength"),
                IsL3Mdev = l3mdev,
            };
            string? unread = IpWords.UnreadSelector(rule, name => words.Contains(name) && Value(words, name) != "all");
            rules.Add(rule.OtherSelector is null && unread is not null ? rule with { OtherSelector = unread } : rule);
        }

        return rules;
    }

    /// <summary>Reads <c>ip neigh</c>: <c>10.0.0.1 dev eth0 lladdr 02:… REACHABLE</c>.</summary>
    public IReadOnlyList<Neighbor> ReadNeighbors(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return [.. Lines(text)
            .Where(w => w.Length > 2 && w.Contains("dev") && !w.Contains("proxy"))
            .Select(w => IPAddress.TryParse(w[0], out var address) && IndexOf(Value(w, "dev")) is { } link
                ? new Neighbor
                {
                    IPAddress = address,
                    LinkIndex = link,
                    MacAddress = Value(w, "lladdr"),
                    State = w.Where(s => char.IsAsciiLetterUpper(s[0])).Aggregate(NeighborState.None, (all, s) => all | IpNames.NeighborStateOf(s)),
                    IsRouter = w.Contains("router"),
                    IsExternallyLearned = w.Contains("extern_learn"),
                }
                : null)
            .OfType<Neighbor>()];
    }

    /// <summary>Reads <c>bridge fdb show</c>: <c>02:… dev veth1 master cni0 permanent</c>.</summary>
    public IReadOnlyList<ForwardingEntry> ReadForwardingEntries(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return [.. Lines(text)
            .Where(w => w.Length > 2 && w[0].Contains(':', StringComparison.Ordinal))
            .Select(w => IndexOf(Value(w, "dev")) is { } link
                ? new ForwardingEntry
                {
                    MacAddress = w[0],
                    LinkIndex = link,
                    BridgeIndex = IndexOf(Value(w, "master")),
                    VlanId = Number(w, "vlan"),
                    State = w.Contains("permanent") ? NeighborState.Permanent : w.Contains("static") ? NeighborState.NoArp : w.Contains("stale") ? NeighborState.Stale : NeighborState.Reachable,
                    RemoteAddress = AddressOf(w, "dst"),
                    IsSelf = w.Contains("self"),
                    IsExternallyLearned = w.Contains("extern_learn"),
                    IsSticky = w.Contains("sticky"),
                }
                : null)
            .OfType<ForwardingEntry>()];
    }

    private static Address? ToAddress(string[] words, int index)
    {
        var family = words[0] == "inet6" ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        // "inet 10.0.0.1 peer 10.0.0.2/32": the prefix is the other end's.
        string own = words[1], peer = Value(words, "peer") ?? "";
        var other = IpWords.Network(peer, family);
        if (IpWords.Network(own, family) is not { } network)
        {
            return null;
        }

        string last = words[^1];
        return new Address
        {
            IPAddress = network.Address,
            PrefixLength = other?.Length ?? network.Length,
            LinkIndex = index,
            Peer = other?.Address,
            Broadcast = AddressOf(words, "brd"),
            Scope = Value(words, "scope") is { } scope ? IpNames.ScopeOf(scope) ?? RouteScope.Global : RouteScope.Global,
            Flags = words.Aggregate(words.Contains("dynamic") ? 0 : IpNames.PermanentAddress, (all, word) => all | IpNames.AddressFlagOf(word)),
            Label = family == AddressFamily.InterNetwork ? last : null,
        };
    }

    private static BridgeSettings ToBridge(string[] words) => IpWords.Bridge(name => Switch(words, name), Number(words, "ageing_time"));

    private static BridgePortSettings ToPort(string[] words) => IpWords.Port(name => Switch(words, name), Value(words, "state"));

    private int? IndexOf(string? name) => name is null ? null : _indexes.TryGetValue(name, out int index) ? index
        : name.StartsWith("if", StringComparison.Ordinal) && int.TryParse(name.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out index) ? index : null;

    private static IEnumerable<string[]> Lines(string text)
    {
        for (int start = 0; start < text.Length;)
        {
            int end = text.IndexOf('\n', start);
            end = end < 0 ? text.Length : end;
            var line = text.AsSpan(start, end - start).TrimEnd('\r').TrimEnd('\\');
            start = end + 1;
            yield return (line.Length > LongestLine ? line[..LongestLine] : line).ToString().Split(Blanks, StringSplitOptions.RemoveEmptyEntries);
        }
    }

    private static string? Value(string[] words, string key)
    {
        int i = Array.IndexOf(words, key);
        return i >= 0 && i + 1 < words.Length && !Alone.Contains(words[i + 1]) ? words[i + 1] : null;
    }

    private static IPAddress? AddressOf(string[] words, string key)
    {
        string? text = Value(words, key);
        // "via inet6 fe80::1": a gateway of the other family.
        text = text is "inet" or "inet6" ? Value(words, text) : text;
        return text is not null && IPAddress.TryParse(text, out var address) ? address : null;
    }

    private static int? Number(string[] words, string key) => int.TryParse(Value(words, key), NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : null;

    private static bool? Switch(string[] words, string key) => Value(words, key) switch { "on" or "1" => true, "off" or "0" => false, _ => null };

    private static uint Flags(string[] words) => words.Aggregate(0u, (all, word) => all | IpNames.HopFlagOf(word));

    private static TimeSpan? Lifetime(string? text) => uint.TryParse(text?.Replace("sec", "", StringComparison.Ordinal), out uint seconds) ? TimeSpan.FromSeconds(seconds) : null;

    private static (ushort From, ushort To)? Ports(string? text)
    {
        string[]? parts = text?.Split('-');
        return parts is not null && ushort.TryParse(parts[0], out ushort from) && ushort.TryParse(parts[^1], out ushort to) ? (from, to) : null;
    }
}
