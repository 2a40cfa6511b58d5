namespace K8sNetfilter.Rulesets;

/// <summary>Which part of the kernel holds a table that iptables wrote.</summary>
public enum NetfilterBackend : long
{
    /// <summary>ip_tables and ip6_tables, written by iptables-legacy.</summary>
    Legacy,

    /// <summary>nf_tables, written by iptables-nft.</summary>
    Nft,
}
