namespace K8sNetfilter.Nftables.Expressions.Loads;

/// <summary>Loads what IPsec did to a packet, or will do (net/netfilter/nft_xfrm.c; <c>ipsec</c> of nft).</summary>
/// <param name="Key">What.</param>
/// <param name="Direction">0 as it came in (XFRM_POLICY_IN), 1 as it goes out (XFRM_POLICY_OUT).</param>
/// <param name="Number">Which of several transforms, from 0.</param>
/// <param name="Target">The register that gets it.</param>
public sealed record XfrmExpression(NftXfrmKey Key, byte Direction, uint Number, NftRegister Target) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "xfrm";
}

/// <summary>Keys of xfrm (enum nft_xfrm_keys).</summary>
public enum NftXfrmKey
{
    /// <summary>The tunnel's IPv4 destination address, 4 bytes.</summary>
    DestinationIPv4 = 1,

    /// <summary>The tunnel's IPv6 destination address, 16 bytes.</summary>
    DestinationIPv6 = 2,

    /// <summary>The tunnel's IPv4 source address, 4 bytes.</summary>
    SourceIPv4 = 3,

    /// <summary>The tunnel's IPv6 source address, 16 bytes.</summary>
    SourceIPv6 = 4,

    /// <summary>The request id, 4 bytes in host order.</summary>
    RequestId = 5,

    /// <summary>The security parameter index, 4 bytes in network order.</summary>
    Spi = 6,
}
