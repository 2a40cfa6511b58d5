namespace K8sNetfilter.Nftables.Expressions.Statements;

/// <summary>
/// Translates the source or destination of a connection (net/netfilter/nft_nat.c). The packet is accepted then; an empty register means
/// that this part stays.
/// </summary>
/// <param name="IsDestination">True for dnat, false for snat.</param>
/// <param name="Family">The addresses' family: IPv4, IPv6, or Inet for that of the packet.</param>
/// <param name="AddressMin">The register with the lowest address; none if it stays.</param>
/// <param name="AddressMax">The register with the highest address; the same register as the lowest for one.</param>
/// <param name="PortMin">The register with the lowest port, in network order; none if it stays.</param>
/// <param name="PortMax">The register with the highest port.</param>
/// <param name="Flags">NF_NAT_RANGE_….</param>
public sealed record NatExpression(
    bool IsDestination, NftFamily Family, NftRegister AddressMin, NftRegister AddressMax, NftRegister PortMin, NftRegister PortMax,
    NftNatFlags Flags) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "nat";
}

/// <summary>How an address and a port are chosen (linux/netfilter/nf_nat.h, NF_NAT_RANGE_…).</summary>
[Flags]
public enum NftNatFlags
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>NF_NAT_RANGE_MAP_IPS: there are addresses.</summary>
    MapAddresses = 1,

    /// <summary>NF_NAT_RANGE_PROTO_SPECIFIED: there are ports.</summary>
    PortSpecified = 2,

    /// <summary>NF_NAT_RANGE_PROTO_RANDOM: <c>random</c>.</summary>
    Random = 4,

    /// <summary>NF_NAT_RANGE_PERSISTENT: <c>persistent</c>.</summary>
    Persistent = 8,

    /// <summary>NF_NAT_RANGE_PROTO_RANDOM_FULLY: <c>fully-random</c>.</summary>
    FullyRandom = 16,

    /// <summary>NF_NAT_RANGE_PROTO_OFFSET: a port keeps its distance from a base.</summary>
    PortOffset = 32,

    /// <summary>NF_NAT_RANGE_NETMAP: <c>prefix</c>, the host part stays.</summary>
    Netmap = 64,
}
