using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using K8sNetfilter.Errors;
using K8sNetfilter.Interop;
using K8sNetfilter.Links;
using K8sNetfilter.Netlink;
using K8sNetfilter.Tests.Namespaces;
using K8sNetfilter.Tests.Tools;

namespace K8sNetfilter.Tests.Links;

public sealed class RouteNetlinkTests
{
    private static IPAddress Ip(string text) => IPAddress.Parse(text);

    private static JsonElement Link(K8sNetfilter.Namespaces.NetworkNamespace space, string name) =>
        Assert.Single(Tool.Json(space, $"ip -j -d link show dev {name}"));

    [Fact]
    public void Links_are_made_and_changed_as_ip_shows_them()
    {
        using var node = Privilege.MakeNamespace("the node");
        using var pod = Privilege.MakeNamespace("the pod");
        using var link = RouteNetlink.Open(node);
        using var inPod = RouteNetlink.Open(pod);
        link.AddBridge("cni0", new BridgeSettings { NfCallIptables = true, NfCallIp6tables = false, NfCallArptables = true, Stp = true, AgeingTime = TimeSpan.FromSeconds(77) });
        link.AddVethPair(
            new VethEnd("veth0") { MasterIndex = link.IndexOf("cni0"), IsUp = true, Mtu = 1400 },
            new VethEnd("eth0") { Namespace = pod, MacAddress = [0x0a, 0x58, 0x0a, 0xf4, 0, 2], IsUp = true });
        var bridge = Link(node, "cni0").GetProperty("linkinfo").GetProperty("info_data");
        Assert.Equal((1, 0, 1, 1, 7700), (
            bridge.GetProperty("nf_call_iptables").GetInt32(), bridge.GetProperty("nf_call_ip6tables").GetInt32(), bridge.GetProperty("nf_call_arptables").GetInt32(),
            bridge.GetProperty("stp_state").GetInt32(), bridge.GetProperty("ageing_time").GetInt32()));
        Assert.Equal(("cni0", 1400), (Link(node, "veth0").GetProperty("master").GetString(), Link(node, "veth0").GetProperty("mtu").GetInt32()));
        Assert.Equal("0a:58:0a:f4:00:02", Link(pod, "eth0").GetProperty("address").GetString());
        Assert.Contains("UP", Link(pod, "eth0").GetProperty("flags").EnumerateArray().Select(f => f.GetString()));

        link.SetBridge("cni0", new BridgeSettings { NfCallIptables = false, NfCallIp6tables = true, Stp = false, MulticastSnooping = false });
        bridge = Link(node, "cni0").GetProperty("linkinfo").GetProperty("info_data");
        Assert.Equal((0, 1, 1, 0), (
            bridge.GetProperty("nf_call_iptables").GetInt32(), bridge.GetProperty("nf_call_ip6tables").GetInt32(),
            bridge.GetProperty("nf_call_arptables").GetInt32(), bridge.GetProperty("mcast_snooping").GetInt32()));

        link.SetBridgePort("veth0", new BridgePortSettings { Hairpin = true, Isolated = true, Learning = false, UnicastFlood = false, MulticastFlood = false, BroadcastFlood = false, NeighborSuppression = true, ProxyArp = true });
        var port = Link(node, "veth0").GetProperty("linkinfo").GetProperty("info_slave_data");
        foreach (var (name, value) in new[] { ("hairpin", true), ("isolated", true), ("learning", false), ("flood", false), ("mcast_flood", false), ("bcast_flood", false), ("neigh_suppress", true), ("proxy_arp", true) })
        {
            Assert.Equal(value, port.GetProperty(name).GetBoolean());
        }

        link.SetPromiscuous("veth0", true);
        Assert.Contains("PROMISC", Link(node, "veth0").GetProperty("flags").EnumerateArray().Select(f => f.GetString()));
        link.SetPromiscuous("veth0", false);
        link.SetUp("veth0", false);
        link.Rename("veth0", "veth9");
        link.SetMtu("veth9", 1300);
        link.SetMaster("veth9", null);
        link.SetMacAddress("veth9", [2, 0, 0, 0, 0, 9]);
        var veth = Link(node, "veth9");
        Assert.Equal((1300, "02:00:00:00:00:09", false), (veth.GetProperty("mtu").GetInt32(), veth.GetProperty("address").GetString(), veth.TryGetProperty("master", out _)));
        Assert.DoesNotContain("UP", veth.GetProperty("flags").EnumerateArray().Select(f => f.GetString()));
        link.SetMaster("veth9", "cni0");
        Assert.Equal("cni0", Link(node, "veth9").GetProperty("master").GetString());
        link.SetMaster("veth9", null);
        link.Move("veth9", pod);
        Assert.NotNull(inPod.FindLink("veth9"));
        Assert.Null(link.FindLink("veth9"));
        inPod.DeleteLink("eth0");
        Assert.Equal(["lo"], inPod.ReadLinks().Items.Select(l => l.Name));
        link.DeleteLink("cni0");
    }

