namespace K8sNetfilter.Links;

/// <summary>Spanning tree state of a bridge's port (include/uapi/linux/if_bridge.h, BR_STATE_…).</summary>
public enum BridgePortState : long
{
    /// <summary>Passes nothing: the link is down.</summary>
    Disabled = 0,

    /// <summary>Listens to the protocol only.</summary>
    Listening = 1,

    /// <summary>Learns addresses, forwards nothing yet.</summary>
    Learning = 2,

    /// <summary>Passes frames.</summary>
    Forwarding = 3,

    /// <summary>Passes nothing, to break a loop.</summary>
    Blocking = 4,
}
