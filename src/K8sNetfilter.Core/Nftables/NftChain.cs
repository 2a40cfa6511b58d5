namespace K8sNetfilter.Nftables;

/// <summary>A chain of rules.</summary>
/// <param name="Name">Its name; the kernel makes those of chains in rules (<c>jump { … }</c>).</param>
/// <param name="Base">What makes it a base chain; null for one that is only jumped to.</param>
/// <param name="Rules">Its rules, in order.</param>
public sealed record NftChain(string Name, NftChainHook? Base, NftRule[] Rules)
{
    /// <summary>NFT_CHAIN_…: base, hardware offload, made in a rule.</summary>
    public NftChainFlags Flags { get; init; }

    /// <summary>The kernel's number of it, unique in its table; 0 if it is not known.</summary>
    public ulong Handle { get; init; }

    /// <summary>Its comment; null if it has none.</summary>
    public string? Comment { get; init; }

    /// <summary>As nft names it.</summary>
    public override string ToString() => Name;
}

/// <summary>Flags of a chain (enum nft_chain_flags).</summary>
[Flags]
public enum NftChainFlags
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>NFT_CHAIN_BASE: on a hook.</summary>
    Base = 1,

    /// <summary>NFT_CHAIN_HW_OFFLOAD: also in the network card.</summary>
    Offload = 2,

    /// <summary>NFT_CHAIN_BINDING: made in a rule, without a name of its own.</summary>
    Binding = 4,
}
