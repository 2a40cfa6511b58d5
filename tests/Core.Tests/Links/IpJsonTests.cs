using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using K8sNetfilter.Addressing;
using K8sNetfilter.Links;
using K8sNetfilter.Links.Iproute2;

namespace K8sNetfilter.Tests.Links;

/// <summary>What is written as ip(8) and bridge(8) print it is read back the same, and what the tools themselves print is read.</summary>
public sealed class IpJsonTests
{
    private static readonly Link[] Links =
    [
        new() { Index = 1, Name = "lo", Mtu = 65536, IsLoopback = true, IsUp = true, HasCarrier = true, MacAddress = "00:00:00:00:00:00", Promiscuity = 0 },
        new()
        {
            Index = 2, Name = "cni0", Kind = "bridge", Mtu = 1500, State = LinkState.Up, IsUp = true, MacAddress = "0a:58:0a:f4:00:01",
            Bridge = new BridgeSettings { NfCallIptables = true, NfCallIp6tables = false, NfCallArptables = false, Stp = false, VlanFiltering = true, MulticastSnooping = true, AgeingTime = TimeSpan.FromSeconds(300) },
        },
        new()
        {
            Index = 3, Name = "veth\"1\u001b[31m", Kind = "veth", MasterIndex = 2, PeerIndex = 2, PeerNamespaceId = 0, Alias = "über", AlternativeNames = ["a", "b"], Promiscuity = 1,
            State = LinkState.LowerLayerDown, IsPromiscuous = true,
            Port = new BridgePortSettings { State = BridgePortState.Blocking, Hairpin = true, Isolated = false, Learning = true, UnicastFlood = false, MulticastFlood = true, BroadcastFlood = true, NeighborSuppression = false, ProxyArp = true },
        },
        new() { Index = 4, Name = "eth0.5", Kind = "vlan", PeerIndex = 3, IsNoArp = true, IsPointToPoint = true, Group = 7 },
    ];

    private static byte[] Bytes(Action<Stream> write)
    {
        using var bytes = new MemoryStream();
        write(bytes);
        return bytes.ToArray();
    }

    private static void Same<T>(IEnumerable<T> expected, IEnumerable<T> actual) => Assert.Equal(JsonSerializer.Serialize(expected.Select(Show)), JsonSerializer.Serialize(actual.Select(Show)));

    private static string Show<T>(T item) => string.Join(";", typeof(T).GetProperties().Where(p => p.Name != "EqualityContract").Select(p => p.Name + "=" + (p.GetValue(item) switch
    {
        string[] words => string.Join(",", words),
        RouteNextHop[] hops => string.Join(",", hops.Select(h => h.ToString())),
        var other => other?.ToString(),
    })));

    [Fact]
    public void Links_are_read_as_they_were_written()
    {
        var text = new IpJsonWriter(Links);
        Same(Links, new IpJsonReader().ReadLinks(Bytes(o => text.WriteLinks(o, Links))));
    }

