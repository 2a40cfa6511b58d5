using System.Buffers.Binary;
using System.Globalization;
using System.Net;

namespace K8sNetfilter.Listeners;

/// <summary>
/// Reads /proc/net/tcp and its like, proc(5): for a kernel whose sock_diag modules are not loaded, since asking would load them. Neither
/// IPV6_V6ONLY nor the interface is in them.
/// </summary>
internal static class SocketFiles
{
    /// <summary>Reads one file.</summary>
    /// <param name="lines">Its lines.</param>
    /// <param name="isUdp">UDP; else TCP.</param>
    /// <param name="v6">Of IPv6.</param>
    internal static IEnumerable<Listener> Parse(IEnumerable<string> lines, bool isUdp, bool v6)
    {
        string state = isUdp ? "07" : "0A";
        foreach (string line in lines)
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 3 && words[3] == state && TryRead(words[1], v6, out var address, out int port) && port != 0)
            {
                yield return new Listener { Protocol = isUdp ? "udp" : "tcp", Address = address, Port = port, IsIPv6Only = v6
                    ? null : false, IsFull = !isUdp && Waits(words) };
            }
        }
    }

    // tx_queue:rx_queue: how many wait; how many may is not in the file.
    private static bool Waits(string[] words) => words.Length > 4 && words[4].IndexOf(':', StringComparison.Ordinal) is >= 0 and int colon
        && words[4].AsSpan(colon + 1).ContainsAnyExcept('0');

    // Each 32 bits of the address as a number of the machine's byte order.
    private static bool TryRead(string text, bool v6, out IPAddress address, out int port)
    {
        (address, port) = (IPAddress.Any, 0);
        int length = v6 ? 32 : 8;
        if (text.Length != length + 5 || text[length] != ':'
            || !int.TryParse(text.AsSpan(length + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out port))
        {
            return false;
        }

        byte[] bytes = new byte[length / 2];
        for (int i = 0; i < length; i += 8)
        {
            if (!uint.TryParse(text.AsSpan(i, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint word))
            {
                return false;
            }

            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i / 2), BitConverter.IsLittleEndian
                ? word : BinaryPrimitives.ReverseEndianness(word));
        }

        address = new IPAddress(bytes);
        return true;
    }
}
