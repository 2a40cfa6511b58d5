using K8sNetfilter.Addressing;

namespace K8sNetfilter.Ipset;

/// <summary>One element of a set, taken apart. Which properties count depends on the set's type.</summary>
public struct IpsetElement
{
    /// <summary>The first address.</summary>
    public Bits128 First { get; set; }

    /// <summary>The second address.</summary>
    public Bits128 Second { get; set; }

    /// <summary>The prefix length of <see cref="First"/>; of a host where the type has no prefix.</summary>
    public byte FirstLength { get; set; }

    /// <summary>The prefix length of <see cref="Second"/>.</summary>
    public byte SecondLength { get; set; }

    /// <summary>The transport protocol of <see cref="Port"/>.</summary>
    public byte Protocol { get; set; }

    /// <summary>The port; for ICMP the type in the upper and the code in the lower byte.</summary>
    public ushort Port { get; set; }

    /// <summary>The hardware address, in the lower 48 bits.</summary>
    public ulong Mac { get; set; }

    /// <summary>False for an element of bitmap:ip,mac that has no hardware address yet.</summary>
    public bool HasMac { get; set; }

    /// <summary>The packet mark.</summary>
    public uint Mark { get; set; }

    /// <summary>The interface, or the set of a list; null for other types.</summary>
    public string? Name { get; set; }

    /// <summary>The interface is a bridge port.</summary>
    public bool IsPhysical { get; set; }

    /// <summary>The interface is the beginning of names.</summary>
    public bool IsWildcard { get; set; }

    /// <summary>An exception: what it fits does not match.</summary>
    public bool IsNomatch { get; set; }

    /// <summary>The seconds until it expires; 0 for one that does not.</summary>
    public uint Timeout { get; set; }

    /// <summary>The packets that it matched.</summary>
    public ulong Packets { get; set; }

    /// <summary>The bytes that it matched.</summary>
    public ulong Bytes { get; set; }

    /// <summary>Its comment; null if it has none.</summary>
    public string? Comment { get; set; }

    /// <summary>The mark that SET --map-mark gives, in the upper half, and its mask in the lower.</summary>
    public ulong SkbMark { get; set; }

    /// <summary>The priority that SET --map-prio gives.</summary>
    public uint SkbPriority { get; set; }

    /// <summary>The queue that SET --map-queue gives.</summary>
    public ushort SkbQueue { get; set; }
}
