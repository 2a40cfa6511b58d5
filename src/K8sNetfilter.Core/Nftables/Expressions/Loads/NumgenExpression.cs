namespace K8sNetfilter.Nftables.Expressions.Loads;

/// <summary>Loads the next number, or one by chance (net/netfilter/nft_numgen.c): 4 bytes in host order.</summary>
/// <param name="Mode">Which.</param>
/// <param name="Modulus">The numbers are from 0 to one less than this.</param>
/// <param name="Offset">Added to the number.</param>
/// <param name="Target">The register that gets it.</param>
public sealed record NumgenExpression(NftNumgenMode Mode, uint Modulus, uint Offset, NftRegister Target) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "numgen";
}

/// <summary>How numbers are made (enum nft_ng_types).</summary>
public enum NftNumgenMode
{
    /// <summary>One after the other, counted by the expression.</summary>
    Incremental = 0,

    /// <summary>By chance.</summary>
    Random = 1,
}
