using System.Net.Sockets;
using System.Runtime.CompilerServices;
using K8sNetfilter.Addressing;
using K8sNetfilter.Links;

namespace K8sNetfilter.Forwarding;

/// <summary>What makes routes one: IPv6 lists each next hop of a route as a route of its own, which differs in that alone.</summary>
internal sealed class NextHopGroupKey(Route route) : IEquatable<NextHopGroupKey>
{
    private readonly Route _route = route;
    private readonly Bits128 _destination = AddressBits.From(route.Destination);

    private bool IsNextHop => _route is { Family: AddressFamily.InterNetworkV6, Kind: RouteKind.Unicast };

    /// <inheritdoc/>
    public bool Equals(NextHopGroupKey? other) => other is not null
        && (ReferenceEquals(_route, other._route)
            || (IsNextHop && other.IsNextHop && _destination == other._destination && _route.PrefixLength == other._route.PrefixLength
                && _route.Table == other._route.Table && _route.Metric == other._route.Metric
                && _route.SourcePrefixLength == other._route.SourcePrefixLength && Equals(_route.Source, other._route.Source)));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as NextHopGroupKey);

    /// <inheritdoc/>
    public override int GetHashCode() => IsNextHop
        ? _destination.GetHashCode() ^ _route.PrefixLength ^ unchecked((int)((_route.Table * 397) ^ (_route.Metric * 7919)))
        : RuntimeHelpers.GetHashCode(_route);
}
