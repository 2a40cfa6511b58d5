using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Links;
using K8sNetfilter.Namespaces;

namespace K8sNetfilter.Tests.Simulation;

/// <summary>A node's links as plain data: cni0 (10.244.0.1/24) with pod A (10.244.0.2) at veth-a and B (10.244.0.3) at veth-b, and eth0 (192.168.1.10/24) with the default route.</summary>
internal sealed class PlainLinks : ILinkSource
{
    public List<Link> Links { get; } =
    [
        new() { Index = 1, Name = "lo", IsLoopback = true, IsUp = true, HasCarrier = true, Mtu = 65536 },
        new() { Index = 2, Name = "eth0", IsUp = true, HasCarrier = true, Mtu = 1500 },
        new() { Index = 3, Name = "cni0", Kind = "bridge", IsUp = true, HasCarrier = true, Mtu = 1500, MacAddress = "02:aa:00:00:00:01", Bridge = new BridgeSettings { NfCallIptables = false, NfCallIp6tables = false } },
        Port(4, "veth-a"),
        Port(5, "veth-b"),
    ];

    public List<Address> Addresses { get; } =
    [
        new() { IPAddress = IPAddress.Parse("192.168.1.10"), PrefixLength = 24, LinkIndex = 2 },
        new() { IPAddress = IPAddress.Parse("10.244.0.1"), PrefixLength = 24, LinkIndex = 3 },
    ];

    public List<Route> Routes { get; } =
    [
        Local("192.168.1.10"), Local("10.244.0.1"),
        To("192.168.1.0/24", 2), To("10.244.0.0/24", 3), To("0.0.0.0/0", 2, "192.168.1.1"),
    ];

    public bool KnowsRoutes { get; set; } = true;

    public List<RoutingRule>? Rules { get; set; } = [Rule(0, 255), Rule(32766, 254), Rule(32767, 253), Rule(0, 255) with { Family = AddressFamily.InterNetworkV6 }];

    public List<Neighbor>? Neighbors { get; set; } = [Neighbor("192.168.1.1", 2, NeighborState.Reachable, "02:cc:00:00:00:01")];

    public List<ForwardingEntry>? Entries { get; set; } = [];

    /// <summary>What is known of the pods' ends.</summary>
    public Dictionary<int, (string Address, string Mac, int Mtu)> Pods { get; } = new()
    {
        [4] = ("10.244.0.2", "02:bb:00:00:00:02", 1500),
        [5] = ("10.244.0.3", "02:bb:00:00:00:03", 1500),
    };

    public static Link Port(int index, string name) => new()
    {
        Index = index, Name = name, Kind = "veth", IsUp = true, HasCarrier = true, Mtu = 1500, MasterIndex = 3, PeerIndex = 2, PeerNamespaceId = index,
        Port = new BridgePortSettings { State = BridgePortState.Forwarding, Hairpin = false, Isolated = false },
    };

    public static Route To(string network, int? link, string? gateway = null)
    {
        string[] parts = network.Split('/');
        return new Route
        {
            Family = AddressFamily.InterNetwork, Destination = IPAddress.Parse(parts[0]), PrefixLength = int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture), Table = 254,
            Kind = RouteKind.Unicast, LinkIndex = link, Gateway = gateway is null ? null : IPAddress.Parse(gateway),
        };
    }

    public static RoutingRule Rule(uint priority, uint table) =>
        new() { Family = AddressFamily.InterNetwork, Priority = priority, Action = RoutingRuleAction.Lookup, Table = table };

    public static Neighbor Neighbor(string address, int link, NeighborState state, string? mac) =>
        new() { IPAddress = IPAddress.Parse(address), LinkIndex = link, State = state, MacAddress = mac };

    private static Route Local(string address) => To(address + "/32", 1) with { Kind = RouteKind.Local, Table = 255 };

    public IReadOnlyList<Link>? ReadLinks(Action<string> warn, CancellationToken cancellation) => Links;

    public IReadOnlyList<Address>? ReadAddresses(Action<string> warn, CancellationToken cancellation) => Addresses;

    public IReadOnlyList<Route>? ReadRoutes(Action<string> warn, CancellationToken cancellation) => KnowsRoutes ? Routes : null;

    public IReadOnlyList<RoutingRule>? ReadRules(Action<string> warn, CancellationToken cancellation) => Rules;

    public IReadOnlyList<Neighbor>? ReadNeighbors(Action<string> warn, CancellationToken cancellation) => Neighbors;

    public IReadOnlyList<ForwardingEntry>? ReadForwardingEntries(Action<string> warn, CancellationToken cancellation) => Entries;

    public IReadOnlyDictionary<int, IReadOnlyList<Address>>? ReadPeerAddresses(IEnumerable<Link> links, Action<string> warn, CancellationToken cancellation) =>
        links.Where(l => Pods.ContainsKey(l.Index))
            .ToDictionary(l => l.Index, l => (IReadOnlyList<Address>)[new Address { IPAddress = IPAddress.Parse(Pods[l.Index].Address), PrefixLength = 24, LinkIndex = 2 }]);

    public IReadOnlyDictionary<int, Link>? ReadPeerLinks(IEnumerable<Link> links, CancellationToken cancellation) =>
        links.Where(l => Pods.ContainsKey(l.Index)).ToDictionary(l => l.Index, l => new Link { Index = 2, Name = "eth0", MacAddress = Pods[l.Index].Mac, Mtu = Pods[l.Index].Mtu });

    public IReadOnlyDictionary<int, NetworkNamespaceInfo>? ReadPeerNamespaces(CancellationToken cancellation) => null;
}
