using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using K8sNetfilter.IO;
using K8sNetfilter.Links;
using K8sNetfilter.Namespaces;
using K8sNetfilter.Nodes;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Links;

// What rtnetlink gave us and what it gave ip(8) and bridge(8), field by field.
public sealed class LinksAgainstToolsTests
{
    private static void NoWarning(string text) => Assert.Fail(text);

    private static ILinkSource Source(NetworkNamespace space) => new LiveNode(KernelRoot.Live, space).Links;

    private static string? Text(JsonElement item, string name) => item.TryGetProperty(name, out var value) ? value.ToString() : null;

    private static int? Number(JsonElement item, string name) => item.TryGetProperty(name, out var value) ? value.GetInt32() : null;

    // ip writes 1 and 0 in some versions and true and false in others.
    private static bool? Switch(JsonElement item, string name) =>
        !item.TryGetProperty(name, out var value) ? null : value.ValueKind == JsonValueKind.Number ? value.GetInt32() != 0 : value.GetBoolean();

    private static string[] Flags(JsonElement item) => item.TryGetProperty("flags", out var flags) ? [.. flags.EnumerateArray().Select(f => f.GetString()!)] : [];

    private static string Field(string name, object? value) => $"{name}={Convert.ToString(value, CultureInfo.InvariantCulture)}";

    private static NodeFixture Busy()
    {
        var node = new NodeFixture(3);
        node.Link.SetBridge("cni0", new BridgeSettings { NfCallIptables = true, NfCallArptables = true });
        node.Link.SetBridgePort("veth0", new BridgePortSettings { Hairpin = true, UnicastFlood = false });
        node.Link.SetBridgePort("veth1", new BridgePortSettings { Isolated = true, Learning = false, MulticastFlood = false, NeighborSuppression = true });
        node.Link.SetPromiscuous("cni0", true);
        node.Link.SetPromiscuous("veth2", true);
        node.Link.SetUp("veth2", false);
        Tool.Run(node.Node, "ip link set dev veth0 alias the\u00e4pod");
        Tool.Run(node.Node, "ip link property add dev veth0 altname another-name-that-is-long");
        Tool.Run(node.Node, "ip link add vethx mtu 1400 type veth peer name vethy");
        Tool.Run(node.Node, "ip link add mv0 link vethx type macvlan mode bridge");
        Tool.Run(node.Node, "ip link add vx0 type vxlan id 7 dstport 4789 local 10.244.0.1 learning");
        Tool.Run(node.Node, "ip addr add 192.0.2.7/32 peer 192.0.2.8 dev vethx");
        Tool.Run(node.Node, "ip addr add 192.0.2.9/24 dev vethx valid_lft 1000 preferred_lft 900");
        Tool.Run(node.Node, "ip addr add 2001:db8::7/64 dev vethx valid_lft 1000 preferred_lft 0");
        Tool.Run(node.Node, "ip link set dev vethx up");
        Tool.Run(node.Node, "ip link set dev vethy up");
        return node;
    }

