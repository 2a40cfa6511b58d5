namespace K8sNetfilter.Baselines;

/// <summary>What undoing the last change would do, before anything is done.</summary>
public sealed class BaselineUndo
{
    internal BaselineUndo(IReadOnlyList<BaselineStep> steps, IReadOnlyList<string> differences, IReadOnlyList<JournalEntry> entries,
        bool isThere)
    {
        Steps = steps;
        Differences = differences;
        Entries = entries;
        IsThere = isThere;
    }

    /// <summary>The steps in order; none where all is as it was before the change.</summary>
    public IReadOnlyList<BaselineStep> Steps { get; }

    /// <summary>What somebody else changed since, each an end of a sentence; with any, undoing wants to be forced.</summary>
    public IReadOnlyList<string> Differences { get; }

    /// <summary>True where there is a journal of a change.</summary>
    public bool IsThere { get; }

    /// <summary>The entries of the steps, each in the place of its step.</summary>
    internal IReadOnlyList<JournalEntry> Entries { get; }
}
