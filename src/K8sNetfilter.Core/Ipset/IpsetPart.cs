namespace K8sNetfilter.Ipset;

/// <summary>What one dimension of an ipset(8) holds.</summary>
internal enum IpsetPart
{
    /// <summary>One address.</summary>
    Address,

    /// <summary>A prefix; a look-up tries each length that the set has, the longest first.</summary>
    Net,

    /// <summary>A transport protocol and its port, or the type and code of ICMP.</summary>
    Port,

    /// <summary>A hardware address.</summary>
    Mac,

    /// <summary>The name of an interface.</summary>
    Interface,

    /// <summary>A packet mark.</summary>
    Mark,

    /// <summary>The name of another set.</summary>
    Set,
}
