namespace K8sNetfilter.Hooks;

/// <summary>The ways that a packet can take through a node.</summary>
public enum HookScenario : long
{
    /// <summary>From the network to a process of the node.</summary>
    Incoming,

    /// <summary>From the network, routed on to another.</summary>
    Forwarded,

    /// <summary>From a process of the node to the network.</summary>
    Outgoing,

    /// <summary>From one port of a bridge to another.</summary>
    Bridged,

    /// <summary>A question or answer of ARP, by which IPv4 finds a neighbour.</summary>
    Arp,
}
