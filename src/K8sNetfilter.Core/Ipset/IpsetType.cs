namespace K8sNetfilter.Ipset;

/// <summary>A type of ipset(8), such as <c>hash:ip,port</c>.</summary>
public sealed class IpsetType
{
    private static readonly IpsetType[] Types =
    [
        new("bitmap:ip", IpsetPart.Address),
        new("bitmap:ip,mac", IpsetPart.Address, IpsetPart.Mac),
        new("bitmap:port", IpsetPart.Port),
        new("hash:ip", IpsetPart.Address),
        new("hash:ip,mac", IpsetPart.Address, IpsetPart.Mac),
        new("hash:ip,mark", IpsetPart.Address, IpsetPart.Mark),
        new("hash:ip,port", IpsetPart.Address, IpsetPart.Port),
        new("hash:ip,port,ip", IpsetPart.Address, IpsetPart.Port, IpsetPart.Address),
        new("hash:ip,port,net", IpsetPart.Address, IpsetPart.Port, IpsetPart.Net),
        new("hash:mac", IpsetPart.Mac),
        new("hash:net", IpsetPart.Net),
        new("hash:net,iface", IpsetPart.Net, IpsetPart.Interface),
        new("hash:net,net", IpsetPart.Net, IpsetPart.Net),
        new("hash:net,port", IpsetPart.Net, IpsetPart.Port),
        new("hash:net,port,net", IpsetPart.Net, IpsetPart.Port, IpsetPart.Net),
        new("list:set", IpsetPart.Set),
    ];

    private readonly IpsetPart[] _parts;

    private IpsetType(string name, params IpsetPart[] parts)
    {
        Name = name;
        _parts = parts;
        IsBitmap = name.StartsWith("bitmap:", StringComparison.Ordinal);
        HasFamily = Has(IpsetPart.Address) || Has(IpsetPart.Net);
        HasNomatch = Has(IpsetPart.Net);
    }

    /// <summary>The names of all types, for tests.</summary>
    internal static IEnumerable<string> Names => Types.Select(t => t.Name);

    /// <summary>The type's name.</summary>
    public string Name { get; }

    /// <summary>What each dimension holds.</summary>
    internal ReadOnlySpan<IpsetPart> Parts => _parts;

    /// <summary>The type covers one range, and has a bit for each element.</summary>
    public bool IsBitmap { get; }

    /// <summary>The set is of one IP family; one that is not serves both.</summary>
    public bool HasFamily { get; }

    /// <summary>Elements can be exceptions (IPSET_TYPE_NOMATCH).</summary>
    public bool HasNomatch { get; }

    /// <summary>Several elements can differ in the interface alone (IP_SET_HASH_WITH_MULTI in ip_set_hash_netiface.c).</summary>
    internal bool IsMulti => Has(IpsetPart.Interface);

    /// <summary>True for a list of other sets.</summary>
    public bool IsList => Has(IpsetPart.Set);

    /// <summary>The hardware address is a property of the address, and may be missing (ip_set_bitmap_ipmac.c).</summary>
    internal bool MacIsValue => IsBitmap && Has(IpsetPart.Mac);

    /// <summary>The type with a name; null for one that is not known here.</summary>
    public static IpsetType? Find(ReadOnlySpan<char> name)
    {
        foreach (var type in Types)
        {
            if (name.SequenceEqual(type.Name))
            {
                return type;
            }
        }

        return null;
    }

    private bool Has(IpsetPart part) => Array.IndexOf(_parts, part) >= 0;
}
