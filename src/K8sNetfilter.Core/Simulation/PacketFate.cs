namespace K8sNetfilter.Simulation;

/// <summary>Where a packet's way through the node ends.</summary>
public enum PacketFate : long
{
    /// <summary>The data does not decide it; the reason says what is missing.</summary>
    Unknown,

    /// <summary>It reaches a process on this node.</summary>
    Delivered,

    /// <summary>It leaves through an interface.</summary>
    Sent,

    /// <summary>It is dropped without a word.</summary>
    Dropped,

    /// <summary>It is dropped, and the sender is told (an ICMP error or a TCP reset).</summary>
    Rejected,
}
