namespace K8sNetfilter.Rulesets.Parts.Matches;

/// <summary>Kinds of addresses, as the routing tables tell them (RTN_*, rtnetlink(7)).</summary>
[Flags]
public enum AddressTypes : long
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>UNSPEC.</summary>
    Unspec = 1,

    /// <summary>UNICAST.</summary>
    Unicast = 2,

    /// <summary>LOCAL.</summary>
    Local = 4,

    /// <summary>BROADCAST.</summary>
    Broadcast = 8,

    /// <summary>ANYCAST.</summary>
    Anycast = 16,

    /// <summary>MULTICAST.</summary>
    Multicast = 32,

    /// <summary>BLACKHOLE.</summary>
    Blackhole = 64,

    /// <summary>UNREACHABLE.</summary>
    Unreachable = 128,

    /// <summary>PROHIBIT.</summary>
    Prohibit = 256,

    /// <summary>THROW.</summary>
    Throw = 512,

    /// <summary>NAT.</summary>
    Nat = 1024,

    /// <summary>XRESOLVE.</summary>
    XResolve = 2048,
}
