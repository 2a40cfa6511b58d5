namespace K8sNetfilter.Nftables.Expressions.Statements;

/// <summary>Notes when the last packet came (net/netfilter/nft_last.c).</summary>
/// <param name="Since">How long ago; null if none came yet.</param>
public sealed record LastExpression(TimeSpan? Since) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "last";
}
