using K8sNetfilter.Addressing;
using K8sNetfilter.Text;

namespace K8sNetfilter.Sets;

/// <summary>A set or map that rules look into.</summary>
public sealed class NetfilterSet
{
    private readonly Func<string, NetfilterSetElement?> _find;

    /// <summary>Makes a set.</summary>
    /// <param name="find">Looks a value up, by hash or prefix; null if the set does not contain it.</param>
    internal NetfilterSet(Func<string, NetfilterSetElement?> find) => _find = find;

    /// <summary>The family as its tool names it: <c>IPv4</c>, <c>IPv6</c>, <c>Inet</c>; null for a set that serves all.</summary>
    public string? Family { get; internal init; }

    /// <summary>The table of nftables; null for a set of ipset.</summary>
    public string? Table { get; internal init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What it is.</summary>
    public required NetfilterSetKind Kind { get; init; }

    /// <summary>The type of its keys: <c>hash:ip,port</c>, <c>ipv4_addr . inet_service</c>.</summary>
    public required string KeyType { get; init; }

    /// <summary>The type of a map's data; null for a set.</summary>
    public string? DataType { get; internal init; }

    /// <summary>Its options, each a word or two: <c>counters</c>, <c>netmask 24</c>, <c>interval</c>.</summary>
    public ValueList<string> Flags { get; internal init; } = [];

    /// <summary>The seconds that an element lives if it has no time of its own; null if elements do not expire.</summary>
    public long? Timeout { get; internal init; }

    /// <summary>How many elements it has.</summary>
    public int Count => Elements.Count;

    /// <summary>The elements; each is made when it is read.</summary>
    public IReadOnlyList<NetfilterSetElement> Elements { get; internal init; } = [];

    /// <summary>The elements that contain what -Contains gives; empty without -Contains.</summary>
    public ValueList<NetfilterSetElement> Found { get; private init; } = [];

    /// <summary>The family of its addresses; unspecified for a set that serves both.</summary>
    internal IPFamily IPFamily { get; init; }

    /// <summary>The set with the elements that contain any of the values; null if it contains none of them.</summary>
    /// <param name="values">Keys as the tool writes them: an address, a port, <c>10.96.0.1,tcp:443</c>.</param>
    public NetfilterSet? Containing(IEnumerable<string> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var found = values.Select(_find).OfType<NetfilterSetElement>().ToList();
        return found.Count == 0 ? null : new NetfilterSet(_find)
        {
            Family = Family, Table = Table, Name = Name, Kind = Kind, KeyType = KeyType, DataType = DataType, Flags = Flags, Timeout =
                Timeout,
            Elements = Elements, IPFamily = IPFamily, Found = [.. found],
        };
    }

    /// <summary>Whether it is of a family, or serves both.</summary>
    /// <param name="family">The family; unspecified for any.</param>
    public bool IsOf(IPFamily family) => family == IPFamily.Unspecified || IPFamily == IPFamily.Unspecified || IPFamily == family;

    /// <summary>The name.</summary>
    public override string ToString() => Table is null ? Name : $"{Table} {Name}";
}
