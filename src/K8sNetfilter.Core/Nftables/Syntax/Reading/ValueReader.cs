using System.Globalization;
using System.Net;
using System.Net.Sockets;
using K8sNetfilter.Addressing;
using K8sNetfilter.Text;

namespace K8sNetfilter.Nftables.Syntax.Reading;

/// <summary>Reads the words for values: a name of the type, a number, an address, a time. Text and JSON have the same words.</summary>
internal static class ValueReader
{
    /// <summary>The longest value of text: an interface's name and what else has 16 bytes.</summary>
    private const int TextBytes = 16;

    /// <summary>Reads a value, a range, a prefix or a name.</summary>
    /// <returns>Null if the type has no such value.</returns>
    public static ExpressionSyntax? Read(DataType type, ReadOnlySpan<char> word)
    {
        if (word.IsEmpty)
        {
            return null;
        }

        if (ReadSingle(type, word) is { } single)
        {
            return single;
        }

        if (type.Form == ValueForm.Text)
        {
            return null;
        }

        int slash = word.LastIndexOf('/');
        if (slash > 0 && int.TryParse(word[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture,
            out int length) && length <= 128
            && ReadSingle(type, word[..slash]) is { } value)
        {
            return new PrefixSyntax(value, length);
        }

        int dash = word.IndexOf('-');
        return dash > 0 && ReadSingle(type, word[..dash]) is { } low && ReadSingle(type,
            word[(dash + 1)..]) is { } high ? new RangeSyntax(low, high) : null;
    }

    /// <summary>Reads one value.</summary>
    public static ExpressionSyntax? ReadSingle(DataType type, ReadOnlySpan<char> word)
    {
        if (word.IsEmpty)
        {
            return null;
        }

        if (word is "*")
        {
            return new WildcardSyntax(type);
        }

        if (type.TryGetNumber(word, out ulong number))
        {
            return new ValueSyntax(type, number);
        }

        return type.Form switch
        {
            ValueForm.IPv4 => IPAddress.TryParse(word,
                out var ip) && ip.AddressFamily == AddressFamily.InterNetwork && word.Count('.') == 3 ? Address(type, ip) : null,
            ValueForm.IPv6 => IPAddress.TryParse(word,
                out var ip) && ip.AddressFamily == AddressFamily.InterNetworkV6 && !word.Contains('%') && !word.Contains('[')
                ? Address(type, ip) : null,
            ValueForm.LinkAddress => LinkAddress(type, word),
            ValueForm.Text => ReadText(type, word),
            ValueForm.ClassId => ClassId(type, word),
            ValueForm.Time => TryReadTime(word, out ulong time) ? new ValueSyntax(type, time) : null,
            ValueForm.Date => TryReadDate(word, out ulong date) ? new ValueSyntax(type, date) : null,
            ValueForm.Hour => TryReadHour(word, out ulong hour) ? new ValueSyntax(type, hour) : null,
            ValueForm.Bit => TryReadNumber(word, out var bit) ? bit < 128 ? new ValueSyntax(type,
                Bits128.One << (int)bit.Low) : null : new NameSyntax(type, word.ToString()),
            ValueForm.Interface => TryReadNumber(word, out var index) ? new ValueSyntax(type, index) : new NameSyntax(type,
                word.ToString()),
            ValueForm.Verdict => null,
            _ => Number(type, word),
        };
    }

    /// <summary>A decimal, hexadecimal or octal number of up to 128 bits.</summary>
    public static bool TryReadNumber(ReadOnlySpan<char> word, out Bits128 number)
    {
        number = default;
        if (word.IsEmpty)
        {
            return false;
        }

        if (word.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return TryReadDigits(word[2..], 4, out number);
        }

        if (word[0] == '0' && word.Length > 1)
        {
            return TryReadDigits(word[1..], 3, out number);
        }

        if (ulong.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out ulong low))
        {
            number = low;
            return true;
        }

        if (char.IsAsciiDigit(word[0]) && UInt128.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var wide))
        {
            number = new((ulong)(wide >> 64), (ulong)wide);
            return true;
        }

