namespace K8sNetfilter.Nftables;

/// <summary>The family of a table, nft(8), by the kernel's numbers (NFPROTO_…).</summary>
public enum NftFamily
{
    /// <summary>Of none (NFPROTO_UNSPEC).</summary>
    Unspecified = 0,

    /// <summary>inet: IPv4 and IPv6.</summary>
    Inet = 1,

    /// <summary>ip.</summary>
    IPv4 = 2,

    /// <summary>arp.</summary>
    Arp = 3,

    /// <summary>netdev: what comes in and goes out through a device.</summary>
    Netdev = 5,

    /// <summary>bridge: frames on a bridge.</summary>
    Bridge = 7,

    /// <summary>ip6.</summary>
    IPv6 = 10,
}
