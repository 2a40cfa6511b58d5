using System.Globalization;

namespace K8sNetfilter.Sysctl;

/// <summary>
/// What the kernel makes of the text that is written to a key. Most keys hold whole numbers, which it reads in C notation (0x10, 010) and
/// prints in decimal with tabs between; the rest is text (kernel/sysctl.c, proc_get_long).
/// </summary>
public static class SysctlValue
{
    private static readonly char[] Blanks = [' ', '\t', '\n'];

    // Keys that hold text or a list of numbers, which may look like whole numbers at the moment.
    private static readonly string[] Texts =
    [
        "kernel/hostname", "kernel/domainname", "kernel/core_pattern", "kernel/modprobe", "kernel/poweroff_cmd", "kernel/watchdog_cpumask",
        "kernel/printk_devkmsg", "net/ipv4/ip_local_reserved_ports", "net/ipv4/tcp_fastopen_key", "net/core/flow_limit_cpu_bitmap", "net/core/rps_default_mask",
    ];

    /// <summary>True where both are the same value for the kernel: <c>1024 65000</c> and <c>1024\t65000</c>, <c>0x10</c> and <c>16</c>.</summary>
    public static bool Same(string? a, string? b)
    {
        if (a is null || b is null || a == b)
        {
            return a == b;
        }

        string[] left = a.Split(Blanks, StringSplitOptions.RemoveEmptyEntries), right = b.Split(Blanks, StringSplitOptions.RemoveEmptyEntries);
        return left.Length == right.Length && left.Zip(right).All(p => p.First == p.Second || (Number(p.First) is { } x && x == Number(p.Second)));
    }

    /// <summary>
    /// What the key reads as once <paramref name="written"/> was written to it; null where the kernel refuses it because it is no number.
    /// Whether a number is in range only the kernel knows.
    /// </summary>
    /// <param name="path">The key.</param>
    /// <param name="written">The text that is written.</param>
    /// <param name="current">What the key reads as before; null where that is not known, and then every text is taken as it is.</param>
    public static string? Taken(string path, string written, string? current)
    {
        ArgumentNullException.ThrowIfNull(written);
        string[] numbers = current?.Split(Blanks, StringSplitOptions.RemoveEmptyEntries) ?? [];
        if (numbers.Length == 0 || Array.IndexOf(Texts, path) >= 0 || !Array.TrueForAll(numbers, n => n.AsSpan().TrimStart('-') is [not '0', ..] or "0" && Number(n) is not null))
        {
            return written;
        }

        string[] parts = written.Split(Blanks, StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 0)
        {
            return null;
        }

        // Numbers beyond what the key holds are passed over; those that are missing stay.
        for (int i = 0; i < Math.Min(parts.Length, numbers.Length); i++)
        {
            if (Number(parts[i]) is not { } number)
            {
                return null;
            }

            numbers[i] = number.ToString(CultureInfo.InvariantCulture);
        }

        return string.Join('\t', numbers);
    }

    /// <summary>True where every part of the text is a whole number.</summary>
    public static bool IsNumeric(string? value) =>
        value?.Split(Blanks, StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } parts && Array.TrueForAll(parts, p => Number(p) is not null);

    /// <summary>A whole number in C notation; null where it is none.</summary>
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
