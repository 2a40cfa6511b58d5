using K8sNetfilter.Namespaces;

namespace K8sNetfilter.Links;

/// <summary>One end of a veth pair that is to be made, veth(4).</summary>
/// <param name="Name">Its name.</param>
internal sealed record VethEnd(string Name)
{
    /// <summary>Where it goes; null for the namespace that makes the pair.</summary>
    internal NetworkNamespace? Namespace { get; init; }

    /// <summary>Its link layer address; null for a random one.</summary>
    internal byte[]? MacAddress { get; init; }

    /// <summary>The largest packet in bytes; null for 1500.</summary>
    internal int? Mtu { get; init; }

    /// <summary>The number of the bridge that it joins, in its own namespace.</summary>
    internal int? MasterIndex { get; init; }

    /// <summary>Sets it up at once.</summary>
    internal bool IsUp { get; init; }
}