    [Fact]
    public void Addresses_routes_rules_neighbours_and_entries_are_read_as_they_were_written()
    {
        var text = new IpJsonWriter(Links);
        var json = new IpJsonReader();
        json.ReadLinks(Bytes(o => text.WriteLinks(o, Links)));
        Address[] addresses =
        [
            new() { IPAddress = IPAddress.Parse("10.0.0.1"), PrefixLength = 32, LinkIndex = 2, Peer = IPAddress.Parse("10.0.0.2"), Scope = RouteScope.Link, Flags = 0x80, Label = "cni0:1" },
            new() { IPAddress = IPAddress.Parse("fd00::1"), PrefixLength = 64, LinkIndex = 2, Flags = 0x240 | 0x1, ValidLifetime = TimeSpan.FromSeconds(99), PreferredLifetime = TimeSpan.Zero },
        ];
        Same(addresses, json.ReadAddresses(Bytes(o => text.WriteAddresses(o, addresses))));
        Route[] routes =
        [
            .. Enum.GetValues<RouteKind>().Select(kind => new Route { Family = AddressFamily.InterNetwork, Destination = IPAddress.Parse("10.9.0.0"), PrefixLength = 16, Table = 254, Kind = kind, Protocol = 2 }),
            new() { Family = AddressFamily.InterNetwork, Destination = IPAddress.Any, PrefixLength = 0, Table = 4711, Kind = RouteKind.Unicast, LinkIndex = 77, Metric = uint.MaxValue, TypeOfService = 0x10, Protocol = 250, Scope = (RouteScope)77, Flags = 0x14 },
            new()
            {
                Family = AddressFamily.InterNetwork, Destination = IPAddress.Parse("10.5.0.1"), PrefixLength = 32, Table = 255, Kind = RouteKind.Unicast, PreferredSource = IPAddress.Parse("10.0.0.1"),
                Mtu = 1380, NextHops = [new(IPAddress.Parse("10.0.0.9"), 2, 3) { Flags = 1 }, new(IPAddress.Parse("fd00::9"), 4, 256), new(null, 2, 1)], NextHopId = 12,
            },
        ];
        Same(routes, json.ReadRoutes(Bytes(o => text.WriteRoutes(o, routes)), IPFamily.IPv4));
        Route[] routes6 = [new() { Family = AddressFamily.InterNetworkV6, Destination = IPAddress.IPv6Any, PrefixLength = 0, Table = 254, Kind = RouteKind.Unreachable, LinkIndex = 1, Source = IPAddress.Parse("fd00::"), SourcePrefixLength = 8, Protocol = 9 }];
        Same(routes6, json.ReadRoutes(Bytes(o => text.WriteRoutes(o, routes6)), IPFamily.IPv6));
        RoutingRule[] rules =
        [
            new() { Family = AddressFamily.InterNetwork, Priority = 0, Action = RoutingRuleAction.Lookup, Table = 255 },
            new() { Family = AddressFamily.InterNetwork, Priority = 1, Action = RoutingRuleAction.Goto, GotoPriority = 9, IsInverted = true, Source = IPAddress.Parse("10.0.0.0"), SourcePrefixLength = 8, InInterface = "lo", TypeOfService = 4 },
            new() { Family = AddressFamily.InterNetwork, Priority = 2, Action = RoutingRuleAction.Lookup, Table = 0, IsL3Mdev = true },
            new() { Family = AddressFamily.InterNetwork, Priority = 3, Action = RoutingRuleAction.Lookup, Table = 99, Mark = 0, MarkMask = 0xff, IPProtocol = 6, SourcePorts = (1, 2), DestinationPorts = (80, 80), SuppressPrefixLength = 0, OutInterface = "eth0", Destination = IPAddress.Parse("10.1.0.0"), DestinationPrefixLength = 16 },
            new() { Family = AddressFamily.InterNetwork, Priority = 3, Action = RoutingRuleAction.Lookup, Table = 254, Users = (1000, 2000), TunnelId = ulong.MaxValue, OtherSelector = "dscp", SuppressGroup = 5 },
            .. new[] { RoutingRuleAction.Nop, RoutingRuleAction.Blackhole, RoutingRuleAction.Unreachable, RoutingRuleAction.Prohibit }.Select(a => new RoutingRule { Family = AddressFamily.InterNetwork, Priority = 4, Action = a }),
        ];
        Same(rules, json.ReadRules(Bytes(o => IpJsonWriter.WriteRules(o, rules)), IPFamily.IPv4));
        Neighbor[] neighbors = [.. Enum.GetValues<NeighborState>().Select(s => new Neighbor { IPAddress = IPAddress.Parse("fe80::1"), LinkIndex = 2, State = s, MacAddress = "0a:58:0a:f4:00:02", IsRouter = true, IsExternallyLearned = s == NeighborState.Stale })];
        Same(neighbors, json.ReadNeighbors(Bytes(o => text.WriteNeighbors(o, neighbors))));
        ForwardingEntry[] entries =
        [
            .. new[] { NeighborState.Permanent, NeighborState.NoArp, NeighborState.Stale, NeighborState.Reachable, NeighborState.Probe }
                .Select(s => new ForwardingEntry { MacAddress = "0a:58:0a:f4:00:02", LinkIndex = 3, BridgeIndex = 2, State = s, VlanId = 7, IsSticky = true }),
            new() { MacAddress = "0a:58:0a:f4:00:03", LinkIndex = 4, State = NeighborState.Permanent, IsSelf = true, IsExternallyLearned = true, RemoteAddress = IPAddress.Parse("192.0.2.1") },
        ];
        Same(entries, json.ReadForwardingEntries(Bytes(o => text.WriteForwardingEntries(o, entries))));
    }

