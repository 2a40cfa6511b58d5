namespace K8sNetfilter.Rulesets.Parts.Targets;

/// <summary>What a CONNMARK target does.</summary>
public enum ConnmarkAction : long
{
    /// <summary>Changes the connection's mark.</summary>
    Set,

    /// <summary>Copies the packet's mark to the connection.</summary>
    Save,

    /// <summary>Copies the connection's mark to the packet.</summary>
    Restore,
}
