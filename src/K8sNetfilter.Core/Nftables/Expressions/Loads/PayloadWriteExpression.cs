namespace K8sNetfilter.Nftables.Expressions.Loads;

/// <summary>Writes a register into the packet (net/netfilter/nft_payload.c).</summary>
/// <param name="Base">The header that the offset counts from.</param>
/// <param name="Offset">Bytes from there.</param>
/// <param name="Length">How many bytes.</param>
/// <param name="Source">The register that holds them.</param>
/// <param name="Checksum">Which checksum is set right afterwards.</param>
/// <param name="ChecksumOffset">Where that checksum is, in bytes from the base.</param>
/// <param name="ChecksumFlags">1 (NFT_PAYLOAD_L4CSUM_PSEUDOHDR): the transport header's checksum counts these bytes too.</param>
public sealed record PayloadWriteExpression(
    NftPayloadBase Base, uint Offset, uint Length, NftRegister Source, NftChecksum Checksum, uint ChecksumOffset,
    uint ChecksumFlags) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "payload";
}

/// <summary>Kinds of checksums (enum nft_payload_csum_types).</summary>
public enum NftChecksum
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>That of IPv4, TCP, UDP and ICMP.</summary>
    Internet = 1,

    /// <summary>That of SCTP.</summary>
    Sctp = 2,
}
