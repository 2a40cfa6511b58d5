namespace K8sNetfilter.Baselines;

/// <summary>The moments of a change at which a test makes it fail, or ends the process.</summary>
internal enum BaselineMoment
{
    /// <summary>Before a step is written down.</summary>
    Start,

    /// <summary>The step is written down and not yet done.</summary>
    Journaled,

    /// <summary>The step is done and read back.</summary>
    Done,

    /// <summary>All steps are done, and the journal does not yet say so.</summary>
    Complete,

    /// <summary>Before a step is undone.</summary>
    Undo,

    /// <summary>All is undone, and the journal is still there.</summary>
    Undone,
}
