namespace K8sNetfilter.Diagnosis.Hairpin;

/// <summary>Where an address is, seen from a node.</summary>
internal enum PodKind
{
    /// <summary>The node does not say.</summary>
    Unknown,

    /// <summary>On another node.</summary>
    Elsewhere,

    /// <summary>Behind a bridge of this node.</summary>
    Bridged,

    /// <summary>On a link of its own that this node routes to.</summary>
    Routed,

    /// <summary>An address of this node itself: a pod in the host's network.</summary>
    Node,
}
