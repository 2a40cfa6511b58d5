using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace K8sNetfilter.Addressing;

/// <summary>
/// An address or a prefix, such as <c>10.96.0.10</c>, <c>10.244.0.0/16</c> or <c>fd00::/8</c>. Bits beyond the prefix are ignored, as
/// iptables(8) and ip-route(8) do. Prints as it would be typed: a single address without its length.
/// </summary>
public readonly record struct AddressPrefix
{
    private readonly Bits128 _mask;

    /// <summary>Makes a prefix.</summary>
    /// <param name="family">The family.</param>
    /// <param name="network">The address as a number; bits beyond the prefix are dropped.</param>
    /// <param name="length">The prefix' length in bits, 0 to 32 or 128.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is longer than an address.</exception>
    public AddressPrefix(IPFamily family, Bits128 network, int length)
    {
        int bits = family == IPFamily.IPv4 ? 32 : 128;
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, bits);
        Bits128 all = family == IPFamily.IPv4 ? uint.MaxValue : Bits128.MaxValue;
        // A shift by the whole width would be a shift by nothing.
        _mask = length == 0 ? Bits128.Zero : all & (all << (bits - length));
        Family = family;
        Network = network & _mask;
        Length = length;
    }

    /// <summary>The family.</summary>
    public IPFamily Family { get; }

    /// <summary>The first address, as a number.</summary>
    public Bits128 Network { get; }

    /// <summary>The prefix' length in bits.</summary>
    public int Length { get; }

    /// <summary>True where it is one address.</summary>
    public bool IsSingle => Length == (Family == IPFamily.IPv4 ? 32 : 128);

    /// <summary>The first address.</summary>
    public IPAddress Address => ToAddress(Family, Network);

    /// <summary>Whether an address, given as a number, is in it.</summary>
    public bool Contains(IPFamily family, Bits128 address) => family == Family && (address & _mask) == Network;

    /// <summary>Whether an address is in it.</summary>
    public bool Contains(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return Contains(FamilyOf(address), ToNumber(address));
    }

    /// <summary>Reads an address or an address with a prefix length.</summary>
    /// <returns>False for anything else; names are not looked up.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out AddressPrefix prefix)
    {
        prefix = default;
        text = text.Trim();
        int slash = text.IndexOf('/');
        var head = slash < 0 ? text : text[..slash];
        if (!TryParseAddress(head, out var family, out var number))
        {
            return false;
        }

        int bits = family == IPFamily.IPv4 ? 32 : 128;
        int length = bits;
        if (slash >= 0 && (!int.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out length)
            || length > bits))
        {
            return false;
        }

        prefix = new AddressPrefix(family, number, length);
        return true;
    }

    /// <summary>Reads an address as the kernel and its tools print it: no scope, and IPv4 as four decimal numbers.</summary>
    public static bool TryParseAddress(ReadOnlySpan<char> text, out IPFamily family, out Bits128 number)
    {
        family = IPFamily.Unspecified;
        number = 0;
        if (text.Contains(':'))
        {
            // IPAddress also takes a scope, brackets and a port, which have no place here.
            if (text.IndexOfAny("%[]/") >= 0 || !IPAddress.TryParse(text, out var parsed)
                || parsed.AddressFamily != AddressFamily.InterNetworkV6)
            {
                return false;
            }

            family = IPFamily.IPv6;
            number = ToNumber(parsed);
            return true;
        }

        uint value = 0;
        int octet = -1, octets = 0;
        foreach (char c in text)
        {
            if (c == '.')
            {
                if (octet < 0 || octets == 3)
                {
                    return false;
                }

                value = (value << 8) | (uint)octet;
                octets++;
                octet = -1;
            }
            else if (char.IsAsciiDigit(c))
            {
                // A leading zero would be octal to some readers (inet_aton) and decimal to others.
                if (octet == 0)
                {
                    return false;
                }

                octet = (octet < 0 ? 0 : octet * 10) + (c - '0');
                if (octet > 255)
                {
                    return false;
                }
            }
            else
            {
                return false;
            }
        }

        if (octet < 0 || octets != 3)
        {
            return false;
        }

        family = IPFamily.IPv4;
        number = (value << 8) | (uint)octet;
        return true;
    }

    /// <summary>The family of an address.</summary>
    public static IPFamily FamilyOf(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.AddressFamily == AddressFamily.InterNetwork ? IPFamily.IPv4 : IPFamily.IPv6;
    }

    /// <summary>An address as a number: the 32 or 128 bits in network order.</summary>
    public static Bits128 ToNumber(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int written);
        return written == 4 ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : Bits128.ReadBigEndian(bytes);
    }

    /// <summary>The address that a number stands for.</summary>
    public static IPAddress ToAddress(IPFamily family, Bits128 number)
    {
        if (family == IPFamily.IPv4)
        {
            // This constructor takes the four bytes as they lie in memory.
            uint bits = (uint)number;
            return new IPAddress(BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(bits) : bits);
        }

        Span<byte> bytes = stackalloc byte[16];
        number.WriteBigEndian(bytes);
        return new IPAddress(bytes);
    }

    /// <inheritdoc/>
    public override string ToString() =>
        IsSingle ? Address.ToString() : string.Create(CultureInfo.InvariantCulture, $"{Address}/{Length}");
}
