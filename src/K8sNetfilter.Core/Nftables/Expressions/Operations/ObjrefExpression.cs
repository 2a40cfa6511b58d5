namespace K8sNetfilter.Nftables.Expressions.Operations;

/// <summary>Runs an object: counts, limits, assigns a helper … (net/netfilter/nft_objref.c).</summary>
/// <param name="Type">The object's kind.</param>
/// <param name="Name">The object's name, of the same table.</param>
public sealed record ObjrefExpression(NftObjectType Type, string Name) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "objref";
}
