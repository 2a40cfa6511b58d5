using K8sNetfilter.Addressing;

namespace K8sNetfilter.Forwarding;

/// <summary>A route as the walk looks it up.</summary>
internal sealed class FibRoute
{
    public required Bits128 Destination { get; init; }

    public required int PrefixLength { get; init; }

    public required uint Table { get; init; }

    public required FibResultKind Kind { get; init; }

    /// <summary>An IPv6 anycast address of this node: delivered like its own, but no local one to a rule that asks.</summary>
    public bool IsAnycast { get; init; }

    /// <summary>The interface; null where it has none, or several next hops through different ones.</summary>
    public string? Device { get; init; }

    /// <summary>All interfaces of its next hops.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    public Bits128? Gateway { get; init; }

    /// <summary>The ways out where there are several.</summary>
    public IReadOnlyList<FibNextHop> Hops { get; init; } = [];

    /// <summary>The largest packet that it takes; null where that is its interface's.</summary>
    public int? Mtu { get; init; }

    /// <summary>The source network that it is for.</summary>
    public Bits128 SourceNetwork { get; init; }

    /// <summary>Bits of that network's prefix; 0 for all sources.</summary>
    public int SourceLength { get; init; }

    /// <summary>The type of service that it is for; 0 for all.</summary>
    public byte Tos { get; init; }

    /// <summary>The groups of its interfaces (<c>ip link set group</c>).</summary>
    public uint Group { get; init; }

    /// <summary>What keeps it from being looked up, in words.</summary>
    public string? Missing { get; init; }

    /// <summary>The next route to the same destination, which is for more packets than this.</summary>
    public FibRoute? Next { get; set; }

    public bool IsForAll => SourceLength == 0 && Tos == 0;

    public Bits128? Source { get; init; }

    public uint Metric { get; init; }

    /// <summary>Which of two routes to one destination is tried first: below 0 this one; 0 where they are for the same packets.</summary>
    public int CompareTo(FibRoute other) =>
        SourceLength != other.SourceLength ? other.SourceLength - SourceLength
        : SourceNetwork != other.SourceNetwork ? (SourceNetwork > other.SourceNetwork ? 1 : -1) : other.Tos - Tos;

    /// <summary>Whether it is for a packet's source and type of service.</summary>
    public bool Takes(in FibQuery packet, ref string? granted)
    {
        if (SourceLength > 0 && (!packet.SourceKnown || (packet.Source & AddressBits.Mask(SourceLength, packet.Family)) != SourceNetwork))
        {
            return false;
        }

        return packet.Family == IPFamily.IPv6 || Tos == 0 || FibRule.HasTos(packet, Tos, ref granted);
    }

    public string Describe(IPFamily family)
    {
        if (Missing is not null)
        {
            return Missing;
        }

        string kind = Kind is FibResultKind.Unicast ? "" : Kind.ToString().ToLowerInvariant() + " ";
        string prefix = PrefixLength == 0 ? "default" : $"{AddressBits.ToAddress(Destination, family)}/{PrefixLength}";
        string via = Gateway is { } gateway ? $" via {AddressBits.ToAddress(gateway, family)}" : "";
        string device = Devices.Count == 0 ? "" : " dev " + string.Join(" or ", Devices);
        string table = Table switch { 254 => "", 255 => " table local", _ => $" table {Table}" };
        return kind + prefix + via + device + table;
    }
}
