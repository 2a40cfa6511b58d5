namespace K8sNetfilter.Nftables.Expressions.Loads;

/// <summary>Loads what the kernel knows of a packet's route (net/netfilter/nft_rt.c). If it has none yet, the rule breaks.</summary>
/// <param name="Key">What.</param>
/// <param name="Target">The register that gets it.</param>
public sealed record RtExpression(NftRtKey Key, NftRegister Target) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "rt";
}

/// <summary>Keys of rt (enum nft_rt_keys), by the kernel's numbers.</summary>
public enum NftRtKey
{
    /// <summary>The realm, 4 bytes.</summary>
    Class = 0,

    /// <summary>The IPv4 next hop, 4 bytes.</summary>
    NextHopIPv4 = 1,

    /// <summary>The IPv6 next hop, 16 bytes.</summary>
    NextHopIPv6 = 2,

    /// <summary>The route's largest TCP segment, 2 bytes in host order.</summary>
    TcpMss = 3,

    /// <summary>Whether it leaves through IPsec, 1 byte.</summary>
    IPsec = 4,
}