    // Without its selector such a rule would be one for all packets.
    [Theory]
    [InlineData("\"fwmark\":\"0xzz\"", "fwmark 0xzz", "fwmark")]
    [InlineData("\"fwmark\":\"0x1\",\"fwmask\":\"ff\"", "fwmark 0x1/ff", "fwmark")]
    [InlineData("\"fwmark\":[1]", "fwmark", "fwmark")]
    [InlineData("\"src\":\"10.0.0.0/99\"", "from 10.0.0.0/99", "from")]
    [InlineData("\"dst\":\"fd00::\"", "to fd00::", "to")]
    [InlineData("\"tos\":\"lowdelay\"", "tos lowdelay", "tos")]
    [InlineData("\"ipproto\":\"no-such\"", "ipproto no-such", "ipproto")]
    [InlineData("\"dport_start\":80,\"dport_end\":70000", "dport 80-70000", "dport")]
    [InlineData("\"uid_start\":5,\"uid_end\":-1", "uidrange 5-x", "uidrange")]
    [InlineData("\"tun_id\":-1", "tun_id -1", "tun_id")]
    public void A_rule_with_a_selector_that_cannot_be_read_is_not_one_for_all_packets(string json, string text, string selector)
    {
        byte[] bytes = Encoding.UTF8.GetBytes($$"""[{"priority":5,{{json}},"table":"100"}]""");
        Assert.Equal((selector, null), Assert.Single(new IpJsonReader().ReadRules(bytes, IPFamily.IPv4)) is var read ? (read.OtherSelector, read.Mark) : default);
        string line = "5:\t" + (text.StartsWith("from", StringComparison.Ordinal) ? text : "from all " + text) + " lookup 100\n";
        Assert.Equal(selector, Assert.Single(new IpTextReader("").ReadRules(line, IPFamily.IPv4)).OtherSelector);
    }

    [Fact]
    public void Both_families_in_one_list_are_told_apart_as_far_as_they_tell()
    {
        byte[] json = Encoding.UTF8.GetBytes("""[{"dst":"default","dev":"if9","flags":[]},{"dst":"default","dev":"if9","flags":[],"pref":"medium"},{"dst":"fd00::/8","flags":[]},{"dst":"10.0.0.0/33"},{"dst":"x"},{}]""");
        Assert.Equal([(AddressFamily.InterNetwork, 0), (AddressFamily.InterNetworkV6, 0), (AddressFamily.InterNetworkV6, 8)],
            new IpJsonReader().ReadRoutes(json, IPFamily.Unspecified).Select(r => (r.Family, r.PrefixLength)));
    }

    /// <summary>ip(8) prints {} for what a filter leaves out, and nothing else that is no entry: a list of other things is not its output.</summary>
    [Theory]
    [InlineData("[{}, null]", "entry 2 of the output is not an object (Null)")]
    [InlineData("[5]", "entry 1 of the output is not an object (Number)")]
    [InlineData("[0,[],[]]", "entry 1 of the output is not an object (Number)")]
    [InlineData("{}", "the output is not a list")]
    public void A_wrong_entry_is_an_error_with_its_place(string text, string problem)
    {
        byte[] json = Encoding.UTF8.GetBytes(text);
        Assert.All(
            new Action[] { () => new IpJsonReader().ReadLinks(json), () => new IpJsonReader().ReadAddresses(json), () => new IpJsonReader().ReadRoutes(json, IPFamily.Unspecified), () => new IpJsonReader().ReadNeighbors(json) },
            read => Assert.Equal(problem, Assert.Throws<JsonException>(read).Message));
    }

