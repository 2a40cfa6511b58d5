namespace K8sNetfilter.Simulation.Branches;

/// <summary>Whom a frame on a bridge is addressed to.</summary>
internal enum WalkLayer2
{
    /// <summary>Not a frame on a bridge.</summary>
    None,

    /// <summary>To the bridge itself, so that the node routes it.</summary>
    Bridge,

    /// <summary>To a station behind a port, so that the bridge forwards it.</summary>
    Port,
}
