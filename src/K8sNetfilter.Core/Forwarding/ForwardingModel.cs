using K8sNetfilter.Addressing;
using K8sNetfilter.Collections;
using K8sNetfilter.Ipset;
using K8sNetfilter.Links;
using K8sNetfilter.Listeners;

namespace K8sNetfilter.Forwarding;

/// <summary>
/// A node's interfaces, addresses, routes and bridges, indexed for lookups as the kernel does them. What it was not told is unknown, and
/// its answers say so.
/// </summary>
internal sealed class ForwardingModel
{
    private Dictionary<string, NetworkInterface> _interfaces = new(StringComparer.Ordinal);
    private List<NetworkInterface> _inOrder = [];
    private readonly FibTables _tables = new();
    private readonly List<FibRoute>[] _hostRoutes = [[], []];
    private readonly Dictionary<string, Bits128Map<BridgedAddress>> _stations = new(StringComparer.Ordinal);
    private readonly (bool V4, bool V6) _knowsRoutes;
    private readonly Func<string, string?> _sysctl;
    private readonly Dictionary<string, string?> _values = new(StringComparer.Ordinal);
    private List<(string, Bits128)>? _permanent;
    private readonly Dictionary<string, InterfaceSysctls> _parameters = new(StringComparer.Ordinal);

    /// <summary>Makes a network.</summary>
    /// <param name="knowsRoutes">
    /// Whether all routes and addresses of IPv4, and of IPv6, will be added; else that family's routing is unknown.
    /// </param>
    /// <param name="sysctl">
    /// Reads a kernel parameter by its dotted name, interface names with <c>/</c> for dots; null where it is not known.
    /// </param>
    public ForwardingModel((bool V4, bool V6) knowsRoutes, Func<string, string?> sysctl)
    {
        _knowsRoutes = knowsRoutes;
        _sysctl = sysctl;
    }

    // A changed copy: what does not change is shared, and parameters are looked up again.
    private ForwardingModel(ForwardingModel from, Func<string, string?> sysctl, BridgeNetfilterSwitches switches)
        : this(from._knowsRoutes, sysctl)
    {
        (_interfaces, _inOrder, _tables, _hostRoutes, _stations) = (
            from._interfaces, from._inOrder, from._tables, from._hostRoutes, from._stations);
        (Layer2, Listeners, PermanentNeighbors, Switches) = (from.Layer2, from.Listeners, from.PermanentNeighbors, switches);
        Sets = from.Sets;
    }

    /// <summary>A node of which nothing is known.</summary>
    public static ForwardingModel Unknown { get; } = new((false, false), _ => null);

    /// <summary>True where the family's routes, and the links and addresses, are known.</summary>
    public bool KnowsRoutes(IPFamily family) => family == IPFamily.IPv6 ? _knowsRoutes.V6 : _knowsRoutes.V4;

    /// <summary>The namespace's switches for bridge netfilter.</summary>
    public BridgeNetfilterSwitches Switches { get; init; } = BridgeNetfilterSwitches.Unknown;

    /// <summary>The sockets of the node and of what is behind its links.</summary>
    public NodeListeners Listeners { get; init; } = NodeListeners.Unasked;

    /// <summary>The node's sets of ipset(8), read when a walk comes to a rule that looks into one.</summary>
    public NodeIpsets Sets { get; set; } = NodeIpsets.Unasked;

    /// <summary>What is known of the link layer.</summary>
    public NodeLayer2 Layer2 { get; } = new();

    /// <summary>The neighbours that the node has for good, by device and address: read when a walk comes to where it matters.</summary>
    public Func<IEnumerable<(string Device, Bits128 Address)>> PermanentNeighbors { get; init; } = () => [];

    public IReadOnlyList<NetworkInterface> Interfaces => _inOrder;

    /// <summary>The network after br_netfilter's switches are others.</summary>
    public ForwardingModel With(BridgeNetfilterSwitches switches) => new(this, _sysctl, switches);

    /// <summary>The network after an interface has changed.</summary>
    public ForwardingModel With(NetworkInterface changed)
    {
        var copy = new ForwardingModel(this, _sysctl, Switches)
        {
            _interfaces = new(_interfaces, StringComparer.Ordinal) { [changed.Name] = changed },
            _inOrder = [.. _inOrder.Select(i => i.Name == changed.Name ? changed : i)],
        };
        return copy;
    }

