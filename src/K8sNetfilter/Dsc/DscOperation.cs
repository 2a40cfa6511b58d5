namespace K8sNetfilter.Dsc;

/// <summary>What a command resource of Desired State Configuration v3 is asked for.</summary>
public enum DscOperation
{
    /// <summary>The present state.</summary>
    Get,

    /// <summary>The present state, and whether it is the desired one.</summary>
    Test,

    /// <summary>Make the present state the desired one.</summary>
    Set,

    /// <summary>Every instance that the node has.</summary>
    Export,

    /// <summary>The JSON schema of the instances.</summary>
    Schema,

    /// <summary>The resource's manifest, for DSC to find.</summary>
    Manifest,
}
