namespace K8sNetfilter.Hooks;

/// <summary>The family of a function on a hook, as nft(8) names the families of tables.</summary>
public enum HookFamily : long
{
    /// <summary>ip.</summary>
    IPv4,

    /// <summary>ip6.</summary>
    IPv6,

    /// <summary>inet: IPv4 and IPv6.</summary>
    Inet,

    /// <summary>bridge: frames on a bridge.</summary>
    Bridge,

    /// <summary>netdev: all that comes in or goes out through a device.</summary>
    Netdev,

    /// <summary>arp.</summary>
    Arp,
}
