namespace K8sNetfilter.Nftables;

/// <summary>Kinds of objects (NFT_OBJECT_…), by the kernel's numbers.</summary>
public enum NftObjectType
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>counter.</summary>
    Counter = 1,

    /// <summary>quota.</summary>
    Quota = 2,

    /// <summary>ct helper.</summary>
    CtHelper = 3,

    /// <summary>limit.</summary>
    Limit = 4,

    /// <summary>ct count.</summary>
    Connlimit = 5,

    /// <summary>tunnel.</summary>
    Tunnel = 6,

    /// <summary>ct timeout.</summary>
    CtTimeout = 7,

    /// <summary>secmark.</summary>
    Secmark = 8,

    /// <summary>ct expectation.</summary>
    CtExpectation = 9,

    /// <summary>synproxy.</summary>
    Synproxy = 10,
}
