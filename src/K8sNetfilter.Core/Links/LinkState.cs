namespace K8sNetfilter.Links;

/// <summary>Operational state of a link, RFC 2863 (include/uapi/linux/if.h, IF_OPER_…).</summary>
public enum LinkState
{
    /// <summary>The driver does not tell; the loopback device never does.</summary>
    Unknown = 0,

    /// <summary>A part is missing.</summary>
    NotPresent = 1,

    /// <summary>It cannot pass packets.</summary>
    Down = 2,

    /// <summary>The link below it is down.</summary>
    LowerLayerDown = 3,

    /// <summary>It is in a test mode.</summary>
    Testing = 4,

    /// <summary>It waits for an event, such as an authentication.</summary>
    Dormant = 5,

    /// <summary>It passes packets.</summary>
    Up = 6,
}
