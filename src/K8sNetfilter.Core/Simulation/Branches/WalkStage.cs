namespace K8sNetfilter.Simulation.Branches;

/// <summary>The stages of a packet's way through a node, in the order in which they can follow each other.</summary>
internal enum WalkStage
{
    /// <summary>A packet made here asks for its route.</summary>
    LocalRoute,

    /// <summary>NF_INET_LOCAL_OUT.</summary>
    Output,

    /// <summary>NF_INET_POST_ROUTING for a packet made here.</summary>
    LocalPostrouting,

    /// <summary>A frame comes in.</summary>
    Ingress,

    /// <summary>NF_INET_PRE_ROUTING.</summary>
    Prerouting,

    /// <summary>The bridge or the router decides.</summary>
    Decide,

    /// <summary>NF_INET_LOCAL_IN.</summary>
    Input,

    /// <summary>NF_INET_FORWARD.</summary>
    Forward,

    /// <summary>NF_INET_POST_ROUTING.</summary>
    Postrouting,

    /// <summary>It leaves.</summary>
    Egress,
}
