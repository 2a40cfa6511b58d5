using System.Globalization;

namespace K8sNetfilter.Text;

/// <summary>Numbers as strtoul(3) reads them: decimal, octal after <c>0</c>, hexadecimal after <c>0x</c>.</summary>
internal static class CNumber
{
    /// <summary>A number as strtoul(3) with base 0 reads it: decimal, 0x hexadecimal, 0 octal.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out uint value)
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
}
