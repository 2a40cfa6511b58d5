using System.Globalization;
using System.Net.Sockets;

namespace K8sNetfilter.Links.Iproute2;

/// <summary>
/// The words that iproute2's tools have for the kernel's numbers, both ways. What has no word is its number, as the tools print it.
/// </summary>
internal static class IpNames
{
    private static readonly string[] Kinds =
        ["none", "unicast", "local", "broadcast", "anycast", "multicast", "blackhole", "unreachable", "prohibit", "throw", "nat",
            "xresolve"];

    private static readonly string[] States = ["UNKNOWN", "NOTPRESENT", "DOWN", "LOWERLAYERDOWN", "TESTING", "DORMANT", "UP"];

    private static readonly string[] PortStates = ["disabled", "listening", "learning", "forwarding", "blocking"];

    // etc/iproute2/rt_protos, rt_tables and rt_scopes as iproute2 ships them.
    private static readonly (byte Number, string Name)[] Protocols =
    [
        (0, "unspec"), (1, "redirect"), (2, "kernel"), (3, "boot"), (4, "static"), (8, "gated"), (9, "ra"), (10, "mrt"), (11, "zebra"),
            (12, "bird"), (13, "dnrouted"),
        (14, "xorp"), (15, "ntk"), (16, "dhcp"), (18, "keepalived"), (42, "babel"), (99, "openr"), (186, "bgp"), (187, "isis"),
        (188, "ospf"), (189, "rip"), (192, "eigrp"),
    ];

    private static readonly (uint Number, string Name)[] Tables = [(253, "default"), (254, "main"), (255, "local"), (0, "unspec")];

    private static readonly (RouteScope Scope, string Name)[] Scopes =
    [
        (RouteScope.Global, "global"), (RouteScope.Site, "site"), (RouteScope.Link, "link"), (RouteScope.Host, "host"),
            (RouteScope.Nowhere, "nowhere"),
    ];

    // include/uapi/linux/rtnetlink.h, RTNH_F_….
    private static readonly (uint Flag, string Name)[] HopFlags =
        [(1, "dead"), (2, "pervasive"), (4, "onlink"), (8, "offload"), (16, "linkdown"), (32, "unresolved"), (64, "trap")];

    // include/uapi/linux/if_addr.h, IFA_F_…; the tools say "dynamic" where IFA_F_PERMANENT is not set, and "temporary" for IPv6's
    // secondary.
    private static readonly (uint Flag, string Name)[] AddressFlags =
    [
        (0x01, "secondary"), (0x02, "nodad"), (0x04, "optimistic"), (0x08, "dadfailed"), (0x10, "home"), (0x20, "deprecated"),
            (0x40, "tentative"),
        (0x100, "mngtmpaddr"), (0x200, "noprefixroute"), (0x400, "autojoin"), (0x800, "stable-privacy"),
    ];

    /// <summary>IFA_F_PERMANENT.</summary>
    public const uint PermanentAddress = 0x80;

    public static string OfKind(RouteKind kind) => (int)kind is >= 0 and < 12 ? Kinds[(int)kind] : Number((uint)kind);

    public static RouteKind? KindOf(string name) =>
        Array.IndexOf(Kinds, name) is >= 0 and int i ? (RouteKind)i : uint.TryParse(name, out uint n) && n < 256 ? (RouteKind)n : null;

    public static string OfState(LinkState state) => (int)state is >= 0 and < 7 ? States[(int)state] : Number((uint)state);

    public static LinkState StateOf(string name) => Array.IndexOf(States, name) is >= 0 and int i ? (LinkState)i : LinkState.Unknown;

    public static string OfPortState(BridgePortState state) => (int)state is >= 0 and < 5 ? PortStates[(int)state] : Number((uint)state);

    public static BridgePortState? PortStateOf(string name) =>
        Array.IndexOf(PortStates, name) is >= 0 and int i ? (BridgePortState)i : null;

    public static string OfProtocol(byte protocol) => Array.Find(Protocols, p => p.Number == protocol).Name ?? Number(protocol);

