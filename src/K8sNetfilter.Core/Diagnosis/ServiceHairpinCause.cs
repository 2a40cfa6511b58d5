namespace K8sNetfilter.Diagnosis;

/// <summary>Why a pod does not reach a Service.</summary>
public enum ServiceHairpinCause : long
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>The data does not say.</summary>
    Unknown,

    /// <summary>The reply is bridged past conntrack: bridge netfilter is off for this bridge and family.</summary>
    BridgeNetfilterOff,

    /// <summary>As <see cref="BridgeNetfilterOff"/>, and br_netfilter is not loaded, so that there is no switch to turn.</summary>
    ModuleMissing,

    /// <summary>No rule translates the Service's address.</summary>
    NoTranslation,

    /// <summary>The Service has no endpoints: kube-proxy rejects the call.</summary>
    NoEndpoint,

    /// <summary>The endpoint received the call and did not answer: nothing listens there, or the pod is gone.</summary>
    EndpointSilent,

    /// <summary>The endpoint refused the call: it was reached, and nothing listens on that port.</summary>
    EndpointRefused,

    /// <summary>The pod calls itself, and its bridge port is not in hairpin mode.</summary>
    HairpinOff,

    /// <summary>The pod calls itself, and no rule masquerades the call, so that its answer would come from its own address.</summary>
    MasqueradeMissing,

    /// <summary>The pod calls itself, and a rule ahead of the masquerading one accepts the packet first.</summary>
    RuleOrder,

    /// <summary>The node does not route: ip_forward (or IPv6 forwarding) is off.</summary>
    ForwardingOff,

    /// <summary>A rule or a chain's policy drops or rejects the packet.</summary>
    DroppedByRule,

    /// <summary>A rule takes the packet out of connection tracking (NOTRACK), so that it is never translated.</summary>
    NotTracked,

    /// <summary>The conntrack table is full: new connections are dropped.</summary>
    ConntrackFull,

    /// <summary>There is no route to the endpoint, or no link layer on its way that brings the packet there.</summary>
    NoRoute,

    /// <summary>The packet is larger than the path allows.</summary>
    PacketTooLarge,

    /// <summary>
    /// Service traffic is not translated by rules here (IPVS, or a socket-level load balancer), so that rules do not decide.
    /// </summary>
    NotByRules,

    /// <summary>
    /// The endpoint answers the caller directly, past this node, since nothing masquerades the call: the answer is not translated back.
    /// </summary>
    AnswerBypasses,

    /// <summary>
    /// Packets follow an entry of connection tracking that was made before the Service had its present endpoints, and not the rules.
    /// </summary>
    StaleEntry,
}
