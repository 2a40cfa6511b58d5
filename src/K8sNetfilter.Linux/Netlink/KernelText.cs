using System.Text;
using K8sNetfilter.Text;

namespace K8sNetfilter.Netlink;

/// <summary>
/// Text from the kernel. Interface names may hold any byte that is not a slash, colon or white space, escape characters included
/// (net/core/dev.c, dev_valid_name), and end on a terminal.
/// </summary>
internal static class KernelText
{
    /// <summary>The text up to the first NUL, with what is not safe to print written as <c>\x1b</c>.</summary>
    internal static string Decode(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        if (end >= 0)
        {
            bytes = bytes[..end];
        }

        return bytes.ContainsAnyExceptInRange((byte)0x20, (byte)0x7e)
            ? Printable.Text(Encoding.UTF8.GetString(bytes)) : Encoding.ASCII.GetString(bytes);
    }
}
