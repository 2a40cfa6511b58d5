using System.Globalization;
using K8sNetfilter.Addressing;

namespace K8sNetfilter.Ipset;

/// <summary>Protocols and ports as ipset(8) writes them: <c>tcp:80</c>, <c>icmp:echo-request</c>, <c>icmp:8/3</c>, <c>vrrp:0</c>.</summary>
internal static class IpsetPortText
{
    // The tool takes names from /etc/protocols; these are Debian's.
    private static readonly (byte Number, string Name)[] NamedProtocols =
    [
        (1, "icmp"), (2, "igmp"), (3, "ggp"), (4, "ipencap"), (5, "st"), (6, "tcp"), (8, "egp"), (9, "igp"), (12, "pup"), (17, "udp"),
        (20, "hmp"),
        (22, "xns-idp"), (27, "rdp"), (29, "iso-tp4"), (33, "dccp"), (36, "xtp"), (37, "ddp"), (38, "idpr-cmtp"), (41, "ipv6"),
        (43, "ipv6-route"),
        (44, "ipv6-frag"), (45, "idrp"), (46, "rsvp"), (47, "gre"), (50, "esp"), (51, "ah"), (57, "skip"), (58, "ipv6-icmp"),
        (59, "ipv6-nonxt"),
        (60, "ipv6-opts"), (73, "rspf"), (81, "vmtp"), (88, "eigrp"), (89, "ospf"), (93, "ax.25"), (94, "ipip"), (97, "etherip"),
        (98, "encap"),
        (103, "pim"), (108, "ipcomp"), (112, "vrrp"), (115, "l2tp"), (124, "isis"), (132, "sctp"), (133, "fc"), (135, "mobility-header"),
        (136, "udplite"), (137, "mpls-in-ip"), (138, "manet"), (139, "hip"), (140, "shim6"), (141, "wesp"), (142, "rohc"),
        (143, "ethernet"),
    ];

    private static readonly (string Name, byte Type, byte Code)[] Icmp =
    [
        ("echo-reply", 0, 0), ("pong", 0, 0), ("network-unreachable", 3, 0), ("host-unreachable", 3, 1), ("protocol-unreachable", 3, 2),
        ("port-unreachable", 3, 3),
        ("fragmentation-needed", 3, 4), ("source-route-failed", 3, 5), ("network-unknown", 3, 6), ("host-unknown", 3, 7),
        ("network-prohibited", 3, 9),
        ("host-prohibited", 3, 10), ("TOS-network-unreachable", 3, 11), ("TOS-host-unreachable", 3, 12),
        ("communication-prohibited", 3, 13),
        ("host-precedence-violation", 3, 14), ("precedence-cutoff", 3, 15), ("source-quench", 4, 0), ("network-redirect", 5, 0),
        ("host-redirect", 5, 1),
        ("TOS-network-redirect", 5, 2), ("TOS-host-redirect", 5, 3), ("echo-request", 8, 0), ("ping", 8, 0), ("router-advertisement", 9, 0),
        ("router-solicitation", 10, 0), ("ttl-zero-during-transit", 11, 0), ("ttl-zero-during-reassembly", 11, 1), ("ip-header-bad", 12, 0),
        ("required-option-missing", 12, 1), ("timestamp-request", 13, 0), ("timestamp-reply", 14, 0), ("address-mask-request", 17, 0),
        ("address-mask-reply", 18, 0),
    ];

    private static readonly (string Name, byte Type, byte Code)[] Icmp6 =
    [
        ("no-route", 1, 0), ("communication-prohibited", 1, 1), ("address-unreachable", 1, 3), ("port-unreachable", 1, 4),
        ("packet-too-big", 2, 0),
        ("ttl-zero-during-transit", 3, 0), ("ttl-zero-during-reassembly", 3, 1), ("bad-header", 4, 0), ("unknown-header-type", 4, 1),
        ("unknown-option", 4, 2),
        ("echo-request", 128, 0), ("ping", 128, 0), ("echo-reply", 129, 0), ("pong", 129, 0), ("router-solicitation", 133, 0),
        ("router-advertisement", 134, 0),
        ("neighbour-solicitation", 135, 0), ("neighbour-advertisement", 136, 0), ("redirect", 137, 0),
    ];

    /// <summary>Writes a protocol and its port.</summary>
    public static string Format(byte protocol, ushort port)
    {
        string name = protocol.ToString(CultureInfo.InvariantCulture);
        foreach (var known in NamedProtocols)
        {
            name = known.Number == protocol ? known.Name : name;
        }

        if (protocol is not (IPProtocolName.Icmp or IPProtocolName.IcmpV6))
        {
            return string.Create(CultureInfo.InvariantCulture, $"{name}:{port}");
        }

        foreach (var known in protocol == IPProtocolName.Icmp ? Icmp : Icmp6)
        {
            if (((known.Type << 8) | known.Code) == port)
            {
                return name + ":" + known.Name;
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{name}:{port >> 8}/{port & 0xff}");
    }

    /// <summary>Reads a protocol and its port; a port alone is TCP's, as ipset(8) takes it.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out byte protocol, out ushort port)
    {
        protocol = IPProtocolName.Tcp;
        port = 0;
        int colon = text.IndexOf(':');
        if (colon < 0)
        {
            return ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port);
        }

        var rest = text[(colon + 1)..];
        if (!TryProtocol(text[..colon], out protocol))
        {
            return false;
        }

        return protocol is IPProtocolName.Icmp or IPProtocolName.IcmpV6
            ? TryIcmp(rest, protocol == IPProtocolName.Icmp ? Icmp : Icmp6, out port)
            : ushort.TryParse(rest, NumberStyles.None, CultureInfo.InvariantCulture, out port);
    }

    private static bool TryProtocol(ReadOnlySpan<char> name, out byte protocol)
    {
        switch (name)
        {
            case "tcp":
                protocol = IPProtocolName.Tcp;
                return true;
            case "udp":
                protocol = IPProtocolName.Udp;
                return true;
        }

        foreach (var known in NamedProtocols)
        {
            if (name.Equals(known.Name, StringComparison.OrdinalIgnoreCase))
            {
                protocol = known.Number;
                return true;
            }
        }

        return IPProtocolName.TryParse(name, out protocol);
    }

    private static bool TryIcmp(ReadOnlySpan<char> text, (string Name, byte Type, byte Code)[] names, out ushort port)
    {
        port = 0;
        int slash = text.IndexOf('/');
        if (slash > 0)
        {
            bool isRead = byte.TryParse(text[..slash], NumberStyles.None, CultureInfo.InvariantCulture, out byte type)
                & byte.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out byte code);
            port = (ushort)((type << 8) | code);
            return isRead;
        }

        foreach (var known in names)
        {
            if (text.SequenceEqual(known.Name))
            {
                port = (ushort)((known.Type << 8) | known.Code);
                return true;
            }
        }

        return false;
    }
}