    /// <summary>
    /// The network after a parameter was set. One of all interfaces sets those of each, where it changes (inet_forward_change in
    /// net/ipv4/devinet.c, addrconf_fixup_forwarding in net/ipv6/addrconf.c).
    /// </summary>
    public ForwardingModel With(string name, string value)
    {
        string? each = _sysctl(name) == value ? null
            : name switch { "net.ipv4.ip_forward" => "net.ipv4.conf.", "net.ipv6.conf.all.forwarding" => "net.ipv6.conf.", _ => null };
        bool isOn = value != "0";
        var switches = name switch
        {
            "net.bridge.bridge-nf-call-iptables" => Switches with { IPv4 = isOn },
            "net.bridge.bridge-nf-call-ip6tables" => Switches with { IPv6 = isOn },
            _ => Switches,
        };
        return new ForwardingModel(this, asked => asked == name
            || (each is not null && asked.StartsWith(each, StringComparison.Ordinal)
                && asked.EndsWith(".forwarding", StringComparison.Ordinal)) ? value : _sysctl(asked), switches);
    }

    /// <summary>What is known to be behind the ports of bridges: for each bridge in the order in which it was added.</summary>
    public IEnumerable<IReadOnlyList<BridgedAddress>> Stations => _stations.Values.Select(s => s.Values);

    /// <summary>The routes to one address on a link of its own: pods that no bridge connects.</summary>
    public IEnumerable<FibRoute> HostRoutes(IPFamily family) => _hostRoutes[family.Index];

    public void Add(NetworkInterface item)
    {
        _interfaces[item.Name] = item;
        _inOrder.Add(item);
    }

    public void Add(IPFamily family, FibRoute route)
    {
        _tables.Add(family, route);
        if (route is { Kind: FibResultKind.Unicast, Gateway: null, Device: not null } && route.PrefixLength == family.Bits)
        {
            _hostRoutes[family.Index].Add(route);
        }
    }

    /// <summary>Adds policy rules. Without any, the kernel's three default rules hold.</summary>
    public void Add(IPFamily family, IEnumerable<FibRule> rules) => _tables.Add(family, rules);

    /// <inheritdoc cref="FibTables.RulesAreUnknown"/>
    public void RulesAreUnknown(IPFamily family, string text) => _tables.RulesAreUnknown(family, text);

    /// <summary>Says behind which port of a bridge an address is.</summary>
    public void AddStation(string bridge, Bits128 address, string port)
    {
        if (!_stations.TryGetValue(bridge, out var stations))
        {
            _stations[bridge] = stations = new();
        }

        stations.Set(address, new BridgedAddress(bridge, address, port));
    }

    /// <summary>True for a neighbour whose link-layer address the node need not ask for.</summary>
    public bool IsPermanentNeighbor(string device, Bits128 address)
    {
        lock (_values)
        {
            _permanent ??= [.. PermanentNeighbors()];
            return _permanent.Contains((device, address));
        }
    }

    public NetworkInterface? Find(string? name) => name is null ? null : _interfaces.GetValueOrDefault(name);

    /// <summary>The port behind which an address is; null where that is not known.</summary>
    public string? PortOf(string bridge, Bits128 address) => _stations.GetValueOrDefault(bridge)?.Find(address)?.Port;

    /// <summary>The bridge port behind which an address was seen, of any bridge; null where that is not known.</summary>
    public string? PortBehind(Bits128 address)
    {
        foreach (var stations in _stations.Values)
        {
            if (stations.Find(address) is { } station)
            {
                return station.Port;
            }
        }

        return null;
    }

