namespace K8sNetfilter.Diagnosis.Remedies;

/// <summary>Where a command that changes nothing in the model is run.</summary>
internal enum CommandKind
{
    /// <summary>A cmdlet that only reads: of a snapshot, it is asked itself.</summary>
    Look,

    /// <summary>A cmdlet that needs the running node.</summary>
    Cmdlet,

    /// <summary>A tool on the node, in its network namespace.</summary>
    Tool,

    /// <summary>kubectl(1), or words: the same from anywhere.</summary>
    Cluster,
}