    [Fact]
    public void A_wrong_entry_of_a_links_addresses_is_an_error_too() => Assert.Equal(
        "entry 2 of addr_info of link 7 is not an object (Number)",
        Assert.Throws<JsonException>(() => new IpJsonReader().ReadAddresses("""[{"ifindex":7,"ifname":"a","addr_info":[{},1]}]"""u8.ToArray())).Message);

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("[{}]")]
    [InlineData("""[{"ifindex":"1","ifname":7,"dst":5,"mac":{},"priority":-1,"flags":"x","nexthops":{},"state":5,"\ud800":"\ud800"}]""")]
    [InlineData("""[{"ifindex":99999999999,"ifname":"\ud800","dst":"\ud800","mac":"\ud800","priority":1,"fwmark":"0xzz","sport_start":-1,"linkinfo":[],"addr_info":[{"local":"x"}]}]""", 1)]
    public void Entries_that_lack_what_makes_them_one_are_left_out(string text, int rules = 0)
    {
        byte[] json = Encoding.UTF8.GetBytes(text);
        var reader = new IpJsonReader();
        Assert.Empty(reader.ReadLinks(json));
        Assert.Empty(reader.ReadAddresses(json));
        Assert.Empty(reader.ReadRoutes(json, IPFamily.Unspecified));
        Assert.Empty(reader.ReadNeighbors(json));
        Assert.Empty(reader.ReadForwardingEntries(json));
        Assert.Empty(reader.ReadNamespaces(json));
        // A routing rule is one by its priority alone.
        Assert.Equal(rules, reader.ReadRules(json, IPFamily.IPv4).Count);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[")]
    [InlineData("no json")]
    public void What_is_no_list_is_an_error(string text) => Assert.ThrowsAny<JsonException>(() => new IpJsonReader().ReadLinks(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void The_text_that_sos_collects_says_the_same_as_far_as_it_goes()
    {
        var text = new IpTextReader("""
            1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
                link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00 promiscuity 0 minmtu 0 maxmtu 0 numtxqueues 1
                inet 127.0.0.1/8 scope host lo
                   valid_lft forever preferred_lft forever
            2: cni0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000
                link/ether 0a:58:0a:f4:00:01 brd ff:ff:ff:ff:ff:ff promiscuity 0 minmtu 68 maxmtu 65535
                bridge forward_delay 1500 hello_time 200 ageing_time 30000 stp_state 0 vlan_filtering 0 mcast_snooping 1 nf_call_iptables 1 nf_call_ip6tables 0 nf_call_arptables 0 numtxqueues 1
                inet 10.244.0.1/24 brd 10.244.0.255 scope global cni0
                   valid_lft forever preferred_lft forever
                inet6 fe80::858:aff:fef4:1/64 scope link tentative
                   valid_lft 86000sec preferred_lft 600sec
            3: veth1@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue master cni0 state UP group default qlen 1000
                link/ether 0a:58:0a:f4:00:09 brd ff:ff:ff:ff:ff:ff link-netnsid 0 promiscuity 1 minmtu 68 maxmtu 65535
                veth
                bridge_slave state forwarding priority 32 cost 2 hairpin on guard off root_block off fastleave off learning on flood on mcast_flood on bcast_flood on proxy_arp off neigh_suppress off isolated off
            """);
        Assert.Equal(["lo null null", "cni0 bridge null", "veth1 veth 2"], text.Links.Select(l => $"{l.Name} {l.Kind ?? "null"} {l.MasterIndex?.ToString() ?? "null"}"));
        Assert.Equal((true, false, TimeSpan.FromSeconds(300)), (text.Links[1].Bridge!.NfCallIptables, text.Links[1].Bridge!.NfCallIp6tables, text.Links[1].Bridge!.AgeingTime));
        Assert.Equal((true, false, 2, 0), (text.Links[2].Port!.Hairpin, text.Links[2].Port!.Isolated, text.Links[2].PeerIndex, text.Links[2].PeerNamespaceId));
        Assert.Equal(["127.0.0.1/8", "10.244.0.1/24", "fe80::858:aff:fef4:1/64"], text.Addresses.Select(a => a.ToString()));
        Assert.Equal((RouteScope.Link, 0xC0u, TimeSpan.FromSeconds(600)), (text.Addresses[2].Scope, text.Addresses[2].Flags, text.Addresses[2].PreferredLifetime));

        const string Routes = """
            default via 192.0.2.1 dev cni0 proto static metric 100
            10.5.0.0/16 proto boot
            	nexthop via 10.244.0.2 dev cni0 weight 3
            	nexthop dev cni0 weight 1
            blackhole 10.6.0.0/16
            local 10.244.0.1 dev cni0 table local proto kernel scope host src 10.244.0.1
            fe80::/64 dev cni0 proto kernel metric 256 pref medium
            default dev cni0 metric 1024 pref medium
            """;
        Assert.Equal(["default 254", "10.5.0.0/16 254", "10.6.0.0/16 254", "10.244.0.1/32 255"], text.ReadRoutes(Routes, IPFamily.IPv4).Select(r => $"{r} {r.Table}"));
        Assert.Equal(2, text.ReadRoutes(Routes, IPFamily.IPv4)[1].NextHops.Length);
        Assert.Equal(["fe80::/64", "default"], text.ReadRoutes(Routes, IPFamily.IPv6).Select(r => r.ToString()));
        var rules = text.ReadRules("0:\tfrom all lookup local\n5:\tfrom all iif lo goto 32766\n32765:\tnot from 10.0.0.0/8 fwmark 0x1/0xff ipproto tcp dport 80-90 lookup 100\n32766:\tfrom all lookup main\n", IPFamily.IPv4);
        Assert.Equal([(0u, 255u), (5u, 0u), (32765u, 100u), (32766u, 254u)], rules.Select(r => (r.Priority, r.Table ?? 0)));
        var users = Assert.Single(text.ReadRules("10:\tnot from 1.1.1.1 tos 0x10 uidrange 1000-2000 lookup 100 suppress_ifgroup 5 suppress_prefixlength 0\n", IPFamily.IPv4));
        Assert.Equal(((uint, uint)?)(1000, 2000), users.Users);
        Assert.True(users is { TypeOfService: 0x10, SuppressGroup: 5, SuppressPrefixLength: 0 });
        Assert.Equal([1300, 1400, null], text.ReadRoutes("10.7.0.0/16 via 192.0.2.1 dev cni0 mtu lock 1300 advmss 1200\n10.8.0.0/16 via 192.0.2.1 dev cni0 mtu 1400\n10.9.0.0/16 via 192.0.2.1 dev cni0 advmss lock 1200\n", IPFamily.IPv4).Select(r => r.Mtu));
        Assert.True(rules[2].IsInverted && rules[2].Mark == 1 && rules[2].MarkMask == 0xff && rules[2].DestinationPorts == (80, 90));
        Assert.Equal([(NeighborState.Reachable, (string?)"02:00:00:00:00:01"), (NeighborState.Failed, null)],
            text.ReadNeighbors("10.244.0.2 dev cni0 lladdr 02:00:00:00:00:01 ref 1 used 5/0/3 probes 4 REACHABLE\n10.244.0.9 dev cni0  used 5/0/3 probes 6 FAILED\n").Select(n => (n.State, n.MacAddress)));
        Assert.Equal([(3, (int?)2, NeighborState.Permanent, false), (3, null, NeighborState.Permanent, true)],
            text.ReadForwardingEntries("02:00:00:00:00:05 dev veth1 used 5/5 master cni0 permanent\n33:33:00:00:00:01 dev veth1 self permanent\n").Select(f => (f.LinkIndex, f.BridgeIndex, f.State, f.IsSelf)));
    }
}
