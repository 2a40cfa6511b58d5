using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using K8sNetfilter.Addressing;

namespace K8sNetfilter.Snapshots.Redaction;

/// <summary>
/// Maps addresses so that two that share a prefix share one of the same length afterwards: the scheme of Xu, Fan, Ammar and Moon (ICNP
/// 2002), one secret bit for each prefix. An IPv4 address keeps its first 8 bits, an IPv6 address its first 16.
/// </summary>
internal sealed class RedactedAddresses(byte[] key)
{
    private const int KeptIPv4 = 8;
    private const int KeptIPv6 = 16;

    // More is not kept: a hostile text could have any number of addresses.
    private const int MostKept = 2_000_000;

    private readonly Dictionary<(Bits128, int), bool> _bits = [];

    /// <summary>The address that stands for another.</summary>
    /// <param name="address">The address.</param>
    /// <param name="length">Its prefix length where it has one; -1 for none. A network's own address has no host bits, before as
    /// after.</param>
    public IPAddress Map(IPAddress address, int length = -1)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return Map(address.MapToIPv4(), length < 96 ? -1 : length - 96).MapToIPv6();
        }

        bool isV4 = address.AddressFamily == AddressFamily.InterNetwork;
        if (IsEverybodys(address))
        {
            return address;
        }

        int width = isV4 ? 32 : 128;
        var value = Read(address);
        var result = MapBits(value, width, width);
        if (length >= 0 && length < width && (value & Hosts(width, length)) == Bits128.Zero)
        {
            result &= ~Hosts(width, length);
        }

        return Write(result, isV4);
    }

    /// <summary>
    /// The range that replaces another: all of the longest prefix that holds both ends. Two ends that were mapped each for itself could
    /// be the wrong way round, and would tell somebody who knows them how their neighbours are mapped.
    /// </summary>
    public (IPAddress First, IPAddress Last) Range(IPAddress first, IPAddress last)
    {
        bool isV4 = first.AddressFamily == AddressFamily.InterNetwork;
        if (IsEverybodys(first) && IsEverybodys(last))
        {
            return (first, last);
        }

        int width = isV4 ? 32 : 128;
        Bits128 low = Read(first), high = Read(last);
        int length = width;
        while (length > 0 && (low >> (width - length)) != (high >> (width - length)))
        {
            length--;
        }

        var hosts = Hosts(width, length);
        var prefix = length == 0 ? Bits128.Zero : MapBits(low, width, length) & ~hosts;
        return (Write(prefix, isV4), Write(prefix | hosts, isV4));
    }

    /// <summary>
    /// The octets of a hardware address, mapped; their count stays. What everybody has (broadcast, multicast, none) stays too.
    /// </summary>
    public byte[] Hardware(byte[] octets)
    {
        if (octets.Length == 6 && (octets.All(b => b == 0) || octets.All(b => b == 0xff) || octets[0] == 1))
        {
            return octets;
        }

        byte[] hash = HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(Convert.ToHexString(octets)));
        if (octets is [0x33, 0x33, ..] && octets.Length == 6)
        {
            // IPv6 multicast; the solicited-node ones tell the end of an address.
            return octets[2] == 0xff ? [0x33, 0x33, 0xff, hash[0], hash[1], hash[2]] : octets;
        }

        byte[] other = new byte[octets.Length];
        for (int i = 0; i < other.Length; i++)
        {
            other[i] = hash[i % hash.Length];
        }

        // Locally administered, and not of a group.
        other[0] = 2;
        return other;
    }

    // What means the same everywhere: any, loopback, IPv4 link-local, multicast, broadcast and masks.
    private static bool IsEverybodys(IPAddress address)
    {
        byte[] bytes = address.GetAddressBytes();
        return bytes.Length == 4
            ? bytes[0] is 0 or 127 or >= 224 || (bytes[0] == 169 && bytes[1] == 254)
            : bytes[0] == 0xff || IPAddress.IsLoopback(address) || address.Equals(IPAddress.IPv6Any);
    }

    private Bits128 MapBits(Bits128 value, int width, int count)
    {
        int kept = width == 32 ? KeptIPv4 : KeptIPv6;
        Bits128 result = 0;
        for (int bit = 0; bit < width; bit++)
        {
            bool is1 = (value >> (width - 1 - bit) & Bits128.One) != Bits128.Zero;
            bool flips = bit >= kept && bit < count && Flips(value >> (width - bit), bit | (width == 32 ? 0 : 256));
            result = (result << 1) | (is1 ^ flips ? Bits128.One : Bits128.Zero);
        }

        return result;
    }

    private bool Flips(Bits128 prefix, int bit)
    {
        if (_bits.TryGetValue((prefix, bit), out bool known))
        {
            return known;
        }

        Span<byte> input = stackalloc byte[18];
        prefix.WriteBigEndian(input);
        BinaryPrimitives.WriteUInt16BigEndian(input[16..], (ushort)bit);
        Span<byte> output = stackalloc byte[32];
        HMACSHA256.HashData(key, input, output);
        bool flips = (output[0] & 1) != 0;
        if (_bits.Count < MostKept)
        {
            _bits[(prefix, bit)] = flips;
        }

        return flips;
    }

    private static Bits128 Hosts(int width, int length) =>
        length == 0 ? (width == 32 ? uint.MaxValue : Bits128.MaxValue) : (Bits128.One << (width - length)) - 1;

    private static Bits128 Read(IPAddress address)
    {
        byte[] bytes = address.GetAddressBytes();
        return bytes.Length == 4 ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : Bits128.ReadBigEndian(bytes);
    }

    private static IPAddress Write(Bits128 value, bool isV4)
    {
        byte[] bytes = new byte[isV4 ? 4 : 16];
        if (isV4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)value);
        }
        else
        {
            value.WriteBigEndian(bytes);
        }

        return new IPAddress(bytes);
    }
}
