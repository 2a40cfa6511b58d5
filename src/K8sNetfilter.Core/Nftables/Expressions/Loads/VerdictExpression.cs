namespace K8sNetfilter.Nftables.Expressions.Loads;

/// <summary>
/// Gives a verdict (net/netfilter/nft_immediate.c, with the register of the verdict): <c>accept</c>, <c>drop</c>, <c>jump</c> …
/// </summary>
/// <param name="Verdict">The verdict.</param>
public sealed record VerdictExpression(NftVerdict Verdict) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "immediate";
}
