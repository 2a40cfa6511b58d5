namespace K8sNetfilter.Nftables.Sets;

/// <summary>Flags of a set (enum nft_set_flags).</summary>
[Flags]
public enum NftSetFlags
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>NFT_SET_ANONYMOUS: made in a rule, which it ends with.</summary>
    Anonymous = 0x1,

    /// <summary>NFT_SET_CONSTANT: nothing can be added or deleted.</summary>
    Constant = 0x2,

    /// <summary>NFT_SET_INTERVAL: elements are ranges.</summary>
    Interval = 0x4,

    /// <summary>NFT_SET_MAP: elements have data.</summary>
    Map = 0x8,

    /// <summary>NFT_SET_TIMEOUT: elements may expire.</summary>
    Timeout = 0x10,

    /// <summary>NFT_SET_EVAL: packets add elements (<c>dynamic</c>).</summary>
    Dynamic = 0x20,

    /// <summary>NFT_SET_OBJECT: the data are objects.</summary>
    Objects = 0x40,

    /// <summary>NFT_SET_CONCAT: keys are of several fields, and ranges are ranges in each.</summary>
    Concatenation = 0x80,

    /// <summary>NFT_SET_EXPR: elements have expressions.</summary>
    Expressions = 0x100,
}
