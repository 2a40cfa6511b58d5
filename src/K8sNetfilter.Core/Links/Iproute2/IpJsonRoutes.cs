using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using K8sNetfilter.Addressing;
using static K8sNetfilter.Links.Iproute2.IpJsonValues;

namespace K8sNetfilter.Links.Iproute2;

/// <summary>Routes and the rules of the routing policy, as <c>ip -j</c> prints them.</summary>
/// <param name="tables">The names of the node's own routing tables; null where they are not known.</param>
/// <param name="indexOf">The number of a link by its name.</param>
internal sealed class IpJsonRoutes(IReadOnlyDictionary<string, uint>? tables, Func<string?, int?> indexOf)
{
    /// <summary>Reads a route.</summary>
    public Route? Route(JsonElement item, IPFamily asked)
    {
        if (IpJsonValues.Text(item, "dst") is not { } dst)
        {
            return null;
        }

        var gateway = Gateway(item, out var gatewayFamily);
        var preferred = AddressOf(item, "prefsrc");
        // "pref" (RTA_PREF) is IPv6's. A default route without an address of its own is else of the family that was asked for.
        var family = asked == IPFamily.IPv6 ? AddressFamily.InterNetworkV6
            : asked == IPFamily.IPv4 ? AddressFamily.InterNetwork
            : Has(item, "pref") ? AddressFamily.InterNetworkV6
            : dst.Contains(':', StringComparison.Ordinal) || preferred?.AddressFamily == AddressFamily.InterNetworkV6
            || gatewayFamily == AddressFamily.InterNetworkV6
                ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        if (IpWords.Network(dst, family) is not { } network)
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
                    hops.Add(new RouteNextHop(Gateway(hop, out _), indexOf(IpJsonValues.Text(hop, "dev")) ?? 0, Int(hop, "weight")
                        ?? 1) { Flags = Flags(hop) });
                }
            }
        }

        string? sourceText = IpJsonValues.Text(item, "from");
        var source = sourceText is null or "default" or "all" ? null : IpWords.Network(sourceText, family);
        var kind = IpJsonValues.Text(item, "type") is { } type ? IpNames.KindOf(type) ?? RouteKind.Unspecified : RouteKind.Unicast;
        return new Route
        {
            Family = family,
            Destination = network.Address,
            PrefixLength = network.Length,
            Table = IpJsonValues.Text(item, "table") is { } table ? IpNames.TableOf(table, tables) ?? 0 : 254,
            Kind = kind,
            // Without -d a scope that follows from the kind is left out.
            Scope = IpJsonValues.Text(item, "scope") is { } scope ? IpNames.ScopeOf(scope) ?? RouteScope.Global : RouteScope.Global,
            Protocol = IpJsonValues.Text(item, "protocol") is { } protocol ? IpNames.ProtocolOf(protocol) ?? 0 : (byte)3,
            TypeOfService = IpJsonValues.Text(item, "tos") is { } tos ? IpWords.Number(tos) is { } t and < 256
            ? (byte)t : (byte)0 : (byte)0,
            Gateway = gateway,
            LinkIndex = indexOf(IpJsonValues.Text(item, "dev")),
            PreferredSource = preferred,
            Source = source?.Address,
            SourcePrefixLength = source?.Length ?? 0,
            Metric = Unsigned(item, "metric") ?? 0,
            Mtu = TryGet(item, "metrics", out var metrics) && metrics.ValueKind == JsonValueKind.Array
                ? metrics.EnumerateArray().Where(m => m.ValueKind == JsonValueKind.Object).Select(m => Int(m, "mtu"))
                .FirstOrDefault(m => m > 0) : null,
            NextHops = [.. hops],
            NextHopId = Unsigned(item, "nhid"),
            Flags = Flags(item),
        };
    }

    /// <summary>Reads a rule of the routing policy.</summary>
    public RoutingRule? Rule(JsonElement item, AddressFamily family)
    {
        if (Unsigned(item, "priority") is not { } priority)
        {
            return null;
        }

        uint? mask = IpJsonValues.Text(item, "fwmask") is { } bits ? IpWords.Number(bits) : uint.MaxValue;
        uint? mark = mask is not null && IpJsonValues.Text(item, "fwmark") is { } m ? IpWords.Number(m) : null;
        uint? table = IpJsonValues.Text(item, "table") is { } t ? IpNames.TableOf(t, tables) ?? 0 : null;
        uint? target = Unsigned(item, "goto");
        bool l3mdev = Has(item, "l3mdev");
        var action = target is not null || Has(item, "goto") ? RoutingRuleAction.Goto
            : Has(item, "nop") ? RoutingRuleAction.Nop
            : IpJsonValues.Text(item, "action") switch
            {
                "blackhole" => RoutingRuleAction.Blackhole,
                "unreachable" => RoutingRuleAction.Unreachable,
                "prohibit" => RoutingRuleAction.Prohibit,
                "nop" => RoutingRuleAction.Nop,
                _ => table is not null || l3mdev ? RoutingRuleAction.Lookup : RoutingRuleAction.Unspecified,
            };
        var source = End("src", "srclen");
        var destination = End("dst", "dstlen");
        var rule = new RoutingRule
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
            InInterface = IpJsonValues.Text(item, "iif"),
            OutInterface = IpJsonValues.Text(item, "oif"),
            Mark = mark,
            MarkMask = mark is null ? 0 : mask!.Value,
            TypeOfService = IpJsonValues.Text(item, "tos") is { } tos && IpWords.Number(tos) is { } v and < 256 ? (byte)v : (byte)0,
            IPProtocol = IpJsonValues.Text(item, "ipproto") is { } proto && IPProtocolName.TryParse(proto, out byte number) ? number : null,
            SourcePorts = Ports("sport"),
            DestinationPorts = Ports("dport"),
            Users = Unsigned(item, "uid_start") is { } first && Unsigned(item, "uid_end") is { } last ? (first, last) : null,
            TunnelId = IpJsonValues.Text(item, "tun_id") is { } tunnel
            && ulong.TryParse(tunnel, NumberStyles.None, CultureInfo.InvariantCulture, out ulong id) ? id : null,
            OtherSelector = IpWords.OtherSelectors.FirstOrDefault(name => Has(item, name)),
            SuppressGroup = IpJsonValues.Text(item, "suppress_ifgroup") is { } group ? IpWords.Group(group) : null,
            SuppressPrefixLength = Int(item, "suppress_prefixlen"),
            IsL3Mdev = l3mdev,
        };
        return rule.OtherSelector is null && IpWords.UnreadSelector(rule, HasSelector) is { } unread
            ? rule with { OtherSelector = unread } : rule;

        bool HasSelector(string name) => name switch
        {
            "from" => Has(item, "src") && IpJsonValues.Text(item, "src") != "all",
            "to" => Has(item, "dst") && IpJsonValues.Text(item, "dst") != "all",
            "sport" or "dport" => Has(item, name) || Has(item, name + "_start"),
            "uidrange" => Has(item, "uid_start"),
            _ => Has(item, name),
        };

        (IPAddress Address, int Length)? End(string name, string length) =>
            IpJsonValues.Text(item, name) is { } text and not "all" && IpWords.Network(text, family) is { } network
                ? (network.Address, Int(item, length) is { } l && l >= 0 && l <= network.Length ? l : network.Length) : null;

        (ushort From, ushort To)? Ports(string name) =>
            Int(item, name) is { } one and >= 0 and <= ushort.MaxValue ? ((ushort)one, (ushort)one)
            : Int(item, name + "_start") is { } from and >= 0 and <= ushort.MaxValue
            && Int(item, name + "_end") is { } to and >= 0 and <= ushort.MaxValue
                ? ((ushort)from, (ushort)to) : null;
    }

    private static uint Flags(JsonElement item) => Words(item, "flags").Aggregate(0u, (all, word) => all | IpNames.HopFlagOf(word));

    private static IPAddress? Gateway(JsonElement item, out AddressFamily? family)
    {
        IPAddress? gateway = AddressOf(item, "gateway");
        family = gateway?.AddressFamily;
        // "via": {"family":"inet6","host":"fe80::1"} is a gateway of the other family.
        return gateway ?? (TryGet(item, "via", out var via) && via.ValueKind == JsonValueKind.Object ? AddressOf(via, "host") : null);
    }
}
