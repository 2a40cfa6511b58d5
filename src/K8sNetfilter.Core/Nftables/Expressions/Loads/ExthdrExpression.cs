namespace K8sNetfilter.Nftables.Expressions.Loads;

/// <summary>
/// Loads bytes of an extension header, an IPv4 or TCP option, or an SCTP chunk (net/netfilter/nft_exthdr.c). If the packet does not have
/// it, the rule breaks, but with <see cref="IsPresence"/> 0 is loaded.
/// </summary>
/// <param name="Operation">Of what.</param>
/// <param name="Type">The header's, option's or chunk's number.</param>
/// <param name="Offset">Bytes from its beginning.</param>
/// <param name="Length">How many bytes.</param>
/// <param name="Flags">1 (NFT_EXTHDR_F_PRESENT): see <see cref="IsPresence"/>.</param>
/// <param name="Target">The register that gets them.</param>
public sealed record ExthdrExpression(
    NftExthdrOperation Operation, byte Type, uint Offset, uint Length, uint Flags, NftRegister Target) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "exthdr";

    /// <summary>Loads 1 or 0, whether the packet has it (<c>exists</c>, <c>missing</c>).</summary>
    public bool IsPresence => (Flags & 1) != 0;
}

/// <summary>What an exthdr expression reads (enum nft_exthdr_op).</summary>
public enum NftExthdrOperation
{
    /// <summary>An extension header of IPv6.</summary>
    IPv6 = 0,

    /// <summary>An option of TCP.</summary>
    Tcp = 1,

    /// <summary>An option of IPv4.</summary>
    IPv4 = 2,

    /// <summary>A chunk of SCTP.</summary>
    Sctp = 3,

    /// <summary>An option of DCCP.</summary>
    Dccp = 4,
}
