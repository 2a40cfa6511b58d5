using K8sNetfilter.Nftables.Expressions;
using K8sNetfilter.Nftables.Expressions.Statements;

namespace K8sNetfilter.Nftables.Evaluation;

/// <summary>How a rule translates a connection, with the contents of its registers.</summary>
/// <param name="Kind">Which statement.</param>
/// <param name="AddressMin">The lowest address; empty if the address stays.</param>
/// <param name="AddressMax">The highest address.</param>
/// <param name="PortMin">The lowest port, 2 bytes in network order; empty if the port stays.</param>
/// <param name="PortMax">The highest port.</param>
/// <param name="Flags">NF_NAT_RANGE_….</param>
internal sealed record NftTranslation(
    NftTranslationKind Kind, NftData AddressMin, NftData AddressMax, NftData PortMin, NftData PortMax, NftNatFlags Flags);

/// <summary>Statements that translate.</summary>
internal enum NftTranslationKind
{
    /// <summary>dnat.</summary>
    Destination,

    /// <summary>snat.</summary>
    Source,

    /// <summary>masquerade.</summary>
    Masquerade,

    /// <summary>redirect.</summary>
    Redirect,
}
