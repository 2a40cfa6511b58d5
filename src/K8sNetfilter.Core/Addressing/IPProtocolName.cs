using System.Globalization;

namespace K8sNetfilter.Addressing;

/// <summary>
/// Names of transport protocols, as conntrack(8), iptables(8) and /etc/protocols spell them. A protocol without a name here is shown as
/// its number.
/// </summary>
public static class IPProtocolName
{
    /// <summary>ICMP for IPv4.</summary>
    public const byte Icmp = 1;

    /// <summary>TCP.</summary>
    public const byte Tcp = 6;

    /// <summary>UDP.</summary>
    public const byte Udp = 17;

    /// <summary>DCCP.</summary>
    public const byte Dccp = 33;

    /// <summary>Generic routing encapsulation.</summary>
    public const byte Gre = 47;

    /// <summary>ICMP for IPv6.</summary>
    public const byte IcmpV6 = 58;

    /// <summary>SCTP.</summary>
    public const byte Sctp = 132;

    /// <summary>UDP-Lite.</summary>
    public const byte UdpLite = 136;

    private static readonly string[] AllNames = MakeNames();

    /// <summary>The names, for completion.</summary>
    public static IReadOnlyList<string> Known { get; } = [.. AllNames.Where(n => !char.IsAsciiDigit(n[0]))];

    /// <summary>The name of a protocol number, or the number as text.</summary>
    public static string Of(byte protocol) => AllNames[protocol];

    /// <summary>Reads a name in any case (<c>Tcp</c>, <c>ipv6-icmp</c>) or a number from 0 to 255.</summary>
    /// <returns>False where it is neither.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out byte protocol)
    {
        text = text.Trim();
        if (byte.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out protocol))
        {
            return true;
        }

        if (text.Equals("ipv6-icmp", StringComparison.OrdinalIgnoreCase) || text.Equals("icmp6", StringComparison.OrdinalIgnoreCase))
        {
            protocol = IcmpV6;
            return true;
        }

        for (int i = 0; i < AllNames.Length; i++)
        {
            if (text.Equals(AllNames[i], StringComparison.OrdinalIgnoreCase))
            {
                protocol = (byte)i;
                return true;
            }
        }

        return false;
    }

    private static string[] MakeNames()
    {
        var names = new string[256];
        for (int i = 0; i < names.Length; i++)
        {
            names[i] = i.ToString(CultureInfo.InvariantCulture);
        }

        // https://www.iana.org/assignments/protocol-numbers: those that occur on a node. conntrack(8) has its own word for the first eight.
        (byte Number, string Name)[] known =
        [
            (Icmp, "icmp"), (Tcp, "tcp"), (Udp, "udp"), (Dccp, "dccp"), (Gre, "gre"), (IcmpV6, "icmpv6"), (Sctp, "sctp"),
            (UdpLite, "udplite"), (2, "igmp"), (4, "ipencap"), (41, "ipv6"), (50, "esp"), (51, "ah"), (89, "ospf"), (103, "pim"),
            (108, "ipcomp"), (112, "vrrp"), (115, "l2tp"),
        ];
        foreach (var (number, name) in known)
        {
            names[number] = name;
        }

        return names;
    }
}
