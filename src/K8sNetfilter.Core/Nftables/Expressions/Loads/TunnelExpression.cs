namespace K8sNetfilter.Nftables.Expressions.Loads;

/// <summary>Loads a packet's tunnel metadata (net/netfilter/nft_tunnel.c).</summary>
/// <param name="Key">What.</param>
/// <param name="Mode">Of the tunnel that it came by (1), that it leaves by (2), or either (0).</param>
/// <param name="Target">The register that gets it.</param>
public sealed record TunnelExpression(NftTunnelKey Key, uint Mode, NftRegister Target) : NftExpression
{
    /// <inheritdoc/>
    public override string Kind => "tunnel";
}

/// <summary>Keys of tunnel (enum nft_tunnel_keys).</summary>
public enum NftTunnelKey
{
    /// <summary>Whether there is a tunnel, 1 byte.</summary>
    Path = 0,

    /// <summary>The tunnel's id, 4 bytes.</summary>
    Id = 1,
}
