namespace K8sNetfilter.Nftables.Expressions.Loads;

/// <summary>Loads bytes of the packet (net/netfilter/nft_payload.c). If the packet does not have them, the rule breaks.</summary>
/// <param name="Base">The header that the offset counts from.</param>
/// <param name="Offset">Bytes from there.</param>
/// <param name="Length">How many bytes.</param>
/// <param name="Target">The register that gets them.</param>
public sealed record PayloadExpression(NftPayloadBase Base, uint Offset, uint Length, NftRegister Target) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "payload";
}

/// <summary>Where an offset into a packet counts from (enum nft_payload_bases).</summary>
public enum NftPayloadBase
{
    /// <summary>The link layer: Ethernet.</summary>
    LinkLayer = 0,

    /// <summary>The network header: IPv4, IPv6, ARP.</summary>
    Network = 1,

    /// <summary>The transport header: TCP, UDP, ICMP …</summary>
    Transport = 2,

    /// <summary>The header in the transport header: what TCP or UDP carries.</summary>
    Inner = 3,

    /// <summary>The tunnel's own header, in an <see cref="InnerExpression"/>.</summary>
    Tunnel = 4,
}
