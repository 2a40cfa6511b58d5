using System.Globalization;
using System.Text;
using K8sNetfilter.Addressing;
using K8sNetfilter.Text;

namespace K8sNetfilter.Ipset;

/// <summary>
/// The keys of elements as ipset(8) writes them: <c>10.0.0.0/8</c>, <c>10.96.0.1,tcp:443</c>, <c>10.0.0.0/24,physdev:eth0</c>.
/// </summary>
internal static class IpsetKeyText
{
    private const string Physical = "physdev:";

    /// <summary>Writes an element's key.</summary>
    public static string Format(NodeIpset set, in IpsetElement element)
    {
        var text = new StringBuilder(48);
        int address = 0;
        foreach (var part in set.Type!.Parts)
        {
            if (part == IpsetPart.Mac && set.Type.MacIsValue && !element.HasMac)
            {
                break;
            }

            text.Append(text.Length > 0 ? "," : "");
            switch (part)
            {
                case IpsetPart.Address or IpsetPart.Net:
                    var (bits, length) = address++ == 0 ? (element.First, element.FirstLength) : (element.Second, element.SecondLength);
                    text.Append(AddressBits.ToAddress(bits, set.Family));
                    if (part == IpsetPart.Net && length < (set.IsV6 ? 128 : 32))
                    {
                        text.Append('/').Append(length);
                    }

                    break;
                case IpsetPart.Port:
                    text.Append(set.Type.IsBitmap ? element.Port.ToString(CultureInfo.InvariantCulture)
                        : IpsetPortText.Format(element.Protocol, element.Port));
                    break;
                case IpsetPart.Mac:
                    FormatMac(text, element.Mac);
                    break;
                case IpsetPart.Mark:
                    text.Append(CultureInfo.InvariantCulture, $"0x{element.Mark:x8}");
                    break;
                default:
                    text.Append(element.IsPhysical ? Physical : "").Append(element.Name);
                    break;
            }
        }

        return text.ToString();
    }

    /// <summary>Reads an element's key.</summary>
    /// <returns>False if it is not a key of the set's type and family.</returns>
    public static bool TryParse(NodeIpset set, ReadOnlySpan<char> text, out IpsetElement element)
    {
        byte host = set.IsV6 ? (byte)128 : (byte)32;
        element = new IpsetElement { FirstLength = host, SecondLength = host };
        if (set.Type is not { } type)
        {
            return false;
        }

        int address = 0;
        var parts = type.Parts;
        for (int i = 0; i < parts.Length; i++)
        {
            // An interface or a set can have a comma in its name, and is the last part.
            int comma = i == parts.Length - 1 ? -1 : text.IndexOf(',');
            var word = comma < 0 ? text : text[..comma];
            bool isRead = parts[i] switch
            {
                IpsetPart.Address or IpsetPart.Net => TryAddress(set, word, parts[i] == IpsetPart.Net, address++, ref element),
                IpsetPart.Port => TryPort(type, word, ref element),
                IpsetPart.Mac => TryMac(word, ref element),
                IpsetPart.Mark => TryMark(word, ref element),
                _ => TryName(word, parts[i] == IpsetPart.Interface, ref element),
            };
            if (!isRead)
            {
                return false;
            }

            if (comma < 0 && i < parts.Length - 1)
            {
                return type.MacIsValue;
            }

            text = comma < 0 ? default : text[(comma + 1)..];
        }

        return true;
    }

    /// <summary>Reads a number as strtoul(3) does, decimal or with 0x.</summary>
    public static bool TryNumber(ReadOnlySpan<char> text, out uint number) => text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        ? uint.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number)
        : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static bool TryAddress(NodeIpset set, ReadOnlySpan<char> text, bool isNet, int number, ref IpsetElement element)
    {
        int host = set.IsV6 ? 128 : 32;
        int slash = text.IndexOf('/');
        int length = host;
        if (slash >= 0 && !(int.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out length)
            && length <= host && (isNet || length == host)))
        {
            return false;
        }

        if (!TryBits(slash < 0 ? text : text[..slash], set.Family, out var bits))
        {
            return false;
        }

        if (set.Type!.IsBitmap)
        {
            if (bits < set.Header.RangeFirst || bits > set.Header.RangeLast)
            {
                return false;
            }

            bits &= AddressBits.Mask(set.Header.NetMask ?? 32, IPFamily.IPv4);
        }
        else if (number == 0 || set.Type.Parts is [IpsetPart.Net, IpsetPart.Net])
        {
            bits &= set.HostMask;
        }

        bits &= AddressBits.Mask(length, set.Family);
        if (number == 0)
        {
            (element.First, element.FirstLength) = (bits, (byte)length);
        }
        else
        {
            (element.Second, element.SecondLength) = (bits, (byte)length);
        }

        return true;
    }

    // Four decimal numbers, as almost all addresses are, without making an object of them.
    private static bool TryBits(ReadOnlySpan<char> text, IPFamily family, out Bits128 bits)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (family == IPFamily.IPv4 && text.Length is > 6 and <= 15 && Encoding.ASCII.TryGetBytes(text, bytes, out int count)
            && AddressBits.TryParsePlain(bytes[..count], out uint plain, out int used) && used == count)
        {
            bits = plain;
            return true;
        }

        return AddressBits.TryParse(text, family, out bits);
    }

    private static bool TryPort(IpsetType type, ReadOnlySpan<char> text, ref IpsetElement element)
    {
        if (type.IsBitmap)
        {
            bool isPort = ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort alone);
            element.Port = alone;
            return isPort;
        }

        bool isRead = IpsetPortText.TryParse(text, out byte protocol, out ushort port);
        (element.Protocol, element.Port) = (protocol, port);
        return isRead;
    }

    private static bool TryMark(ReadOnlySpan<char> text, ref IpsetElement element)
    {
        bool isRead = TryNumber(text, out uint mark);
        element.Mark = mark;
        return isRead;
    }

    private static bool TryName(ReadOnlySpan<char> text, bool isInterface, ref IpsetElement element)
    {
        if (isInterface && text.StartsWith(Physical, StringComparison.Ordinal))
        {
            element.IsPhysical = true;
            text = text[Physical.Length..];
        }

        // IFNAMSIZ and IPSET_MAXNAMELEN, with their ending NUL.
        string? name = text.Length > 0 && text.Length < (isInterface ? 16 : 32) ? text.ToString() : null;
        element.Name = name is not null && Printable.Text(name) == name ? name : null;
        return element.Name is not null;
    }

    private static void FormatMac(StringBuilder text, ulong mac)
    {
        for (int shift = 40; shift >= 0; shift -= 8)
        {
            text.Append(CultureInfo.InvariantCulture, $"{(mac >> shift) & 0xff:X2}").Append(shift > 0 ? ":" : "");
        }
    }

    private static bool TryMac(ReadOnlySpan<char> text, ref IpsetElement element)
    {
        ulong mac = 0;
        for (int i = 0; i < 6; i++)
        {
            int colon = i == 5 ? text.Length : text.IndexOf(':');
            if (colon is < 1 or > 2 || !byte.TryParse(text[..colon], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
                out byte part))
            {
                return false;
            }

            mac = (mac << 8) | part;
            text = i == 5 ? default : text[(colon + 1)..];
        }

        (element.Mac, element.HasMac) = (mac, true);
        return true;
    }
}