    [Fact]
    public void Links_are_those_of_ip()
    {
        using var node = Busy();
        var expected = Tool.Json(node.Node, "ip -j -d link").ToDictionary(l => l.GetProperty("ifindex").GetInt32());
        var links = Source(node.Node).ReadLinks(NoWarning, default)!;
        var names = links.ToDictionary(l => l.Index, l => l.Name);
        Assert.Equal(expected.Keys.Order(), links.Select(l => l.Index).Order());
        foreach (var link in links)
        {
            var ip = expected[link.Index];
            var info = ip.TryGetProperty("linkinfo", out var i) ? i : default;
            bool hasInfo = info.ValueKind == JsonValueKind.Object;
            var bridge = hasInfo && Text(info, "info_kind") == "bridge" ? info.GetProperty("info_data") : default;
            var port = hasInfo && Text(info, "info_slave_kind") == "bridge" ? info.GetProperty("info_slave_data") : default;
            Assert.Equal(
                new[]
                {
                    Field("name", Text(ip, "ifname")), Field("kind", hasInfo ? Text(info, "info_kind") : null), Field("mtu", Number(ip, "mtu")),
                    Field("state", Text(ip, "operstate")!.Replace("LAYER", "", StringComparison.Ordinal)), Field("up", Flags(ip).Contains("UP")),
                    Field("carrier", Flags(ip).Contains("LOWER_UP")), Field("promisc", Flags(ip).Contains("PROMISC")), Field("promiscuity", Number(ip, "promiscuity")),
                    Field("loopback", Flags(ip).Contains("LOOPBACK")), Field("master", Text(ip, "master")), Field("alias", Text(ip, "ifalias")),
                    Field("altnames", ip.TryGetProperty("altnames", out var alt) ? string.Join(',', alt.EnumerateArray()) : ""), Field("netnsid", Number(ip, "link_netnsid")),
                    Field("address", Text(ip, "link_type") == "ipip" ? null : Text(ip, "address")),
                },
                new[]
                {
                    Field("name", link.Name), Field("kind", link.Kind), Field("mtu", link.Mtu), Field("state", State(link.State)), Field("up", link.IsUp),
                    Field("carrier", link.HasCarrier), Field("promisc", link.IsPromiscuous), Field("promiscuity", link.Promiscuity),
                    Field("loopback", link.IsLoopback), Field("master", link.MasterIndex is { } m ? names[m] : null), Field("alias", link.Alias),
                    Field("altnames", string.Join(',', link.AlternativeNames)), Field("netnsid", link.PeerNamespaceId),
                    Field("address", Text(ip, "link_type") == "ipip" ? null : link.MacAddress),
                });
            // ip gives the other end's name where it is in the same namespace, else its number.
            string? peer = Text(ip, "link") is { } name && name != "none" ? name : null;
            Assert.Equal(peer ?? Number(ip, "link_index")?.ToString(CultureInfo.InvariantCulture), peer is null ? link.PeerIndex?.ToString(CultureInfo.InvariantCulture) : names[link.PeerIndex!.Value]);
            Assert.Equal(bridge.ValueKind == JsonValueKind.Object, link.Bridge is not null);
            Assert.Equal(port.ValueKind == JsonValueKind.Object, link.Port is not null);
            if (link.Bridge is { } b)
            {
                Assert.Equal(
                    (Switch(bridge, "nf_call_iptables"), Switch(bridge, "nf_call_ip6tables"), Switch(bridge, "nf_call_arptables"), Switch(bridge, "vlan_filtering"),
                        Switch(bridge, "stp_state"), Switch(bridge, "mcast_snooping"), bridge.GetProperty("ageing_time").GetInt32() * 10.0),
                    (b.NfCallIptables, b.NfCallIp6tables, b.NfCallArptables, b.VlanFiltering, b.Stp, b.MulticastSnooping, b.AgeingTime!.Value.TotalMilliseconds));
            }

            if (link.Port is { } p)
            {
                Assert.Equal(
                    (Switch(port, "hairpin"), Switch(port, "isolated"), Switch(port, "learning"), Switch(port, "flood"), Switch(port, "mcast_flood"),
                        Switch(port, "bcast_flood"), Switch(port, "neigh_suppress"), Switch(port, "proxy_arp"), Text(port, "state")),
                    (p.Hairpin, p.Isolated, p.Learning, p.UnicastFlood, p.MulticastFlood, p.BroadcastFlood, p.NeighborSuppression, p.ProxyArp, p.State.ToString()!.ToLowerInvariant()));
            }
        }

        Assert.True(links.Single(l => l.Name == "veth0").Port!.Hairpin);
        Assert.True(links.Single(l => l.Name == "cni0").Bridge!.NfCallIptables);
        static string State(LinkState state) => state == LinkState.LowerLayerDown ? "LOWERDOWN" : state.ToString().ToUpperInvariant();
    }

