using System.IO.Compression;
using K8sNetfilter.Text;

namespace K8sNetfilter.Modules;

/// <summary>Unpacks /proc/config.gz. What is no such file, or larger than any kernel's, says nothing.</summary>
internal static class PackedKernelConfig
{
    /// <summary>No kernel's configuration is larger, packed or not.</summary>
    public const int Largest = 4 << 20;

    /// <summary>The text; null if there is none.</summary>
    public static string? Unpack(byte[]? content)
    {
        if (content is null)
        {
            return null;
        }

        try
        {
            using var unpacked = new GZipStream(new MemoryStream(content, writable: false), CompressionMode.Decompress);
            byte[] text = new byte[Largest + 1];
            int length = unpacked.ReadAtLeast(text, text.Length, throwOnEndOfStream: false);
            return length > Largest ? null : ByteText.Decode(text.AsSpan(0, length));
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
