namespace K8sNetfilter.Nftables.Expressions.Statements;

/// <summary>Keeps a packet from conntrack (nft_notrack in net/netfilter/nft_ct.c). A packet that has a connection keeps it.</summary>
public sealed record NotrackExpression : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "notrack";
}
