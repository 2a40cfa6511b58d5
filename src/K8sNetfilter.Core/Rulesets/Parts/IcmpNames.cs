namespace K8sNetfilter.Rulesets.Parts;

/// <summary>The names that iptables takes for ICMP types (iptables -p icmp -h), where it does not print numbers.</summary>
internal static class IcmpNames
{
    private static readonly (string Name, byte Type, int Code)[] V4 =
    [
        ("echo-reply", 0, -1), ("pong", 0, -1), ("destination-unreachable", 3, -1), ("network-unreachable", 3, 0),
            ("host-unreachable", 3, 1),
        ("protocol-unreachable", 3, 2), ("port-unreachable", 3, 3), ("fragmentation-needed", 3, 4), ("source-quench", 4, -1),
        ("redirect", 5, -1),
        ("echo-request", 8, -1), ("ping", 8, -1), ("router-advertisement", 9, -1), ("router-solicitation", 10, -1),
        ("time-exceeded", 11, -1),
        ("ttl-exceeded", 11, -1), ("ttl-zero-during-transit", 11, 0), ("parameter-problem", 12, -1), ("timestamp-request", 13, -1),
        ("timestamp-reply", 14, -1),
    ];

    private static readonly (string Name, byte Type, int Code)[] V6 =
    [
        ("destination-unreachable", 1, -1), ("no-route", 1, 0), ("communication-prohibited", 1, 1), ("address-unreachable", 1, 3),
            ("port-unreachable", 1, 4),
        ("packet-too-big", 2, -1), ("time-exceeded", 3, -1), ("ttl-exceeded", 3, -1), ("parameter-problem", 4, -1),
        ("echo-request", 128, -1), ("ping", 128, -1),
        ("echo-reply", 129, -1), ("pong", 129, -1), ("router-solicitation", 133, -1), ("router-advertisement", 134, -1),
        ("neighbour-solicitation", 135, -1), ("neighbor-solicitation", 135, -1), ("neighbour-advertisement", 136, -1),
        ("neighbor-advertisement", 136, -1), ("redirect", 137, -1),
    ];

    /// <summary>Reads a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="v6">ICMP for IPv6.</param>
    /// <param name="type">The type.</param>
    /// <param name="first">The first of its codes.</param>
    /// <param name="last">The last of its codes.</param>
    public static bool TryParse(string name, bool v6, out byte type, out byte first, out byte last)
    {
        foreach (var entry in v6 ? V6 : V4)
        {
            if (entry.Name == name)
            {
                (type, first, last) = (entry.Type, entry.Code < 0 ? (byte)0 : (byte)entry.Code, entry.Code < 0
                    ? (byte)255 : (byte)entry.Code);
                return true;
            }
        }

        (type, first, last) = (0, 0, 255);
        return false;
    }
}