    /// <summary>A kernel parameter as a number; null where it is not known.</summary>
    public int? Number(string name)
    {
        // All else is added before the first walk; parameters alone are looked up by walks, which may run side by side.
        string? text;
        lock (_values)
        {
            if (!_values.TryGetValue(name, out text))
            {
                _values[name] = text = _sysctl(name);
            }
        }

        return int.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out int value) ? value : null;
    }

    /// <summary>Whether bridged packets meet the IP hooks; see <see cref="BridgeNetfilterSwitches.Effective"/>.</summary>
    public bool? CallsIpHooks(string bridge, IPFamily family)
    {
        var item = Find(bridge);
        return Switches.Effective(family == IPFamily.IPv6 ? Switches.IPv6 : Switches.IPv4,
            family == IPFamily.IPv6 ? item?.CallIp6tables : item?.CallIptables);
    }

    public bool? IsLocal(IPFamily family, Bits128 address)
    {
        if (!KnowsRoutes(family))
        {
            return family == IPFamily.IPv4 && address >> 24 == 127 ? true : family == IPFamily.IPv6 && address == Bits128.One ? true : null;
        }

        return LocalRoute(family, address) is { Kind: FibResultKind.Local };
    }

    /// <summary>What the table of the node's own addresses has for an address; null where it has nothing.</summary>
    public FibRoute? LocalRoute(IPFamily family, Bits128 address) => _tables.Local(family, address);

    /// <summary>Looks a packet up in the routing tables, policy rules first.</summary>
    public FibResult Route(in FibQuery packet) =>
        KnowsRoutes(packet.Family) ? _tables.Find(packet)
        : new(FibResultKind.Unknown, null, null, null, null, ForwardingMessages.RoutesUnknown);

    /// <summary>
    /// The source address for a packet out through an interface: by the next hop for IPv4 (inet_select_addr, net/ipv4/devinet.c), by the
    /// destination for IPv6. Null if there is none.
    /// </summary>
    public Bits128? SelectSource(IPFamily family, string? device, Bits128 nextHop, Bits128 destination)
    {
        var item = Find(device);
        if (family == IPFamily.IPv6)
        {
            return item is null ? null : SelectSourceIPv6(item, destination);
        }

        Bits128? first = null;
        foreach (var address in item?.Addresses ?? [])
        {
            if (address.Family == IPFamily.IPv6 || address.Secondary || address.Scope > 0)
            {
                continue;
            }

            if (address.Covers(nextHop))
            {
                return address.Address;
            }

            first ??= address.Address;
        }

        if (first is not null)
        {
            return first;
        }

        // An interface without an address borrows one of another: of any but those of link scope (inet_select_addr, no_in_dev).
        foreach (var other in _inOrder)
        {
            foreach (var address in other.Addresses)
            {
                if (address.Family == IPFamily.IPv4 && !address.Secondary && address.Scope == 0)
                {
                    return address.Address;
                }
            }
        }

        return null;
    }

    // ipv6_dev_get_saddr (net/ipv6/addrconf.c). Of the rules of RFC 6724, those that tell between addresses here, in their order: the
    // destination itself, the scope, usable before deprecated, the outgoing interface, the label (unique local addresses have one of their
    // own), the longest prefix.
    private Bits128? SelectSourceIPv6(NetworkInterface device, Bits128 destination)
    {
        bool wantsLink = destination >> 118 == 0x3fa || destination >> 112 == 0xff02;
        bool isUniqueLocal = destination >> 121 == 0x7e;
        Bits128? best = null;
        (bool Same, bool Scope, bool Usable, bool Own, bool Label, int Prefix) bestScore = default;
        foreach (var item in wantsLink ? [device] : _inOrder)
        {
            foreach (var address in item.Addresses)
            {
                if (address.Family == IPFamily.IPv4)
                {
                    continue;
                }

                int common = Math.Min((address.Address ^ destination).LeadingZeroCount(), address.PrefixLength);
                var score = (address.Address == destination, (address.Scope == 0) != wantsLink, !address.Secondary, item == device,
                    (address.Address >> 121 == 0x7e) == isUniqueLocal, common);
                if (best is null || score.CompareTo(bestScore) > 0)
                {
                    (best, bestScore) = (address.Address, score);
                }
            }
        }

        return best;
    }

    /// <summary>
    /// Why the kernel takes a packet's addresses for impossible on this interface ("martian", ip_route_input_slow and fib_validate_source
    /// in net/ipv4); null where it accepts them.
    /// </summary>
    public string? Martian(in FibQuery packet)
    {
        string? input = packet.Input;
        if (packet.Family == IPFamily.IPv6)
        {
            // Its route is looked up among those of the interface that it came in by, and ::1 is on lo (rt6_need_strict, net/ipv6/route.c).
            return packet.Destination == Bits128.One && input is { Length: > 0 } && Find(input) is { IsLoopback: false }
                ? ForwardingMessages.MartianLoopback6(input) : null;
        }

        if (!KnowsRoutes(IPFamily.IPv4) || input is null || !packet.SourceKnown)
        {
            return null;
        }

        Bits128 source = packet.Source;
        if (source >> 28 == 0xe || source == uint.MaxValue)
        {
            return ForwardingMessages.MartianSource;
        }

        bool loopback = Find(input)?.IsLoopback == true;
        var parameters = Parameters(input);
        if (!loopback && !parameters.RoutesLoopback)
        {
            if (packet.Destination >> 24 == 127)
            {
                return ForwardingMessages.MartianDestination(input);
            }

            if (source >> 24 == 127)
            {
                return ForwardingMessages.MartianLoopbackSource(input);
            }
        }

        return NoWayBack(packet, input, loopback, parameters);
    }

    // The way back is looked up with both ends changed over, as one of the node's own packets (fib_validate_source).
    private string? NoWayBack(in FibQuery packet, string input, bool loopback, InterfaceSysctls parameters)
    {
        int filter = parameters.ReversePathFilter;
        var back = Route(new FibQuery
        {
            Family = IPFamily.IPv4, Destination = packet.Source, Source = packet.Destination, SourceKnown = true, Input = "",
            Mark = parameters.ValidatesByMark ? packet.Mark : 0, MarkKnown = uint.MaxValue, Protocol = packet.Protocol, Tos = packet.Tos,
            SourcePort = packet.HasPorts ? packet.DestinationPort : 0, DestinationPort = packet.HasPorts ? packet.SourcePort : 0,
        });
        switch (back.Kind)
        {
            case FibResultKind.Unknown:
                return null;
            case FibResultKind.Unreachable or FibResultKind.Blackhole or FibResultKind.Prohibit:
                return filter != 0 ? ForwardingMessages.NoRouteBack(filter) : null;
            case FibResultKind.Local:
                // What is sent through lo keeps its route and never gets here, unless it was rewritten on its way in.
                return (loopback && !packet.Looped) || parameters.AcceptsLocal ? null : ForwardingMessages.SourceIsOwn;
            case FibResultKind.Unicast:
                return filter == 1 && back.Entry is { } entry && !entry.Devices.Contains(input)
                    ? ForwardingMessages.OtherWayBack(string.Join(" or ", entry.Devices), input) : null;
            default:
                return ForwardingMessages.MartianSource;
        }
    }

    /// <summary>
    /// Whether packets that come in through an interface are forwarded. Null where that is not known.
    /// </summary>
    public bool? Forwards(IPFamily family, string? input)
    {
        // ip6_forward: the interface that it came in by may forward alone (since Linux 6.17).
        int? number = family == IPFamily.IPv6
            ? Number("net.ipv6.conf.all.forwarding") is { } all && all == 0 && input is { Length: > 0 }
            ? Number($"net.ipv6.conf.{input.Replace('.', '/')}.force_forwarding") ?? 0
                : Number("net.ipv6.conf.all.forwarding")
            : (input is { Length: > 0 } ? Parameters(input).Forwarding : null) ?? Number("net.ipv4.ip_forward");
        return number is null ? null : number != 0;
    }

    /// <summary>The parameter that <see cref="Forwards"/> goes by: an interface can be off where the node is on.</summary>
    public string ForwardingParameter(IPFamily family, string? input) =>
        family == IPFamily.IPv6 ? "net.ipv6.conf.all.forwarding"
        : input is { Length: > 0 } && Parameters(input).Forwarding == 0 && Number("net.ipv4.ip_forward") is > 0
        ? $"net.ipv4.conf.{input.Replace('.', '/')}.forwarding"
        : "net.ipv4.ip_forward";

    /// <summary>What net.ipv4.conf says of an interface.</summary>
    public InterfaceSysctls Parameters(string item)
    {
        lock (_parameters)
        {
            if (!_parameters.TryGetValue(item, out var known))
            {
                _parameters[item] = known = InterfaceSysctls.Read(item, Number);
            }

            return known;
        }
    }
}
