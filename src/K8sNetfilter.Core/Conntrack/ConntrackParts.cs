namespace K8sNetfilter.Conntrack;

/// <summary>Which parts of a <see cref="ConntrackRecord"/> the node said.</summary>
[Flags]
public enum ConntrackParts
{
    /// <summary>Only the tuples.</summary>
    None = 0,

    /// <summary>The time left.</summary>
    Timeout = 1 << 0,

    /// <summary>The mark.</summary>
    Mark = 1 << 1,

    /// <summary>The identifier.</summary>
    Id = 1 << 2,

    /// <summary>Packets and bytes in the original direction.</summary>
    Counters = 1 << 3,

    /// <summary>Packets and bytes in the reply direction.</summary>
    ReplyCounters = 1 << 4,

    /// <summary>The state of the protocol.</summary>
    State = 1 << 5,

    /// <summary>The whole status word; without it only what the tuples and marks in the text show.</summary>
    Status = 1 << 6,

    /// <summary>When the connection began.</summary>
    Start = 1 << 7,

    /// <summary>When the connection ended.</summary>
    Stop = 1 << 8,

    /// <summary>The time of start and stop is the node's local time, of an unknown zone.</summary>
    LocalTime = 1 << 9,
}