    [Fact]
    public void Addresses_are_those_of_ip()
    {
        using var node = Busy();
        var expected = Tool.Json(node.Node, "ip -j addr").SelectMany(l => l.GetProperty("addr_info").EnumerateArray().Where(a => a.TryGetProperty("local", out _)).Select(a => string.Join(
            ' ', l.GetProperty("ifindex").GetInt32(), Text(a, "local"), Number(a, "prefixlen"), Field("peer", Text(a, "address")), Field("brd", Text(a, "broadcast")), Text(a, "scope"),
            Field("label", Text(a, "label")), Field("valid", Life(a, "valid_life_time")), Field("preferred", Life(a, "preferred_life_time"))))).Order(StringComparer.Ordinal);
        var addresses = Source(node.Node).ReadAddresses(NoWarning, default)!;
        Assert.Equal(expected, addresses.Select(a => string.Join(
            ' ', a.LinkIndex, a.IPAddress, a.PrefixLength, Field("peer", a.Peer), Field("brd", a.Broadcast), a.Scope.ToString().ToLowerInvariant(),
            Field("label", a.Label), Field("valid", Seconds(a.ValidLifetime)), Field("preferred", Seconds(a.PreferredLifetime)))).Order(StringComparer.Ordinal));
        // A second may pass between the two.
        static object? Life(JsonElement a, string name) => a.GetProperty(name).GetUInt32() is var s && s == uint.MaxValue ? null : s is > 0 ? "some" : 0;
        static object? Seconds(TimeSpan? time) => time is { } t ? t > TimeSpan.Zero ? "some" : 0 : null;
    }

    [Fact]
    public void Neighbours_and_forwarding_entries_are_those_of_ip_and_bridge()
    {
        using var node = Busy();
        node.Link.SetNeighbor("cni0", NodeFixture.PodAddress(0), NodeFixture.Mac(0));
        node.Link.SetNeighbor("cni0", NodeFixture.PodAddress6(1), NodeFixture.Mac(1));
        Tool.Run(node.Node, "ip neigh add 10.244.9.9 lladdr 02:00:00:00:09:09 dev cni0 nud stale extern_learn");
        Tool.Run(node.Node, "ip neigh add fd00:10:244::99 lladdr 02:00:00:00:09:10 dev cni0 nud reachable router");
        Tool.Run(node.Node, "ip neigh add 10.244.9.10 dev cni0 nud failed");
        Tool.Run(node.Node, "ip neigh add proxy 10.244.9.11 dev cni0");
        Tool.Run(node.Node, "bridge fdb add 02:00:00:00:08:01 dev veth0 master static");
        Tool.Run(node.Node, "bridge fdb add 02:00:00:00:08:02 dev veth1 master dynamic extern_learn");
        Tool.Run(node.Node, "bridge fdb add 02:00:00:00:08:03 dev veth1 master sticky static");
        Tool.Run(node.Node, "bridge fdb append 00:00:00:00:00:00 dev vx0 dst 192.0.2.77");
        Tool.Run(node.Node, "bridge fdb add 02:00:00:00:08:04 dev vx0 dst 192.0.2.78");
        var names = node.Link.ReadLinks().Items.ToDictionary(l => l.Index, l => l.Name);
        var source = Source(node.Node);

        var neighbours = source.ReadNeighbors(NoWarning, default)!;
        Assert.Equal(
            Tool.Json(node.Node, "ip -j neigh show nud all").Select(n => string.Join(
                ' ', Text(n, "dst"), Text(n, "dev"), Field("mac", Text(n, "lladdr")), string.Join(',', n.GetProperty("state").EnumerateArray()),
                Field("router", n.TryGetProperty("router", out _)), Field("extern", n.TryGetProperty("extern_learn", out _)))).Order(StringComparer.Ordinal),
            neighbours.Select(n => string.Join(
                ' ', n.IPAddress, names[n.LinkIndex], Field("mac", n.MacAddress), n.State.ToString().ToUpperInvariant(), Field("router", n.IsRouter),
                Field("extern", n.IsExternallyLearned))).Order(StringComparer.Ordinal));
        Assert.Contains(neighbours, n => n.MacAddress == "0a:58:0a:f4:00:02");

        Assert.Equal(
            Tool.Json(node.Node, "bridge -j fdb").Select(e => string.Join(
                ' ', Text(e, "mac"), Text(e, "ifname"), Field("master", Text(e, "master")), Field("vlan", Number(e, "vlan")), Field("dst", Text(e, "dst")), Text(e, "state"),
                string.Join(',', e.GetProperty("flags").EnumerateArray().Select(f => f.GetString()).Order(StringComparer.Ordinal)))).Order(StringComparer.Ordinal),
            source.ReadForwardingEntries(NoWarning, default)!.Select(e => string.Join(
                ' ', e.MacAddress, names[e.LinkIndex], Field("master", e.BridgeIndex is { } b ? names[b] : null), Field("vlan", e.VlanId), Field("dst", e.RemoteAddress),
                e.State.HasFlag(NeighborState.Permanent) ? "permanent" : e.State.HasFlag(NeighborState.NoArp) ? "static" : e.State.HasFlag(NeighborState.Stale) ? "stale" : "",
                string.Join(',', new[] { e.IsExternallyLearned ? "extern_learn" : "", e.IsSelf ? "self" : "", e.IsSticky ? "sticky" : "" }.Where(f => f.Length > 0)))).Order(StringComparer.Ordinal));
    }

