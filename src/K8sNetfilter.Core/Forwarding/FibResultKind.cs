namespace K8sNetfilter.Forwarding;

/// <summary>What the routing tables say of a packet.</summary>
internal enum FibResultKind
{
    /// <summary>The node's routes are not known.</summary>
    Unknown,

    /// <summary>To this node.</summary>
    Local,

    /// <summary>Out through an interface.</summary>
    Unicast,

    /// <summary>To all on a link; this node takes it as well.</summary>
    Broadcast,

    /// <summary>To a group.</summary>
    Multicast,

    /// <summary>No route, or one that refuses: the sender is told.</summary>
    Unreachable,

    /// <summary>A route that refuses for policy: the sender is told.</summary>
    Prohibit,

    /// <summary>A route that swallows it, or an address that cannot be right here.</summary>
    Blackhole,

    /// <summary>The lookup goes on in the next rule's table.</summary>
    Throw,
}
