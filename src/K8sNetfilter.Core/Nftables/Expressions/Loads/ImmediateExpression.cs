namespace K8sNetfilter.Nftables.Expressions.Loads;

/// <summary>Loads a constant (net/netfilter/nft_immediate.c).</summary>
/// <param name="Target">The register that gets it.</param>
/// <param name="Data">The constant.</param>
public sealed record ImmediateExpression(NftRegister Target, NftData Data) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "immediate";
}
