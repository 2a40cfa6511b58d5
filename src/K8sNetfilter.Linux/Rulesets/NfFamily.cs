namespace K8sNetfilter.Rulesets;

/// <summary>What packets a table of nf_tables sees, nft(8) (NFPROTO_…).</summary>
internal enum NfFamily : byte
{
    /// <summary>IPv4 and IPv6.</summary>
    Inet = 1,

    /// <summary>IPv4.</summary>
    IPv4 = 2,

    /// <summary>ARP.</summary>
    Arp = 3,

    /// <summary>What comes in and goes out through a device.</summary>
    Netdev = 5,

    /// <summary>Bridged frames.</summary>
    Bridge = 7,

    /// <summary>IPv6.</summary>
    IPv6 = 10,
}
