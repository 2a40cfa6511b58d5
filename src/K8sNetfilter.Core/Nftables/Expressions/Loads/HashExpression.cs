namespace K8sNetfilter.Nftables.Expressions.Loads;

/// <summary>Loads a hash (net/netfilter/nft_hash.c): 4 bytes in host order.</summary>
/// <param name="Mode">Of what.</param>
/// <param name="Source">The register that holds what is hashed; none for the symmetric hash.</param>
/// <param name="Length">How many bytes are hashed.</param>
/// <param name="Modulus">The hashes are from 0 to one less than this.</param>
/// <param name="Seed">The seed; null if the kernel makes one by chance.</param>
/// <param name="Offset">Added to the hash.</param>
/// <param name="Target">The register that gets it.</param>
public sealed record HashExpression(
    NftHashMode Mode, NftRegister Source, uint Length, uint Modulus, uint? Seed, uint Offset, NftRegister Target) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "hash";
}

/// <summary>What is hashed (enum nft_hash_types).</summary>
public enum NftHashMode
{
    /// <summary>jhash: a register.</summary>
    Jenkins = 0,

    /// <summary>symhash: the packet's addresses and ports, the same for both directions.</summary>
    Symmetric = 1,
}
