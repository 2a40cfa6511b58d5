namespace K8sNetfilter.Nftables.Sets;

/// <summary>The byte order of numbers in keys or data, as nft notes it for itself in a set's userdata (enum byteorder).</summary>
public enum NftByteOrder
{
    /// <summary>Not noted.</summary>
    Unknown = 0,

    /// <summary>The host's.</summary>
    Host = 1,

    /// <summary>Network order.</summary>
    Network = 2,
}