    /// <summary>The routes, read while nothing changes: the kernel adds an IPv6 address's own route once it has seen that nobody else has the address.</summary>
    private static IReadOnlyList<Route> ReadStill(NodeFixture node, ILinkSource source)
    {
        for (int attempt = 0; ; attempt++)
        {
            string before = Tool.Run(node.Node, "ip -6 route show table all");
            var routes = source.ReadRoutes(NoWarning, default)!;
            string addresses = Tool.Run(node.Node, "ip -6 -o addr show tentative");
            if (attempt == 50 || (addresses.Trim().Length == 0 && before == Tool.Run(node.Node, "ip -6 route show table all")))
            {
                return routes;
            }

            Thread.Sleep(100);
        }
    }

    [Fact]
    public void Routes_and_rules_are_those_of_ip()
    {
        using var node = Busy();
        foreach (string line in new[]
        {
            "ip route add default via 10.244.0.9", "ip route add 10.1.0.0/16 dev cni0 metric 7 src 10.244.0.1", "ip route add 10.2.0.0/16 via 192.0.2.1 dev cni0 onlink table 1000",
            "ip route add blackhole 10.3.0.0/16", "ip route add unreachable 10.4.0.0/16", "ip route add prohibit 10.5.0.0/16 table 77", "ip route add throw 10.6.0.0/16 proto 99",
            "ip route add 10.7.0.0/16 nexthop via 10.244.0.7 weight 2 nexthop via 10.244.0.8 weight 5", "ip route add 10.8.0.0/16 tos 0x10 dev cni0",
            "ip route add 10.9.0.0/16 via inet6 fd00:10:244::9 dev cni0", "ip route add 10.10.0.1/32 dev veth0",
            "ip -6 route add default via fd00:10:244::9", "ip -6 route add 2001:db8:1::/48 dev cni0 metric 9", "ip -6 route add blackhole 2001:db8:2::/48",
            "ip -6 route add 2001:db8:3::/48 nexthop via fd00:10:244::7 nexthop via fd00:10:244::8 weight 3", "ip -6 route add 2001:db8:4::/48 from 2001:db8:5::/48 dev cni0",
            "ip rule add pref 100 from 10.244.0.0/16 lookup 1000", "ip rule add pref 101 not to 10.96.0.0/12 fwmark 0x1/0xff iif cni0 table 77", "ip rule add pref 102 oif cni0 blackhole",
            "ip rule add pref 103 ipproto tcp sport 1000-2000 dport 80 prohibit", "ip rule add pref 104 goto 32766", "ip rule add pref 105 lookup main suppress_prefixlength 0",
            "ip -6 rule add pref 200 from fd00:10:244::/64 unreachable", "ip rule add pref 106 tos 0x10 lookup 5",
        })
        {
            Tool.Run(node.Node, line);
        }

        var names = node.Link.ReadLinks().Items.ToDictionary(l => l.Index, l => l.Name);
        var source = Source(node.Node);
        var routes = ReadStill(node, source);
        foreach (var (family, option) in new[] { (AddressFamily.InterNetwork, "-4"), (AddressFamily.InterNetworkV6, "-6") })
        {
            var expected = Tool.Json(node.Node, $"ip -j -N -d {option} route show table all").Select(r =>
            {
                var hops = r.TryGetProperty("nexthops", out var list) ? list.EnumerateArray().ToList() : [];
                return string.Join(' ', Kind(Text(r, "type")!), Network(Text(r, "dst")!), Field("table", TableNumber(Text(r, "table"))), Field("via", Gateway(r)), Field("dev", Text(r, "dev")),
                    Field("src", Text(r, "prefsrc")), Field("metric", Number(r, "metric") ?? 0), Field("proto", Text(r, "protocol")), Field("scope", Text(r, "scope") ?? "0"), Field("tos", Tos(Text(r, "tos"))),
                    Field("from", Text(r, "from")), string.Join(',', hops.Select(h => $"{Gateway(h)}/{Text(h, "dev")}/{Number(h, "weight")}")));
            }).Order(StringComparer.Ordinal).ToList();
            Assert.Equal(expected, routes.Where(r => r.Family == family).Select(r => string.Join(' ', r.Kind.ToString().ToLowerInvariant(), r, Field("table", r.Table),
                Field("via", r.Gateway), Field("dev", r.LinkIndex is { } l ? names[l] : null), Field("src", r.PreferredSource), Field("metric", r.Metric), Field("proto", r.Protocol), Field("scope", (int)r.Scope),
                Field("tos", r.TypeOfService), Field("from", r.Source is { } s ? $"{s}/{r.SourcePrefixLength}" : null),
                string.Join(',', r.NextHops.Select(h => $"{h.Gateway}/{names[h.LinkIndex]}/{h.Weight}")))).Order(StringComparer.Ordinal));
            Assert.True(expected.Count > 8);

            Assert.Equal(
                Tool.Run(node.Node, $"ip {option} rule").Trim().Split('\n').Select(l => l.Trim()),
                source.ReadRules(NoWarning, default)!.Where(r => r.Family == family).Select(Rule));
        }

        string? Gateway(JsonElement r) => Text(r, "gateway") ?? (r.TryGetProperty("via", out var via) ? Text(via, "host") : null);
        // Without -N the words, with it the numbers; which of them it heeds depends on its version.
        string Kind(string type) => int.TryParse(type, CultureInfo.InvariantCulture, out int number) ? ((RouteKind)number).ToString().ToLowerInvariant() : type;
        string Network(string dst) => dst == "default" ? "default" : dst.Contains('/', StringComparison.Ordinal) ? dst : dst + (dst.Contains(':', StringComparison.Ordinal) ? "/128" : "/32");
        string TableNumber(string? table) => table switch { null or "main" => "254", "local" => "255", "default" => "253", _ => table };
        int Tos(string? tos) => tos is null ? 0 : Convert.ToInt32(tos, 16);
    }

