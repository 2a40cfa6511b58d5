using K8sNetfilter.Errors;

namespace K8sNetfilter.Baselines;

/// <summary>What could not be taken back, and why.</summary>
internal sealed record NotUndoneStep(string Target, NodeException Why)
{
    /// <summary>The end of a sentence.</summary>
    public override string ToString() => $"{Target} ({Why.Message.TrimEnd('.')})";
}
