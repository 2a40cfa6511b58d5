namespace K8sNetfilter.Nftables.Expressions.Loads;

/// <summary>
/// Loads what conntrack knows of a packet's connection (net/netfilter/nft_ct.c). If it has none, the rule breaks, but for the key State,
/// which says so.
/// </summary>
/// <param name="Key">What.</param>
/// <param name="Direction">Of which direction, for the keys that have both.</param>
/// <param name="Target">The register that gets it.</param>
public sealed record CtExpression(NftCtKey Key, NftCtDirection Direction, NftRegister Target) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "ct";
}

/// <summary>A direction of a connection (enum ip_conntrack_dir).</summary>
public enum NftCtDirection
{
    /// <summary>As the connection began.</summary>
    Original = 0,

    /// <summary>As it is answered.</summary>
    Reply = 1,

    /// <summary>The key has no direction, or is that of both.</summary>
    None = -1,
}
