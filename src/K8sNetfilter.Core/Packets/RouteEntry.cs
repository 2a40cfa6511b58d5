namespace K8sNetfilter.Packets;

/// <summary>A route as the walk looks it up.</summary>
internal sealed class RouteEntry
{
    public required Bits128 Destination { get; init; }

    public required int PrefixLength { get; init; }

    public required uint Table { get; init; }

    public required RouteVerdict Kind { get; init; }

    /// <summary>An IPv6 anycast address of this node: delivered like its own, but no local one to a rule that asks.</summary>
    public bool IsAnycast { get; init; }

    /// <summary>The interface; null where it has none, or several next hops through different ones.</summary>
    public string? Device { get; init; }

    /// <summary>All interfaces of its next hops.</summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    public Bits128? Gateway { get; init; }

    public Bits128? Source { get; init; }

    public uint Metric { get; init; }

    public string Describe(bool v6)
    {
        string kind = Kind is RouteVerdict.Unicast ? "" : Kind.ToString().ToLowerInvariant() + " ";
        string prefix = PrefixLength == 0 ? "default" : $"{AddressBits.ToAddress(Destination, v6)}/{PrefixLength}";
        string via = Gateway is { } gateway ? $" via {AddressBits.ToAddress(gateway, v6)}" : "";
        string device = Devices.Count == 0 ? "" : " dev " + string.Join(" or ", Devices);
        string table = Table switch { 254 => "", 255 => " table local", _ => $" table {Table}" };
        return kind + prefix + via + device + table;
    }
}
