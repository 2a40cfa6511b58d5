using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace K8sNetfilter.Tests.Simulation;

/// <summary>
/// How the lab's plan of addresses is spelled in one family. It is written once, as IPv4's dotted numbers; IPv6 has a group for each of
/// them: 10.2.0.3 is fd00:2::3, 10.2.0.0/24 is fd00:2::/64, 10.96.0.0/12 is fd00:60::/28 and 8.8.8.8 is 2008:8:8::8. What is inside what,
/// and which prefix is longer, is the same in both.
/// </summary>
internal sealed partial class LabAddressing
{
    private LabAddressing(bool v6) => V6 = v6;

    public static LabAddressing IPv4 { get; } = new(false);

    public static LabAddressing IPv6 { get; } = new(true);

    public bool V6 { get; }

    /// <summary>The option of ip(8).</summary>
    public string Option => V6 ? "-6" : "-4";

    /// <summary>The family's form of a tool: iptables-nft-save, ip6tables-nft-save.</summary>
    public string Tables(string tool) => (V6 ? "ip6tables-nft-" : "iptables-nft-") + tool;

    /// <summary>ICMP, as rules and packets name it.</summary>
    public string Icmp => V6 ? "ipv6-icmp" : "icmp";

    public int EchoRequest => V6 ? 128 : 8;

    public int EchoReply => V6 ? 129 : 0;

    public int HeaderSize => V6 ? 40 : 20;

    /// <summary>What stands in a frame before the packet (ETH_P_IP, ETH_P_IPV6).</summary>
    public ushort EtherType => (ushort)(V6 ? 0x86dd : 0x0800);

    /// <summary>Spells every address, prefix and endpoint of a text.</summary>
    public string Spell(string text) => V6 ? Dotted().Replace(text, m => Spell(m)) : text;

    public IPAddress Address(string plan) => IPAddress.Parse(Spell(plan));

    /// <summary>The four numbers of the plan that an address of the lab was spelled from.</summary>
    public byte[] Plan(IPAddress address)
    {
        byte[] b = address.GetAddressBytes();
        return V6 ? [b[0] == 0xfd ? (byte)10 : b[1], b[3], b[5], b[15]] : b;
    }

    private static string Spell(Match match)
    {
        byte[] plan = [.. Enumerable.Range(1, 4).Select(i => byte.Parse(match.Groups[i].ValueSpan, CultureInfo.InvariantCulture))];
        string text = Groups(plan, number => (ushort)(number switch { 0 => 0, 10 => 0xfd00, _ => 0x2000 | number }), number => number);
        if (match.Groups["length"] is { Success: true } length)
        {
            int bits = int.Parse(length.ValueSpan, CultureInfo.InvariantCulture);
            int within = bits % 8 == 0 ? 0 : 8 + (bits % 8);
            text += string.Create(CultureInfo.InvariantCulture, $"/{(bits < 24 ? (16 * (bits / 8)) + within : bits == 24 ? 64 : bits == 32 ? 128 : 112 + within)}");
        }
        else if (match.Groups["mask"] is { Success: true } mask)
        {
            static ushort Wide(byte number) => (ushort)(number == 255 ? 0xffff : 0);
            text += "/" + Groups(IPAddress.Parse(mask.ValueSpan).GetAddressBytes(), Wide, Wide);
        }

        return match.Groups["port"] is { Success: true } port ? $"[{text}]{port.Value}" : text;
    }

    private static string Groups(byte[] plan, Func<byte, ushort> first, Func<byte, ushort> other)
    {
        var bytes = new byte[16];
        (int Group, ushort Value)[] groups = [(0, first(plan[0])), (1, other(plan[1])), (2, other(plan[2])), (7, other(plan[3]))];
        foreach (var (group, value) in groups)
        {
            (bytes[2 * group], bytes[(2 * group) + 1]) = ((byte)(value >> 8), (byte)value);
        }

        return new IPAddress(bytes).ToString();
    }

    [GeneratedRegex(@"\b(\d+)\.(\d+)\.(\d+)\.(\d+)(?:/(?:(?<mask>\d+\.\d+\.\d+\.\d+)|(?<length>\d+)))?(?<port>:\d+(?:-\d+)?)?")]
    private static partial Regex Dotted();
}
