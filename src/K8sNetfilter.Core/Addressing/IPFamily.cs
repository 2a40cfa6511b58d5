namespace K8sNetfilter.Addressing;

/// <summary>The two families of the Internet Protocol.</summary>
public enum IPFamily : long
{
    /// <summary>Not said.</summary>
    Unspecified = 0,

    /// <summary>IPv4, AF_INET.</summary>
    IPv4 = 4,

    /// <summary>IPv6, AF_INET6.</summary>
    IPv6 = 6,
}
