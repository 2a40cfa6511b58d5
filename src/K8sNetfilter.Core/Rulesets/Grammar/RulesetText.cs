using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace K8sNetfilter.Rulesets.Grammar;

/// <summary>
/// Turns the bytes of a rule into a string and back, without losing one. A byte that is not UTF-8, and every byte of a control character
/// but tab, becomes the lone surrogate U+DC00 + byte: a terminal shows it as a replacement character rather than obeying it, and
/// <see cref="Encode"/> gives the byte back. Comments are arbitrary bytes of whoever may write rules (net/netfilter/xt_comment.c).
/// </summary>
public static class RulesetText
{
    private const char Escape = '\uDC00';

    private static readonly SearchValues<byte> Plain = SearchValues.Create(
        "\t !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"u8);

    /// <summary>The text of <paramref name="bytes"/>.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IndexOfAnyExcept(Plain) < 0)
        {
            return Encoding.ASCII.GetString(bytes);
        }

        var result = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            var status = Rune.DecodeFromUtf8(bytes, out var rune, out int used);
            if (status != OperationStatus.Done || (Rune.IsControl(rune) && rune.Value != '\t'))
            {
                foreach (byte b in bytes[..used])
                {
                    result.Append((char)(Escape + b));
                }
            }
            else
            {
                result.Append(rune.ToString());
            }

            bytes = bytes[used..];
        }

        return result.ToString();
    }

    /// <summary>The bytes of <paramref name="text"/>: the inverse of <see cref="Decode"/>.</summary>
    public static byte[] Encode(ReadOnlySpan<char> text)
    {
        var output = new ArrayBufferWriter<byte>(Math.Max(text.Length, 1));
        while (!text.IsEmpty)
        {
            int plain = text.IndexOfAnyInRange('\uD800', '\uDFFF');
            if (plain < 0)
            {
                plain = text.Length;
            }

            if (plain > 0)
            {
                var target = output.GetSpan(plain * 3);
                Utf8.FromUtf16(text[..plain], target, out _, out int written);
                output.Advance(written);
                text = text[plain..];
                continue;
            }

            if (text[0] is >= Escape and <= (char)(Escape + 0xFF))
            {
                output.Write([(byte)(text[0] - Escape)]);
                text = text[1..];
                continue;
            }

            // A pair is a character beyond the first plane; any other half of one can't have come from Decode.
            Rune.DecodeFromUtf16(text, out var rune, out int used);
            var four = output.GetSpan(4);
            output.Advance(rune.EncodeToUtf8(four));
            text = text[used..];
        }

        return output.WrittenSpan.ToArray();
    }
}
