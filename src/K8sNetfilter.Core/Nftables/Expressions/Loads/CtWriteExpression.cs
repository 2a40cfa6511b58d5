namespace K8sNetfilter.Nftables.Expressions.Loads;

/// <summary>Sets a connection's mark, label, zone, event mask or security mark (net/netfilter/nft_ct.c).</summary>
/// <param name="Key">What.</param>
/// <param name="Direction">Of which direction, for a zone.</param>
/// <param name="Source">The register that holds the value.</param>
public sealed record CtWriteExpression(NftCtKey Key, NftCtDirection Direction, NftRegister Source) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "ct";
}
