namespace K8sNetfilter.Nftables.Expressions.Loads;

/// <summary>
/// Loads what the kernel knows of the local socket that a packet belongs to (net/netfilter/nft_socket.c). If there is none, the rule
/// breaks.
/// </summary>
/// <param name="Key">What.</param>
/// <param name="Level">For a control group: how far below the root.</param>
/// <param name="Target">The register that gets it.</param>
public sealed record SocketExpression(NftSocketKey Key, uint Level, NftRegister Target) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "socket";
}

/// <summary>Keys of socket (enum nft_socket_keys).</summary>
public enum NftSocketKey
{
    /// <summary>IP_TRANSPARENT, 1 byte.</summary>
    Transparent = 0,

    /// <summary>SO_MARK, 4 bytes.</summary>
    Mark = 1,

    /// <summary>Whether it is bound to any address, 1 byte.</summary>
    Wildcard = 2,

    /// <summary>The id of its control group (version 2), 8 bytes.</summary>
    CgroupV2 = 3,
}