    [Fact]
    public void Addresses_routes_and_neighbours_are_made_as_ip_shows_them()
    {
        using var node = Privilege.MakeNamespace("the node");
        using var link = RouteNetlink.Open(node);
        link.AddBridge("br0");
        link.SetUp("lo");
        link.AddAddress("br0", Ip("10.244.0.1"), 24);
        link.AddAddress("br0", Ip("10.99.0.1"), 20);
        link.AddAddress("br0", Ip("fd00::1"), 64);
        var addresses = Tool.Json(node, "ip -j addr show dev br0")[0].GetProperty("addr_info").EnumerateArray().ToList();
        Assert.Contains(addresses, a => a.GetProperty("local").GetString() == "10.244.0.1" && a.GetProperty("broadcast").GetString() == "10.244.0.255" && a.GetProperty("prefixlen").GetInt32() == 24);
        Assert.Contains(addresses, a => a.GetProperty("local").GetString() == "10.99.0.1" && a.GetProperty("broadcast").GetString() == "10.99.15.255");
        // An IPv6 address that is still being asked for cannot be used.
        Assert.Contains(addresses, a => a.GetProperty("local").GetString() == "fd00::1" && !a.TryGetProperty("tentative", out _));
        link.RemoveAddress("br0", Ip("10.99.0.1"), 20);

        int index = link.IndexOf("br0");
        var ip4 = new Route { Family = AddressFamily.InterNetwork, Destination = IPAddress.Any, PrefixLength = 0, Table = 0 };
        var ip6 = new Route { Family = AddressFamily.InterNetworkV6, Destination = IPAddress.IPv6Any, PrefixLength = 0, Table = 0 };
        link.AddRoute(ip4 with { Gateway = Ip("10.244.0.9") });
        link.AddRoute(ip4 with { Destination = Ip("10.1.0.0"), PrefixLength = 16, LinkIndex = index, Metric = 5 });
        link.AddRoute(ip4 with { Destination = Ip("10.2.0.0"), PrefixLength = 16, LinkIndex = index, Gateway = Ip("192.0.2.1"), Table = 1000 });
        link.AddRoute(ip4 with { Destination = Ip("10.3.0.0"), PrefixLength = 16, Kind = RouteKind.Blackhole });
        link.AddRoute(ip4 with { Destination = Ip("10.4.0.0"), PrefixLength = 16, NextHops = [new(Ip("10.244.0.7"), index, 1), new(Ip("10.244.0.8"), index, 3)] });
        link.AddRoute(ip6 with { Gateway = Ip("fd00::9") });
        link.AddRoute(ip6 with { Destination = Ip("fd01::"), PrefixLength = 64, LinkIndex = index, PreferredSource = Ip("fd00::1") });
        string routes = Tool.Run(node, "ip -4 route show table all") + Tool.Run(node, "ip -6 route show table all");
        foreach (string line in new[]
        {
            "default via 10.244.0.9 dev br0", "10.1.0.0/16 dev br0 scope link metric 5", "10.2.0.0/16 via 192.0.2.1 dev br0 table 1000 onlink",
            "blackhole 10.3.0.0/16", "nexthop via 10.244.0.8 dev br0 weight 3", "default via fd00::9 dev br0", "fd01::/64 dev br0 src fd00::1",
        })
        {
            Assert.Contains(line, routes, StringComparison.Ordinal);
        }

        link.RemoveRoute(ip4 with { Destination = Ip("10.1.0.0"), PrefixLength = 16 });
        Assert.DoesNotContain("10.1.0.0", Tool.Run(node, "ip route"), StringComparison.Ordinal);

        link.SetNeighbor("br0", Ip("10.244.0.2"), [2, 0, 0, 0, 0, 1]);
        link.SetNeighbor("br0", Ip("10.244.0.2"), [2, 0, 0, 0, 0, 2]);
        link.SetNeighbor("br0", Ip("fd00::2"), [2, 0, 0, 0, 0, 3]);
        Assert.Contains(Tool.Json(node, "ip -j neigh show"), n => n.GetProperty("dst").GetString() == "10.244.0.2" && n.GetProperty("lladdr").GetString() == "02:00:00:00:00:02");
        link.RemoveNeighbor("br0", Ip("10.244.0.2"));
        Assert.Equal("fd00::2", Assert.Single(Tool.Json(node, "ip -j neigh show")).GetProperty("dst").GetString());
    }

    [Fact]
    public void A_refusal_has_the_kernels_words()
    {
        using var node = Privilege.MakeNamespace("the node");
        using var link = RouteNetlink.Open(node);
        Assert.Equal(Errno.EEXIST, Assert.Throws<NetlinkException>(() => link.AddBridge("lo")).Errno);
        var refused = Assert.Throws<NetlinkException>(() => link.AddRoute(new Route
        {
            Family = AddressFamily.InterNetwork, Destination = Ip("10.9.0.0"), PrefixLength = 16, Table = 0, Gateway = Ip("192.0.2.9"),
        }));
        Assert.Equal("Nexthop has invalid gateway", refused.KernelText);
        Assert.Contains("Nexthop has invalid gateway", refused.Message, StringComparison.Ordinal);
        Assert.Equal("LinkNotFound", Assert.Throws<NodeException>(() => link.IndexOf("none")).ErrorId);
        Assert.Equal("LinkNameInvalid", Assert.Throws<NodeException>(() => link.AddBridge("a-name-far-too-long")).ErrorId);
    }
}
