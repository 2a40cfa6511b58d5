using System.Globalization;
using K8sNetfilter.Addressing;
using K8sNetfilter.Text;

namespace K8sNetfilter.Rulesets.Parts;

/// <summary>Reads the values that many extensions share.</summary>
internal static class ValueParser
{
    /// <summary>A number of at most <paramref name="maximum"/>.</summary>
    public static bool TryNumber(ReadOnlySpan<char> text, uint maximum, out uint value) =>
        CNumber.TryParse(text, out value) && value <= maximum;

    /// <summary><c>value</c> or <c>value/mask</c>.</summary>
    public static bool TryMasked(ReadOnlySpan<char> text, out uint value, out uint mask)
    {
        mask = uint.MaxValue;
        int slash = text.IndexOf('/');
        return slash < 0 ? CNumber.TryParse(text, out value)
            : CNumber.TryParse(text[..slash], out value) & CNumber.TryParse(text[(slash + 1)..], out mask);
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