        return false;
    }

    /// <summary>A time as nft writes it: <c>1d2h3m4s5ms</c>, or seconds.</summary>
    /// <param name="word">The text.</param>
    /// <param name="milliseconds">The time.</param>
    public static bool TryReadTime(ReadOnlySpan<char> word, out ulong milliseconds)
    {
        milliseconds = 0;
        if (ulong.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seconds))
        {
            milliseconds = seconds * 1000;
            return seconds <= ulong.MaxValue / 1000;
        }

        while (!word.IsEmpty)
        {
            int digits = word.IndexOfAnyExceptInRange('0', '9');
            if (digits is <= 0 or > 15 || !ulong.TryParse(word[..digits], NumberStyles.None, CultureInfo.InvariantCulture,
                out ulong count))
            {
                return false;
            }

            word = word[digits..];
            int unit = word.StartsWith("ms") ? 2 : 1;
            ulong factor = unit == 2 ? 1UL : word[0] switch { 'd' => 86_400_000UL, 'h' => 3_600_000UL, 'm' => 60_000UL, 's' => 1000UL,
                _ => 0UL };
            if (factor == 0 || count > (ulong.MaxValue - milliseconds) / factor)
            {
                return false;
            }

            milliseconds += count * factor;
            word = word[unit..];
        }

        return true;
    }

    /// <summary>The bytes of text, the first the highest; null if they are more than 16.</summary>
    public static Bits128? TextBits(ReadOnlySpan<char> text)
    {
        Span<byte> bytes = stackalloc byte[TextBytes];
        bytes.Clear();
        if (text.Length > TextBytes || ByteText.Encode(text.ToString()) is not { } encoded || encoded.Length > TextBytes)
        {
            return null;
        }

        encoded.CopyTo(bytes);
        return Bits128.ReadBigEndian(bytes);
    }

    private static ExpressionSyntax? Number(DataType type, ReadOnlySpan<char> word)
    {
        if (TryReadNumber(word, out var number))
        {
            return type.Bits == 0 || type.Bits >= 128 || number < Bits128.One << Math.Max(type.Bits, 8) ? new ValueSyntax(type,
                number) : null;
        }

        // What /etc/passwd, /etc/iproute2 and the tree of cgroups name.
        return char.IsAsciiDigit(word[0]) ? null
            : type == DataTypes.UserId || type == DataTypes.GroupId || type == DataTypes.Realm || type == DataTypes.DeviceGroup
            || type == DataTypes.Cgroup
            ? new NameSyntax(type, word.ToString())
            : type == DataTypes.Service && ServiceNames.TryGet(word, out ushort port) ? new ValueSyntax(type, port) : null;
    }

    private static bool TryReadDigits(ReadOnlySpan<char> digits, int bits, out Bits128 number)
    {
        number = default;
        foreach (char digit in digits)
        {
            if (!char.IsAsciiHexDigit(digit) || (bits == 3 && digit > '7') || number >> (128 - bits) != Bits128.Zero)
            {
                return false;
            }

            number = (number << bits) | (ulong)Convert.ToInt32(digit.ToString(), 16);
        }

        return !digits.IsEmpty;
    }

    private static ValueSyntax Address(DataType type, IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        address.TryWriteBytes(type.Bits == 32 ? bytes[12..] : bytes, out _);
        return new(type, Bits128.ReadBigEndian(bytes));
    }

    private static ValueSyntax? LinkAddress(DataType type, ReadOnlySpan<char> word)
    {
        Bits128 value = default;
        int parts = 0;
        while (!word.IsEmpty)
        {
            int colon = word.IndexOf(':');
            var part = colon < 0 ? word : word[..colon];
            word = colon < 0 ? default : word[(colon + 1)..];
            if (part.Length is 0 or > 2 || ++parts > 16 || !byte.TryParse(part, NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture, out byte number))
            {
                return null;
            }

            value = (value << 8) | number;
        }

        return parts > 1 && (type.Bits == 0 || parts * 8 == type.Bits) ? new(type, value) : null;
    }

    private static ExpressionSyntax? ReadText(DataType type, ReadOnlySpan<char> word)
    {
        if (type == DataTypes.Text)
        {
            return new TextSyntax(word.ToString());
        }

        bool prefix = word[^1] == '*' && (word.Length < 2 || word[^2] != '\\');
        var text = prefix ? word[..^1] : word[^1] == '*' ? string.Concat(word[..^2], "*") : word;
        return TextBits(text) is not { } bits ? null
            : prefix ? new PrefixSyntax(new ValueSyntax(type, bits), ByteText.Encode(text.ToString()).Length * 8) : new ValueSyntax(type,
                bits);
    }

    private static ValueSyntax? ClassId(DataType type, ReadOnlySpan<char> word)
    {
        int colon = word.IndexOf(':');
        if (colon < 0)
        {
            return TryReadNumber(word, out var number) && number.High == 0 && number.Low <= uint.MaxValue ? new(type, number) : null;
        }

        ushort minor = 0, major = 0;
        return (colon == 0 || ushort.TryParse(word[..colon], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out major))
            && (colon == word.Length - 1 || ushort.TryParse(word[(colon + 1)..], NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture, out minor))
            ? new(type, ((ulong)major << 16) | minor) : null;
    }

    // nft writes the time of the zone that it runs in. A file does not say which; UTC is what nodes have.
    private static bool TryReadDate(ReadOnlySpan<char> word, out ulong nanoseconds)
    {
        nanoseconds = 0;
        if (ulong.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seconds))
        {
            nanoseconds = unchecked(seconds * 1_000_000_000);
            return seconds <= ulong.MaxValue / 1_000_000_000;
        }

        foreach (string form in (string[])["yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm", "yyyy-MM-dd"])
        {
            if (DateTime.TryParseExact(word, form, CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var date)
                && date >= DateTime.UnixEpoch)
            {
                nanoseconds = (ulong)(date - DateTime.UnixEpoch).Ticks * 100;
                return true;
            }
        }

        return false;
    }

    private static bool TryReadHour(ReadOnlySpan<char> word, out ulong seconds)
    {
        if (ulong.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out seconds))
        {
            return true;
        }

        foreach (string form in (string[])[@"hh\:mm\:ss", @"hh\:mm"])
        {
            if (TimeSpan.TryParseExact(word, form, CultureInfo.InvariantCulture, out var time))
            {
                seconds = (ulong)time.TotalSeconds;
                return true;
            }
        }

        bool read = TryReadTime(word, out ulong milliseconds);
        seconds = milliseconds / 1000;
        return read;
    }
}
