using System.Globalization;

namespace K8sNetfilter.Nftables;

/// <summary>The names of families as nft(8) writes them.</summary>
public static class NftFamilyName
{
    /// <summary>All families that tables have, in the order in which nft lists them.</summary>
    public static IReadOnlyList<NftFamily> All { get; } =
        [NftFamily.IPv4, NftFamily.IPv6, NftFamily.Inet, NftFamily.Arp, NftFamily.Bridge, NftFamily.Netdev];

    /// <summary>A family as nft writes it; its number if it is not known.</summary>
    public static string Of(NftFamily family) => family switch
    {
        NftFamily.IPv4 => "ip",
        NftFamily.IPv6 => "ip6",
        NftFamily.Inet => "inet",
        NftFamily.Arp => "arp",
        NftFamily.Bridge => "bridge",
        NftFamily.Netdev => "netdev",
        _ => ((int)family).ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>The family of a name; null if there is no such family.</summary>
    public static NftFamily? Parse(ReadOnlySpan<char> name) => name switch
    {
        "ip" => NftFamily.IPv4,
        "ip6" => NftFamily.IPv6,
        "inet" => NftFamily.Inet,
        "arp" => NftFamily.Arp,
        "bridge" => NftFamily.Bridge,
        "netdev" => NftFamily.Netdev,
        _ => null,
    };
}
