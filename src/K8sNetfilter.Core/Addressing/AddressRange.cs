namespace K8sNetfilter.Addressing;

/// <summary>A range of addresses, both ends included.</summary>
/// <param name="Family">The family.</param>
/// <param name="First">The first address, as a number.</param>
/// <param name="Last">The last address, as a number.</param>
public readonly record struct AddressRange(IPFamily Family, Bits128 First, Bits128 Last)
{
    /// <summary>Whether an address, given as a number of the same family, is in it.</summary>
    public bool Contains(Bits128 address) => address >= First && address <= Last;

    /// <summary>Reads <c>first</c> or <c>first-last</c>; IPv6 may stand in brackets.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out AddressRange range)
    {
        range = default;
        if (text.Length > 1 && text[0] == '[' && text[^1] == ']')
        {
            text = text[1..^1];
        }

        int dash = text.IndexOf('-');
        if (!AddressPrefix.TryParseAddress(dash < 0 ? text : text[..dash].TrimEnd(']'), out var family, out var first))
        {
            return false;
        }

        var last = first;
        if (dash >= 0 && (!AddressPrefix.TryParseAddress(text[(dash + 1)..].TrimStart('['), out var lastFamily, out last)
            || lastFamily != family))
        {
            return false;
        }

        range = new AddressRange(family, first, last);
        return true;
    }

    /// <summary>Prints as it is written in a rule, without brackets.</summary>
    public override string ToString() => First == Last
        ? AddressPrefix.ToAddress(Family, First).ToString()
        : $"{AddressPrefix.ToAddress(Family, First)}-{AddressPrefix.ToAddress(Family, Last)}";
}
