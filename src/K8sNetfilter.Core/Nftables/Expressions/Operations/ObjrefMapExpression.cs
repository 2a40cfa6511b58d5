namespace K8sNetfilter.Nftables.Expressions.Operations;

/// <summary>
/// Looks a register up in a map of objects and runs the one that it finds (net/netfilter/nft_objref.c). If it finds none, the rule breaks.
/// </summary>
/// <param name="Set">The map's name, of the same table.</param>
/// <param name="Source">The register with the key.</param>
public sealed record ObjrefMapExpression(string Set, NftRegister Source) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "objref";
}