    // As ip-rule(8) writes it.
    private static string Rule(RoutingRule rule)
    {
        bool ip4 = rule.Family == AddressFamily.InterNetwork;
        string Net(IPAddress address, int length) => length == (ip4 ? 32 : 128) ? $"{address}" : $"{address}/{length}";
        var words = new List<string> { $"{rule.Priority}:\t" + (rule.IsInverted ? "not " : "") + "from " + (rule.Source is null ? "all" : Net(rule.Source, rule.SourcePrefixLength)) };
        void Add(bool present, string text) => words.AddRange(present ? [text] : []);
        Add(rule.Destination is not null, $"to {(rule.Destination is null ? "" : Net(rule.Destination, rule.DestinationPrefixLength))}");
        Add(rule.TypeOfService != 0, $"tos 0x{rule.TypeOfService:x}");
        Add(rule.Mark is not null, $"fwmark 0x{rule.Mark:x}" + (rule.MarkMask == uint.MaxValue ? "" : $"/0x{rule.MarkMask:x}"));
        Add(rule.InInterface is not null, $"iif {rule.InInterface}");
        Add(rule.OutInterface is not null, $"oif {rule.OutInterface}");
        Add(rule.IPProtocol is not null, "ipproto tcp");
        Add(rule.SourcePorts is not null, $"sport {Ports(rule.SourcePorts)}");
        Add(rule.DestinationPorts is not null, $"dport {Ports(rule.DestinationPorts)}");
        Add(rule.Table is not null, "lookup " + rule.Table switch { 254 => "main", 255 => "local", 253 => "default", var t => $"{t}" });
        Add(rule.SuppressPrefixLength is not null, $"suppress_prefixlength {rule.SuppressPrefixLength}");
        Add(rule.Action == RoutingRuleAction.Goto, $"goto {rule.GotoPriority}");
        Add(rule.Action is RoutingRuleAction.Blackhole or RoutingRuleAction.Prohibit or RoutingRuleAction.Unreachable, rule.Action.ToString().ToLowerInvariant());
        return string.Join(' ', words);
        static string Ports((ushort From, ushort To)? ports) => ports is not { } p ? "" : p.From == p.To ? $"{p.From}" : $"{p.From}-{p.To}";
    }
}
