namespace K8sNetfilter.Diagnosis;

/// <summary>Something that is wrong with the rules of a chain that stands.</summary>
/// <param name="Cause">What it is.</param>
/// <param name="Sentence">What shows it, and what it does to packets.</param>
/// <param name="Commands">Commands that mend it, in order, without the tool and the table; empty where only the component can.</param>
internal sealed record ChainFault(ChainCause Cause, string Sentence, params string[] Commands)
{
    /// <summary>True where it is only a fault if something is as it is not known to be.</summary>
    public bool IsOpen { get; init; }
}
