namespace K8sNetfilter.Nftables.Sets;

/// <summary>Flags of an element (enum nft_set_elem_flags).</summary>
[Flags]
public enum NftElementFlags
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>NFT_SET_ELEM_INTERVAL_END: the first key after an interval, which is not in it.</summary>
    IntervalEnd = 1,

    /// <summary>NFT_SET_ELEM_CATCHALL: matches every key that no other element has (<c>*</c>); it has no key.</summary>
    CatchAll = 2,
}
