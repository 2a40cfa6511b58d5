namespace K8sNetfilter.Diagnosis.Lab;

/// <summary>Where the endpoint is that the calling pod's Service leads to.</summary>
public enum LabTarget
{
    /// <summary>Another pod on the caller's bridge.</summary>
    SameBridge,

    /// <summary>The calling pod itself.</summary>
    OwnService,

    /// <summary>A pod of this node that is routed to, on no bridge.</summary>
    Routed,

    /// <summary>A pod on a second node.</summary>
    OtherNode,
}
