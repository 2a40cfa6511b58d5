using System.Globalization;

namespace K8sNetfilter.Configuration;

/// <summary>
/// Values as the kernel reads and prints them: whole numbers in C notation with blanks between (kernel/sysctl.c, lib/kstrtox.c).
/// </summary>
public static class KernelValue
{
    internal static readonly char[] Blanks = [' ', '\t', '\n'];

    /// <summary>
    /// True where both are the same value for the kernel: <c>1024 65000</c> and <c>1024\t65000</c>, <c>0x10</c> and <c>16</c>.
    /// </summary>
    public static bool Same(string? a, string? b)
    {
        if (a is null || b is null || a == b)
        {
            return a == b;
        }

        string[] left = a.Split(Blanks, StringSplitOptions.RemoveEmptyEntries),
            right = b.Split(Blanks, StringSplitOptions.RemoveEmptyEntries);
        return left.Length == right.Length && left.Zip(right)
            .All(p => p.First == p.Second || (Printed(p.First) is { } x && x == Printed(p.Second)));
    }

    /// <summary>True where every part of the text is a whole number.</summary>
    public static bool IsNumeric(string? value) =>
        value?.Split(Blanks, StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } parts
            && Array.TrueForAll(parts, p => Printed(p) is not null);

    /// <summary>How the kernel prints a whole number in C notation; null if the text is not a number.</summary>
    internal static string? Printed(string text)
    {
        // Nearly every number stands there as the kernel prints it.
        int first = text is ['-', not '0', ..] ? 1 : 0, at = first;
        while (at < text.Length && char.IsAsciiDigit(text[at]))
        {
            at++;
        }

        return at == text.Length && at - first is > 0 and < 19 && (text[first] != '0' || at == 1)
            ? text : Number(text)?.ToString(CultureInfo.InvariantCulture);
    }

    private static Int128? Number(string text)
    {
        var digits = text.AsSpan();
        bool negative = digits.StartsWith("-");
        digits = negative ? digits[1..] : digits;
        if (digits.IsEmpty || !char.IsAsciiDigit(digits[0]) || digits.Length > 22)
        {
            return null;
        }

        int radix = digits is ['0', 'x' or 'X', _, ..] ? 16 : digits is ['0', _, ..] ? 8 : 10;
        digits = radix == 16 ? digits[2..] : digits;
        Int128 number = 0;
        foreach (char c in digits)
        {
            int digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : radix;
            if (digit >= radix)
            {
                return null;
            }

            number = (number * radix) + digit;
        }

        return negative ? -number : number;
    }
}
