namespace K8sNetfilter.Baselines;

/// <summary>How far the change of a journal got.</summary>
internal enum JournalState
{
    /// <summary>It is being made, or its process ended in the middle of it.</summary>
    Applying,

    /// <summary>All of it is done.</summary>
    Applied,
}
