using K8sNetfilter.Text;

namespace K8sNetfilter.Addressing;

/// <summary>
/// An address under a mask, as iptables compares them. The mask can have holes (<c>10.0.0.1/255.0.0.255</c>); where it has none it is
/// also a prefix.
/// </summary>
/// <param name="Family">The family.</param>
/// <param name="Address">The address as a number, under the mask.</param>
/// <param name="Mask">The mask as a number.</param>
public readonly record struct AddressMask(IPFamily Family, Bits128 Address, Bits128 Mask)
{
    /// <summary>The prefix that it is; null where the mask has holes.</summary>
    public AddressPrefix? Prefix
    {
        get
        {
            int bits = Family == IPFamily.IPv4 ? 32 : 128;
            int ones = Mask.PopCount();
            var prefix = new AddressPrefix(Family, Address, ones);
            Bits128 all = bits == 32 ? uint.MaxValue : Bits128.MaxValue;
            return Mask == (ones == 0 ? Bits128.Zero : all & (all << (bits - ones))) ? prefix : null;
        }
    }

    /// <summary>Whether an address, given as a number of the same family, is under it.</summary>
    public bool Contains(Bits128 address) => (address & Mask) == Address;

    /// <summary>Reads an address with a prefix length, a mask, or neither.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out AddressMask value)
    {
        value = default;
        int slash = text.IndexOf('/');
        if (!AddressPrefix.TryParseAddress(slash < 0 ? text : text[..slash], out var family, out var address))
        {
            return false;
        }

        Bits128 mask = family == IPFamily.IPv4 ? uint.MaxValue : Bits128.MaxValue;
        if (slash >= 0)
        {
            var tail = text[(slash + 1)..];
            int bits = family == IPFamily.IPv4 ? 32 : 128;
            if (CNumber.TryParse(tail, out uint length) && length <= bits)
            {
                mask = length == 0 ? Bits128.Zero : mask & (mask << (int)(bits - length));
            }
            else if (!AddressPrefix.TryParseAddress(tail, out var maskFamily, out mask) || maskFamily != family)
            {
                return false;
            }
        }

        value = new AddressMask(family, address & mask, mask);
        return true;
    }
}
