using System.Buffers.Text;
using K8sNetfilter.Text;

namespace K8sNetfilter.Snapshots.Archives;

/// <summary>What stands in the headers of a tar archive (POSIX.1 ustar and pax, and GNU's numbers): tar(5).</summary>
internal static class TarHeader
{
    /// <summary>How many bytes a header has, and what all else is filled up to.</summary>
    public const int Block = 512;

    /// <summary>An entry's name, of the two fields that hold it.</summary>
    public static string NameOf(byte[] header)
    {
        string name = ByteText.Decode(Text(header.AsSpan(0, 100)));
        var prefix = header.AsSpan(257, 6).SequenceEqual("ustar\0"u8) ? Text(header.AsSpan(345, 155)) : default;
        return prefix.IsEmpty ? name : ByteText.Decode(prefix) + "/" + name;
    }

    /// <summary>What a pax header says of the next entry.</summary>
    public static void ReadPax(ReadOnlySpan<byte> text, ref string? name, ref string? target, ref long? size)
    {
        // "length key=value\n", where the length counts itself.
        while (!text.IsEmpty)
        {
            int blank = text.IndexOf((byte)' ');
            if (blank <= 0 || !Utf8Parser.TryParse(text[..blank], out int length, out int used) || used != blank || length <= blank + 1
                || length > text.Length)
            {
                throw new InvalidDataException(SnapshotMessages.ExtendedHeaderWrong);
            }

            var record = text[(blank + 1)..(length - 1)];
            text = text[length..];
            int equals = record.IndexOf((byte)'=');
            if (equals < 0)
            {
                continue;
            }

            var value = record[(equals + 1)..];
            switch (ByteText.Decode(record[..equals]))
            {
                case "path":
                    name = ByteText.Decode(value);
                    break;
                case "linkpath":
                    target = ByteText.Decode(value);
                    break;
                case "size" when Utf8Parser.TryParse(value, out long given, out int digits) && digits == value.Length:
                    size = given;
                    break;
            }
        }
    }

    /// <summary>Whether the sum that the header gives is that of its bytes.</summary>
    public static bool HasChecksum(byte[] header)
    {
        long sum = 8 * ' ';
        for (int i = 0; i < Block; i++)
        {
            sum += i is >= 148 and < 156 ? 0 : header[i];
        }

        return Number(header.AsSpan(148, 8)) == sum;
    }

    /// <summary>A number in octal digits, or with the highest bit set in binary (GNU); -1 where it is neither.</summary>
    public static long Number(ReadOnlySpan<byte> field)
    {
        long value = 0;
        if ((field[0] & 0x80) != 0)
        {
            for (int i = 1; i < field.Length; i++)
            {
                if (value > long.MaxValue >> 9)
                {
                    return -1;
                }

                value = (value << 8) | field[i];
            }

            return value;
        }

        foreach (byte b in field.Trim(" \0"u8))
        {
            if (b is < (byte)'0' or > (byte)'7')
            {
                return -1;
            }

            value = (value * 8) + (b - '0');
        }

        return value;
    }

    /// <summary>A field up to its NUL.</summary>
    public static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }

    /// <summary>How many bytes fill the last block of so many.</summary>
    public static int Padding(long size) => (int)((Block - (size % Block)) % Block);
}