    public static byte? ProtocolOf(string name) =>
        Array.Find(Protocols, p => p.Name == name) is { Name: not null } known
            ? known.Number : byte.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out byte n) ? n : null;

    public static string OfTable(uint table) => Array.Find(Tables, t => t.Number == table).Name ?? Number(table);

    /// <summary>A table's number.</summary>
    /// <param name="name">Its name or number.</param>
    /// <param name="own">The names of the node's own rt_tables.</param>
    public static uint? TableOf(string name, IReadOnlyDictionary<string, uint>? own) =>
        Array.Find(Tables, t => t.Name == name) is { Name: not null } known ? known.Number
        : uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out uint n) ? n
        : own is not null && own.TryGetValue(name, out n) ? n : null;

    public static string OfScope(RouteScope scope) => Array.Find(Scopes, s => s.Scope == scope).Name ?? Number((uint)scope);

    public static RouteScope? ScopeOf(string name) =>
        Array.Find(Scopes, s => s.Name == name) is { Name: not null } known ? known.Scope : uint.TryParse(name, out uint n) && n < 256
            ? (RouteScope)n : null;

    public static IEnumerable<string> OfHopFlags(uint flags) => HopFlags.Where(f => (flags & f.Flag) != 0).Select(f => f.Name);

    public static uint HopFlagOf(string name) => Array.Find(HopFlags, f => f.Name == name).Flag;

    public static IEnumerable<string> OfAddressFlags(uint flags, AddressFamily family) => AddressFlags
        .Where(f => (flags & f.Flag) != 0).Select(f => f.Flag == 1 && family == AddressFamily.InterNetworkV6 ? "temporary" : f.Name)
        .Concat((flags & PermanentAddress) == 0 ? ["dynamic"] : []);

    public static uint AddressFlagOf(string name) => name == "temporary" ? 1 : Array.Find(AddressFlags, f => f.Name == name).Flag;

    public static string OfNeighborState(NeighborState state) => state switch
    {
        NeighborState.NoArp => "NOARP",
        NeighborState.None => "NONE",
        _ => state.ToString().ToUpperInvariant(),
    };

    public static NeighborState NeighborStateOf(string name) => name switch
    {
        "NOARP" => NeighborState.NoArp,
        "NONE" => NeighborState.None,
        _ => Enum.TryParse<NeighborState>(name, ignoreCase: true, out var state) && !char.IsAsciiDigit(name[0])
        ? state : NeighborState.None,
    };

    // bridge/fdb.c: what it does not name it prints in hexadecimal.
    public static string OfForwardingState(NeighborState state) =>
        (state & NeighborState.Permanent) != 0 ? "permanent"
        : (state & NeighborState.NoArp) != 0 ? "static"
        : (state & NeighborState.Stale) != 0 ? "stale"
        : (state & NeighborState.Reachable) != 0 ? ""
        : string.Create(CultureInfo.InvariantCulture, $"state=0x{(int)state:x}");

    public static NeighborState ForwardingStateOf(string name) => name switch
    {
        "permanent" => NeighborState.Permanent,
        "static" => NeighborState.NoArp,
        "stale" => NeighborState.Stale,
        "" => NeighborState.Reachable,
        _ => name.StartsWith("state=0x", StringComparison.Ordinal)
        && int.TryParse(name.AsSpan(8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int n)
        ? (NeighborState)n : NeighborState.None,
    };

    /// <summary>Reads the lines <c>number name</c> of rt_tables.</summary>
    public static Dictionary<string, uint> ReadTables(string text)
    {
        var tables = new Dictionary<string, uint>(StringComparer.Ordinal);
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            string[] words = line.ToString().Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length >= 2 && words[0][0] != '#'
                && (words[0].StartsWith("0x", StringComparison.Ordinal)
                    ? uint.TryParse(words[0].AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint n)
                    : uint.TryParse(words[0], out n)))
            {
                tables.TryAdd(words[1], n);
            }
        }

        return tables;
    }

    private static string Number(uint number) => number.ToString(CultureInfo.InvariantCulture);
}
