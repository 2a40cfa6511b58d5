using System.Globalization;

namespace K8sNetfilter.Rulesets;

/// <summary>Reads the values that many extensions share.</summary>
internal static class RuleValues
{
    /// <summary>A number as strtoul(3) with base 0 reads it: decimal, 0x hexadecimal, 0 octal.</summary>
    public static bool TryNumber(ReadOnlySpan<char> text, out uint value)
    {
        value = 0;
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return uint.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
        }

        if (text.Length > 1 && text[0] == '0')
        {
            ulong octal = 0;
            foreach (char c in text)
            {
                if (c is < '0' or > '7' || (octal = (octal * 8) + (uint)(c - '0')) > uint.MaxValue)
                {
                    return false;
                }
            }

            value = (uint)octal;
            return true;
        }

        return uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>A number of at most <paramref name="maximum"/>.</summary>
    public static bool TryNumber(ReadOnlySpan<char> text, uint maximum, out uint value) => TryNumber(text, out value) && value <= maximum;

    /// <summary><c>value</c> or <c>value/mask</c>.</summary>
    public static bool TryMasked(ReadOnlySpan<char> text, out uint value, out uint mask)
    {
        mask = uint.MaxValue;
        int slash = text.IndexOf('/');
        return slash < 0 ? TryNumber(text, out value) : TryNumber(text[..slash], out value) & TryNumber(text[(slash + 1)..], out mask);
    }

    /// <summary><c>first</c>, <c>first:last</c>, <c>first:</c>, <c>:last</c>.</summary>
    public static bool TryPorts(ReadOnlySpan<char> text, out PortRange ports, char separator = ':')
    {
        ports = default;
        int at = text.IndexOf(separator);
        uint first = 0, last = ushort.MaxValue;
        if (at < 0)
        {
            if (!TryNumber(text, ushort.MaxValue, out first))
            {
                return false;
            }

            last = first;
        }
        else if ((at > 0 && !TryNumber(text[..at], ushort.MaxValue, out first))
            || (at + 1 < text.Length && !TryNumber(text[(at + 1)..], ushort.MaxValue, out last)))
        {
            return false;
        }

        ports = new PortRange((ushort)first, (ushort)last);
        return true;
    }

    /// <summary>Flags by name with commas between them.</summary>
    public static bool TryFlags<T>(string? text, ReadOnlySpan<(string Name, T Flag)> names, out T flags)
        where T : struct, Enum
    {
        flags = default;
        long bits = 0;
        foreach (string part in (text ?? "").Split(','))
        {
            bool found = false;
            foreach (var (name, flag) in names)
            {
                if (string.Equals(name, part, StringComparison.OrdinalIgnoreCase))
                {
                    bits |= Convert.ToInt64(flag, CultureInfo.InvariantCulture);
                    found = true;
                }
            }

            if (!found)
            {
                return false;
            }
        }

        flags = (T)Enum.ToObject(typeof(T), bits);
        return true;
    }
}
