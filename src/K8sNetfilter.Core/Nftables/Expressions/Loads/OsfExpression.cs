namespace K8sNetfilter.Nftables.Expressions.Loads;

/// <summary>Loads the name of the operating system that a TCP SYN looks like (net/netfilter/nft_osf.c): 16 bytes.</summary>
/// <param name="Ttl">How the time to live is compared: 0 strictly, 1 not more, 2 not at all.</param>
/// <param name="Flags">1 (NFT_OSF_F_VERSION): with the version.</param>
/// <param name="Target">The register that gets it.</param>
public sealed record OsfExpression(byte Ttl, uint Flags, NftRegister Target) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "osf";
}
