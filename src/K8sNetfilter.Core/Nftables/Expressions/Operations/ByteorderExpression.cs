namespace K8sNetfilter.Nftables.Expressions.Operations;

/// <summary>Turns the bytes of numbers around between network and host order (net/netfilter/nft_byteorder.c).</summary>
/// <param name="Source">The register.</param>
/// <param name="Target">The register that gets the result.</param>
/// <param name="IsToHost">True from network to host order (ntoh), false to network order (hton).</param>
/// <param name="Length">How many bytes.</param>
/// <param name="Size">Bytes of each number: 2, 4 or 8.</param>
public sealed record ByteorderExpression(NftRegister Source, NftRegister Target, bool IsToHost, uint Length, uint Size) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "byteorder";
}
