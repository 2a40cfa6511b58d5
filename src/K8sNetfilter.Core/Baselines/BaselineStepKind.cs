namespace K8sNetfilter.Baselines;

/// <summary>What one step of a plan does.</summary>
public enum BaselineStepKind : long
{
    /// <summary>Replaces a configuration file as a whole, or makes it.</summary>
    File,

    /// <summary>Loads a kernel module.</summary>
    LoadModule,

    /// <summary>Takes a kernel module out.</summary>
    UnloadModule,

    /// <summary>Writes a kernel parameter of the running kernel.</summary>
    Sysctl,

    /// <summary>Sets a bridge's own flag.</summary>
    Bridge,

    /// <summary>Sets a flag of a bridge's port.</summary>
    BridgePort,
}
