namespace K8sNetfilter.Nftables.Expressions.Statements;

/// <summary>Goes on while no more than so many connections are counted (net/netfilter/nft_connlimit.c; <c>ct count</c>).</summary>
/// <param name="Count">The number of connections.</param>
/// <param name="IsInverted">True for <c>over</c>: goes on when there are more.</param>
public sealed record ConnlimitExpression(uint Count, bool IsInverted) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "connlimit";
}
