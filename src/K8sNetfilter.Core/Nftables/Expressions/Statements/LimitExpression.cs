namespace K8sNetfilter.Nftables.Expressions.Statements;

/// <summary>Lets packets through up to a rate, the others break the rule (net/netfilter/nft_limit.c).</summary>
/// <param name="Rate">Packets or bytes per unit.</param>
/// <param name="UnitSeconds">The unit in seconds: 1, 60, 3600, 86400, 604800.</param>
/// <param name="Burst">Packets or bytes beyond the rate.</param>
/// <param name="IsBytes">True for bytes, false for packets.</param>
/// <param name="IsInverted">True for <c>over</c>: what is beyond the rate passes and the others break the rule.</param>
public sealed record LimitExpression(ulong Rate, ulong UnitSeconds, uint Burst, bool IsBytes, bool IsInverted) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "limit";
}
