using System.Buffers.Text;
using System.Globalization;
using System.Net;

namespace K8sNetfilter.Addressing;

/// <summary>Addresses as numbers, so that a prefix is a mask and a range two comparisons. IPv4 stands in the lower 32 bits.</summary>
internal static class AddressBits
{
    private static readonly Bits128 Ipv4 = uint.MaxValue;

    public static Bits128 From(IPAddress address) => AddressPrefix.ToNumber(address);

    public static IPAddress ToAddress(Bits128 bits, IPFamily family) =>
        AddressPrefix.ToAddress(family == IPFamily.IPv6 ? family : IPFamily.IPv4, bits);

    /// <summary>The mask of a prefix length.</summary>
    public static Bits128 Mask(int length, IPFamily family)
    {
        int width = family.Bits;
        if (length <= 0)
        {
            return Bits128.Zero;
        }

        Bits128 all = family == IPFamily.IPv6 ? Bits128.MaxValue : Ipv4;
        return length >= width ? all : (all << (width - length)) & all;
    }

    /// <summary>Reads <c>10.0.0.0/8</c>, <c>10.0.0.0/255.0.0.0</c> (any mask, as iptables allows) or a bare address.</summary>
    public static bool TryParsePrefix(ReadOnlySpan<char> text, IPFamily family, out Bits128 address, out Bits128 mask)
    {
        address = default;
        mask = Mask(128, family);
        int slash = text.IndexOf('/');
        var head = slash < 0 ? text : text[..slash];
        if (!TryParse(head, family, out address))
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
            if (length > family.Bits)
            {
                return false;
            }

            mask = Mask(length, family);
        }
        else if (!TryParse(tail, family, out mask))
        {
            return false;
        }

        address &= mask;
        return true;
    }

    /// <summary>
    /// As <see cref="TryParsePrefix(ReadOnlySpan{char}, IPFamily, out Bits128, out Bits128)"/>, from the bytes of a dump.
    /// </summary>
    public static bool TryParsePrefix(ReadOnlySpan<byte> text, IPFamily family, out Bits128 address, out Bits128 mask)
    {
        if (family != IPFamily.IPv6 && TryParsePlain(text, out uint plain, out int used))
        {
            int length = 32;
            if (used == text.Length || (used < text.Length - 1 && text[used] == '/'
                && Utf8Parser.TryParse(text[(used + 1)..], out length, out int digits)
                && used + 1 + digits == text.Length && length is >= 0 and <= 32 && text[used + 1] is >= (byte)'0' and <= (byte)'9'))
            {
                mask = Mask(length, IPFamily.IPv4);
                address = plain & mask;
                return true;
            }
        }

        if (text.Length > 96)
        {
            (address, mask) = (default, default);
            return false;
        }

        Span<char> chars = stackalloc char[text.Length];
        for (int i = 0; i < text.Length; i++)
        {
            chars[i] = (char)text[i];
        }

        return TryParsePrefix(chars, family, out address, out mask);
    }

    /// <summary>Reads one address and port as kube-proxy writes them: <c>10.244.0.3:8080</c>, <c>[fd00::3]:8080</c>.</summary>
    public static bool TryParseEndpoint(ReadOnlySpan<byte> text, IPFamily family, out Bits128 address, out int port)
    {
        address = default;
        port = 0;
        int colon = text.LastIndexOf((byte)':');
        if (colon < 1 || colon == text.Length - 1 || text[colon + 1] is (byte)'+' or (byte)'-'
            || !Utf8Parser.TryParse(text[(colon + 1)..], out port, out int used) || used != text.Length - colon - 1
            || port is < 0 or > 65535)
        {
            return false;
        }

        var host = text[..colon];
        if (family == IPFamily.IPv6)
        {
            if (host.Length < 3 || host[0] != '[' || host[^1] != ']')
            {
                return false;
            }

            host = host[1..^1];
        }

        return host.IndexOfAny("/-,"u8) < 0 && TryParsePrefix(host, family, out address, out _);
    }

    /// <summary>Reads four decimal numbers with dots between them, without leading zeros; says how many bytes they take.</summary>
    public static bool TryParsePlain(ReadOnlySpan<byte> text, out uint address, out int used)
    {
        address = 0;
        used = 0;
        for (int part = 0; part < 4; part++)
        {
            int start = used;
            uint number = 0;
            for (; used < text.Length && text[used] is >= (byte)'0' and <= (byte)'9' && used - start < 3; used++)
            {
                number = (number * 10) + (uint)(text[used] - '0');
            }

            if (used == start || number > 255 || (text[start] == '0' && used - start > 1)
                || (part < 3 ? used == text.Length || text[used++] != '.'
                    : used < text.Length && text[used] is (byte)'.' or >= (byte)'0' and <= (byte)'9'))
            {
                return false;
            }

            address = (address << 8) | number;
        }

        return true;
    }

    /// <summary>Reads an address of the family asked for.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, IPFamily family, out Bits128 address) =>
        AddressPrefix.TryParseAddress(text, out var found, out address) && (found == IPFamily.IPv6) == (family == IPFamily.IPv6);
}
