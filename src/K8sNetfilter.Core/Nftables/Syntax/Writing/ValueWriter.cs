using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;
using K8sNetfilter.Addressing;
using K8sNetfilter.Text;

namespace K8sNetfilter.Nftables.Syntax.Writing;

/// <summary>Writes values as <c>nft list</c> writes them.</summary>
internal static class ValueWriter
{
    /// <summary>A value with the quotes that it has in text.</summary>
    /// <param name="text">Where it is written.</param>
    /// <param name="value">The value.</param>
    /// <param name="names">Whether a number is written as its name; ranges have numbers.</param>
    public static void Write(StringBuilder text, ValueSyntax value, bool names = true)
    {
        var type = value.Type;
        if (names && value.Value.High == 0 && type.NameOf(value.Value.Low) is { } name)
        {
            text.Append(type.QuotesNames ? "\"" : "").Append(name).Append(type.QuotesNames ? "\"" : "");
            return;
        }

        if (!names && type.Form == ValueForm.Time)
        {
            // The ends of a range are numbers: seconds.
            text.Append(CultureInfo.InvariantCulture, $"{value.Value.Low / 1000}s");
            return;
        }

        bool quoted = type.Form is ValueForm.Text or ValueForm.Date or ValueForm.Hour;
        text.Append(quoted ? "\"" : "").Append(Plain(type, value.Value)).Append(quoted ? "\"" : "");
    }

    /// <summary>A value without quotes and without its name.</summary>
    public static string Plain(DataType type, Bits128 value) => type.Form switch
    {
        ValueForm.Hexadecimal => "0x" + Hexadecimal(value).PadLeft(type.Digits, '0'),
        ValueForm.IPv4 => new IPAddress(BinaryPrimitives.ReverseEndianness((uint)value)).ToString(),
        ValueForm.IPv6 => IPv6(value),
        ValueForm.LinkAddress => LinkAddress(type, value),
        ValueForm.Text => Escaped(Text(value)),
        ValueForm.ClassId => Class((uint)value.Low),
        ValueForm.Time => Time(value.Low),
        ValueForm.Date => DateTime.UnixEpoch.AddSeconds(Math.Min(value.Low / 1_000_000_000, 253_402_300_799))
            .ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
        ValueForm.Hour => Hour(value.Low),
        ValueForm.Bit => Bit(value),
        _ => value.ToString(),
    };

    /// <summary>1d2h3m4s5ms, of milliseconds.</summary>
    public static string Time(ulong milliseconds)
    {
        if (milliseconds == 0)
        {
            return "0s";
        }

        var text = new StringBuilder();
        foreach (var (unit, length) in ((string, ulong)[])[("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)])
        {
            ulong count = milliseconds / length;
            milliseconds %= length;
            if (count > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"{count}{unit}");
            }
        }

        return text.ToString();
    }

    /// <summary>The bytes of text up to the first zero.</summary>
    public static string Text(Bits128 value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.WriteBigEndian(bytes);
        int end = bytes.IndexOf((byte)0);
        return ByteText.Decode(end < 0 ? bytes : bytes[..end]);
    }

    // An asterisk at the end would make it a prefix.
    private static string Escaped(string text) => text.EndsWith('*') ? text[..^1] + "\\*" : text;

    private static string Hexadecimal(Bits128 value) => value.High == 0 ? value.Low.ToString("x", CultureInfo.InvariantCulture)
        : value.High.ToString("x", CultureInfo.InvariantCulture) + value.Low.ToString("x16", CultureInfo.InvariantCulture);

    private static string IPv6(Bits128 value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.WriteBigEndian(bytes);
        return new IPAddress(bytes).ToString();
    }

    private static string LinkAddress(DataType type, Bits128 value)
    {
        int length = type.Bits > 0 ? type.Bits / 8 : Math.Max(1, (128 - value.LeadingZeroCount() + 7) / 8);
        var text = new StringBuilder();
        for (int i = length - 1; i >= 0; i--)
        {
            text.Append(CultureInfo.InvariantCulture, $"{(byte)(value >> (i * 8)).Low:x2}{(i > 0 ? ":" : "")}");
        }

        return text.ToString();
    }

    private static string Class(uint id) => FormattableString.Invariant($"{id >> 16:x}:{id & 0xffff:x}");

    private static string Hour(ulong seconds)
    {
        var time = TimeSpan.FromSeconds(seconds % 86400);
        return time.ToString(time.Seconds == 0 ? @"hh\:mm" : @"hh\:mm\:ss", CultureInfo.InvariantCulture);
    }

    // Labels are one bit each.
    private static string Bit(Bits128 value) => (127 - value.LeadingZeroCount()).ToString(CultureInfo.InvariantCulture);
}
