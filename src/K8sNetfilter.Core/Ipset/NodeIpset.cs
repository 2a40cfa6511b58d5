using K8sNetfilter.Addressing;

namespace K8sNetfilter.Ipset;

/// <summary>A set of ipset(8) with its elements, which are kept compactly and found by a hash.</summary>
public sealed class NodeIpset
{
    private readonly IpsetTable? _elements;

    /// <summary>Makes a set without elements.</summary>
    /// <param name="header">What is known of it.</param>
    public NodeIpset(IpsetHeader header)
    {
        ArgumentNullException.ThrowIfNull(header);
        Header = header;
        Type = IpsetType.Find(header.TypeName);
        _elements = Type is null ? null : new IpsetTable(Type, header);
        HostMask = Bits128.MaxValue;
        if (Type is { HasFamily: true, IsBitmap: false })
        {
            HostMask = header.BitMask is { } mask ? AddressBits.From(mask) : AddressBits.Mask(header.NetMask ?? 128, Family);
        }
    }

    /// <summary>What is known of it beside the elements.</summary>
    public IpsetHeader Header { get; }

    /// <summary>Its name.</summary>
    public string Name => Header.Name;

    /// <summary>Its type; null for one that is not known here.</summary>
    public IpsetType? Type { get; }

    /// <summary>The family of its addresses; unspecified for a type that has none.</summary>
    public IPFamily Family => Header.Family;

    /// <summary>True for addresses of IPv6.</summary>
    public bool IsV6 => Header.Family == IPFamily.IPv6;

    /// <summary>The bits of an address that count (<c>netmask</c>, <c>bitmask</c>).</summary>
    internal Bits128 HostMask { get; }

    /// <summary>How many elements it has.</summary>
    public int Count => _elements?.Count ?? Unread;

    /// <summary>How many elements could not be read: then a miss is not known to be one.</summary>
    public int Unread { get; private set; }

    /// <summary>The elements; null for a type that is not known here.</summary>
    internal IpsetTable? Elements => _elements;

    /// <summary>An element, by its number from 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are not so many.</exception>
    public IpsetElement this[int number] => _elements is { } elements ? elements[number]
        : throw new ArgumentOutOfRangeException(nameof(number));

    /// <summary>Adds an element. One with the same key takes its place, as <c>add -exist</c> does.</summary>
    public void Add(in IpsetElement element)
    {
        if (_elements is null)
        {
            Unread++;
        }
        else
        {
            _elements.Add(element);
        }
    }

    /// <summary>Notes that an element could not be read.</summary>
    public void AddUnread() => Unread++;
}
