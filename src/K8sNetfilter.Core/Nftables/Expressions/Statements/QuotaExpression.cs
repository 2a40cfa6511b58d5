namespace K8sNetfilter.Nftables.Expressions.Statements;

/// <summary>Lets an amount of bytes through, then breaks the rule (net/netfilter/nft_quota.c).</summary>
/// <param name="Bytes">The amount.</param>
/// <param name="Consumed">Bytes so far.</param>
/// <param name="Flags">1 NFT_QUOTA_F_INV (<c>over</c>), 2 NFT_QUOTA_F_DEPLETED.</param>
public sealed record QuotaExpression(ulong Bytes, ulong Consumed, uint Flags) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "quota";

    /// <summary>True for <c>over</c>: the rule goes on once the amount is used up.</summary>
    public bool IsInverted => (Flags & 1) != 0;
}
