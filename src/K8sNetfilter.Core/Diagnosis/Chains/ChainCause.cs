namespace K8sNetfilter.Diagnosis.Chains;

/// <summary>Why a component's chains do not do what they are for, or what is left over. The worst comes last.</summary>
public enum ChainCause : long
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>The text that was read does not have the table, or is cut off.</summary>
    NotGiven,

    /// <summary>The component was asked for, and none of its chains is there.</summary>
    NotPresent,

    /// <summary>
    /// Chains of several pod networks are at work. That can be meant (Calico's policy over Flannel's network), or be what an earlier one
    /// left.
    /// </summary>
    SeveralNetworks,

    /// <summary>The same jump or entry comes more than once.</summary>
    Duplicate,

    /// <summary>Chains that nothing leads to any more, or of a name that the component no longer uses.</summary>
    LeftOver,

    /// <summary>Pods' calls are masqueraded, since kube-proxy takes another network for theirs: endpoints see the node's address.</summary>
    ClientAddressLost,

    /// <summary>The component has chains in both legacy and nft.</summary>
    OtherBackend,

    /// <summary>
    /// Calls of clients outside of the cluster are not masqueraded, so that the answer of an endpoint on another node goes past this one.
    /// </summary>
    AnswerBypasses,

    /// <summary>Calls from outside are dropped for want of an endpoint on this node, and one is on it.</summary>
    LocalEndpointIgnored,

    /// <summary>A rule that the component writes into one of its chains is missing there.</summary>
    RuleMissing,

    /// <summary>A rule no longer has the conditions that the component gave it, so that it takes packets that it is not for.</summary>
    RuleChanged,

    /// <summary>A chain that always has rules has none: it was flushed.</summary>
    ChainEmpty,

    /// <summary>A rule ahead of the jump takes every packet, or those that the chain is for, so that none of these comes to it.</summary>
    Shadowed,

    /// <summary>One of the jumps to the chains is missing.</summary>
    JumpMissing,

    /// <summary>A chain that is always there is missing.</summary>
    ChainMissing,

    /// <summary>The chains stand, and nothing jumps to them: the base chain was flushed.</summary>
    NotReached,
}
