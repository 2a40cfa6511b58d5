namespace K8sNetfilter.Baselines;

/// <summary>What a requirement is about.</summary>
public enum BaselineRequirementKind : long
{
    /// <summary>A kernel module is there, or is not.</summary>
    Module,

    /// <summary>A kernel parameter has a value.</summary>
    Sysctl,

    /// <summary>A configuration file sets nothing that contradicts the baseline's kernel parameters.</summary>
    File,

    /// <summary>A bridge, or the ports of a bridge, have a flag.</summary>
    Bridge,

    /// <summary>A netfilter chain exists and packets can reach it.</summary>
    Chain,
}
