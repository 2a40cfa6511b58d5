using System.Globalization;
using System.Net;

namespace K8sNetfilter.Packets;

/// <summary>Addresses as numbers, so that a prefix is a mask and a range two comparisons. IPv4 stands in the lower 32 bits.</summary>
internal static class AddressBits
{
    private static readonly UInt128 s_ipv4 = uint.MaxValue;

    public static UInt128 From(IPAddress address) => AddressPrefix.ToNumber(address);

    public static IPAddress ToAddress(UInt128 bits, bool v6) => AddressPrefix.ToAddress(v6 ? IPFamily.IPv6 : IPFamily.IPv4, bits);

    /// <summary>The mask of a prefix length.</summary>
    public static UInt128 Mask(int length, bool v6)
    {
        int width = v6 ? 128 : 32;
        if (length <= 0)
        {
            return UInt128.Zero;
        }

        UInt128 all = v6 ? UInt128.MaxValue : s_ipv4;
        return length >= width ? all : (all << (width - length)) & all;
    }

    /// <summary>Reads <c>10.0.0.0/8</c>, <c>10.0.0.0/255.0.0.0</c> (any mask, as iptables allows) or a bare address.</summary>
    public static bool TryParsePrefix(ReadOnlySpan<char> text, bool v6, out UInt128 address, out UInt128 mask)
    {
        address = default;
        mask = Mask(128, v6);
        int slash = text.IndexOf('/');
        var head = slash < 0 ? text : text[..slash];
        if (!TryParse(head, v6, out address))
        {
            return false;
        }

        if (slash < 0)
        {
            return true;
        }

        var tail = text[(slash + 1)..];
        if (int.TryParse(tail, NumberStyles.None, CultureInfo.InvariantCulture, out int length))
        {
            if (length > (v6 ? 128 : 32))
            {
                return false;
            }

            mask = Mask(length, v6);
        }
        else if (!TryParse(tail, v6, out mask))
        {
            return false;
        }

        address &= mask;
        return true;
    }

    /// <summary>Reads an address of the family asked for.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, bool v6, out UInt128 address) =>
        AddressPrefix.TryParseAddress(text, out var family, out address) && (family == IPFamily.IPv6) == v6;
}
