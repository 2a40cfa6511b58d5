using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Diagnosis.Chains;

/// <summary>Something that is wrong with the rules of a chain that stands.</summary>
/// <param name="Cause">What it is.</param>
/// <param name="Sentence">What shows it, and what it does to packets.</param>
/// <param name="Edits">Changes that mend it, in order; empty where only the component can.</param>
internal sealed record ChainFault(ChainCause Cause, string Sentence, params RuleEdit[] Edits)
{
    /// <summary>True where it is only a fault if something is as it is not known to be.</summary>
    public bool IsOpen { get; init; }
}
