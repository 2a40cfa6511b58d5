namespace K8sNetfilter.Rulesets;

/// <summary>Where a base chain of nf_tables is called, nft(8) (NF_INET_…).</summary>
internal enum NfHook
{
    /// <summary>As a packet comes in, before it is routed.</summary>
    Prerouting = 0,

    /// <summary>As it is delivered here.</summary>
    Input = 1,

    /// <summary>As it is routed on.</summary>
    Forward = 2,

    /// <summary>As the node sends its own.</summary>
    Output = 3,

    /// <summary>As it goes out.</summary>
    Postrouting = 4,
}
