using System.Buffers;
using System.Text;

namespace K8sNetfilter.Text;

/// <summary>
/// Bytes as text and back without loss. File names and configuration are bytes to Linux and nearly always UTF-8; a byte that is not
/// becomes a lone low surrogate (U+DC80 to U+DCFF), which no valid text holds, and turns into the same byte again.
/// </summary>
public static class ByteText
{
    /// <summary>Compares as strcmp(3) compares the bytes.</summary>
    public static IComparer<string> Order { get; } = Comparer<string>.Create((a, b) => Encode(a).AsSpan().SequenceCompareTo(Encode(b)));

    /// <summary>The text for <paramref name="bytes"/>.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (System.Text.Unicode.Utf8.IsValid(bytes))
        {
            return Encoding.UTF8.GetString(bytes);
        }

        var text = new StringBuilder(bytes.Length);
        Span<char> pair = stackalloc char[2];
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out int used) == OperationStatus.Done)
            {
                text.Append(pair[..rune.EncodeToUtf16(pair)]);
            }
            else
            {
                used = 1;
                text.Append((char)(0xdc00 + bytes[0]));
            }

            bytes = bytes[used..];
        }

        return text.ToString();
    }

    /// <summary>The bytes for <paramref name="text"/>.</summary>
    public static byte[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        return bytes[..Encode(text, bytes)];
    }

    /// <summary>Writes the bytes for <paramref name="text"/> into <paramref name="buffer"/> and gives their number.</summary>
    /// <exception cref="ArgumentException">The buffer is too small.</exception>
    public static int Encode(ReadOnlySpan<char> text, Span<byte> buffer)
    {
        int length = 0;
        while (!text.IsEmpty)
        {
            int run = text.IndexOfAnyInRange('\ud800', '\udfff');
            run = run < 0 ? text.Length : run;
            length += Encoding.UTF8.GetBytes(text[..run], buffer[length..]);
            text = text[run..];
            if (text.IsEmpty)
            {
                break;
            }

            if (text[0] is >= '\udc80' and <= '\udcff')
            {
                buffer[length++] = (byte)(text[0] - 0xdc00);
                text = text[1..];
            }
            else
            {
                Rune.DecodeFromUtf16(text, out var rune, out int used);
                length += rune.EncodeToUtf8(buffer[length..]);
                text = text[used..];
            }
        }

        return length;
    }
}
