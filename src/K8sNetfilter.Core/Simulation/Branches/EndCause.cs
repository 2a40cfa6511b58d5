namespace K8sNetfilter.Simulation.Branches;

/// <summary>What ended a packet's way, for those who explain it.</summary>
internal enum EndCause
{
    /// <summary>It arrived, or nothing more is known.</summary>
    None,

    /// <summary>A rule dropped or rejected it.</summary>
    Rule,

    /// <summary>A base chain's policy dropped it.</summary>
    Policy,

    /// <summary>The node does not forward.</summary>
    NotForwarded,

    /// <summary>A bridge does not send a frame back out of its port.</summary>
    HairpinOff,

    /// <summary>Both bridge ports are isolated.</summary>
    Isolated,

    /// <summary>The receiver found its own address as the source.</summary>
    OwnAddress,

    /// <summary>No route leads to the destination, or one that refuses.</summary>
    NoRoute,

    /// <summary>The kernel takes the addresses for impossible on that interface.</summary>
    Martian,

    /// <summary>The answer goes to the caller directly, past this node.</summary>
    Bypassed,

    /// <summary>The third packet of a handshake goes elsewhere than the first: connection tracking saw one direction only.</summary>
    HalfTracked,

    /// <summary>The answer arrives by another interface than the call came in through.</summary>
    OtherWay,

    /// <summary>It arrived, and no socket takes it.</summary>
    Refused,

    /// <summary>Nobody on the link has the destination's address.</summary>
    NobodyThere,

    /// <summary>It arrived at a socket that takes no further connection before its process accepts one.</summary>
    QueueFull,

    /// <summary>It arrived, and the receiver answers no packets of this kind.</summary>
    Ignored,

    /// <summary>It is longer than a link or route on its way takes.</summary>
    TooLong,

    /// <summary>
    /// The link layer does not bring it to the next hop: a link without carrier, a blocked port, a neighbour that nobody is.
    /// </summary>
    NoLink,

    /// <summary>A base chain dropped it that is not among the rules that are walked, and drops all.</summary>
    OtherChain,
}
