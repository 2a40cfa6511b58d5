using System.Globalization;

namespace K8sNetfilter.Packets;

/// <summary>A range of numbers as iptables writes it.</summary>
internal readonly record struct NumberRange(int Low, int High)
{
    public bool Holds(int number) => number >= Low && number <= High;

    /// <summary>Whether a number that may be unknown (-1) lies in the range; the smallest and greatest that it could be decide it too.</summary>
    public MatchOutcome Test(int number, int greatest) => number >= 0
        ? Condition.Is(Holds(number))
        : Low <= 0 && High >= greatest ? MatchOutcome.Yes : Low > High ? MatchOutcome.No : MatchOutcome.Unknown;

    /// <summary>Reads <c>80</c>, <c>80:90</c>, <c>:90</c>, <c>80:</c>, with another separator where one is given; hexadecimal with 0x.</summary>
    public static bool TryParse(string text, int greatest, out NumberRange range, char separator = ':')
    {
        range = default;
        int at = text.IndexOf(separator, StringComparison.Ordinal);
        if (at < 0)
        {
            if (!TryNumber(text, out long one) || one > greatest)
            {
                return false;
            }

            range = new((int)one, (int)one);
            return true;
        }

        long low = 0;
        long high = greatest;
        if ((at > 0 && !TryNumber(text[..at], out low)) || (at + 1 < text.Length && !TryNumber(text[(at + 1)..], out high)) || low > greatest || high > greatest)
        {
            return false;
        }

        range = new((int)low, (int)high);
        return true;
    }

    public static bool TryNumber(string text, out long number) => text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        ? long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number)
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    /// <summary>Reads <c>value</c> or <c>value/mask</c> of 32 bits.</summary>
    public static bool TryMasked(string text, out uint value, out uint mask)
    {
        value = 0;
        mask = uint.MaxValue;
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!TryNumber(slash < 0 ? text : text[..slash], out long v) || v > uint.MaxValue)
        {
            return false;
        }

        value = (uint)v;
        if (slash >= 0)
        {
            if (!TryNumber(text[(slash + 1)..], out long m) || m > uint.MaxValue)
            {
                return false;
            }

            mask = (uint)m;
        }

        return true;
    }
}
