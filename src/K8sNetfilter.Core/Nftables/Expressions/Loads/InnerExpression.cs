namespace K8sNetfilter.Nftables.Expressions.Loads;

/// <summary>
/// Loads from the packet in a tunnel (net/netfilter/nft_inner.c; <c>vxlan ip saddr</c>). If it is no such packet, the rule breaks.
/// </summary>
/// <param name="Type">The tunnel's kind: 0 by header alone, 1 VXLAN, 2 GENEVE (enum nft_inner_type).</param>
/// <param name="Flags">Which headers of the inner packet are looked for (NFT_INNER_…).</param>
/// <param name="HeaderSize">Bytes of the tunnel's own header.</param>
/// <param name="Number">How deep; the kernel has 0 only.</param>
/// <param name="Inner">What is loaded from it: a payload or meta expression.</param>
public sealed record InnerExpression(uint Type, uint Flags, uint HeaderSize, uint Number, NftExpression Inner) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "inner";
}
