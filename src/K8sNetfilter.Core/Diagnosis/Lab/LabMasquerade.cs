namespace K8sNetfilter.Diagnosis.Lab;

/// <summary>Which Service calls get the node's own address as their source.</summary>
public enum LabMasquerade
{
    /// <summary>None.</summary>
    None,

    /// <summary>Those of a pod to itself, as kube-proxy's rules have it.</summary>
    Own,

    /// <summary>All, as kube-proxy's <c>--masquerade-all</c> has it.</summary>
    All,
}
