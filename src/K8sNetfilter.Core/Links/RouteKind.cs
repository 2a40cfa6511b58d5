namespace K8sNetfilter.Links;

/// <summary>What a route does with a packet, rtnetlink(7) (RTN_…).</summary>
public enum RouteKind
{
    /// <summary>Not told.</summary>
    Unspecified = 0,

    /// <summary>Sends it to the next hop.</summary>
    Unicast = 1,

    /// <summary>Delivers it here.</summary>
    Local = 2,

    /// <summary>Delivers it here as broadcast, sends it as link broadcast.</summary>
    Broadcast = 3,

    /// <summary>Delivers it here as broadcast, sends it as unicast.</summary>
    Anycast = 4,

    /// <summary>Multicast.</summary>
    Multicast = 5,

    /// <summary>Drops it in silence.</summary>
    Blackhole = 6,

    /// <summary>Answers that the destination is unreachable.</summary>
    Unreachable = 7,

    /// <summary>Answers that it is administratively prohibited.</summary>
    Prohibit = 8,

    /// <summary>Goes on with the next rule.</summary>
    Throw = 9,

    /// <summary>Translates the address, of old.</summary>
    Nat = 10,

    /// <summary>Asks a resolver outside the kernel.</summary>
    External = 11,
}
