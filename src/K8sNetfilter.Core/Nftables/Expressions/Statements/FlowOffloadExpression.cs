namespace K8sNetfilter.Nftables.Expressions.Statements;

/// <summary>
/// Puts an established connection into a flowtable (net/netfilter/nft_flow_offload.c): its packets pass the hooks by from then on.
/// </summary>
/// <param name="Flowtable">The flowtable's name, of the same table.</param>
public sealed record FlowOffloadExpression(string Flowtable) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "flow_offload";
}
