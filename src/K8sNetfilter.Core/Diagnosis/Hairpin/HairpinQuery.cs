using K8sNetfilter.Errors;
using K8sNetfilter.Services;

namespace K8sNetfilter.Diagnosis.Hairpin;

/// <summary>Which Services a diagnosis is about.</summary>
public sealed record HairpinQuery
{
    /// <summary>The Services that are wanted, wherever their endpoints are; null for each that has an endpoint on this node.</summary>
    public Func<NodeService, bool>? Wants { get; init; }

    /// <summary>Told of what makes the answers less than certain.</summary>
    public Action<string> Warn { get; init; } = _ => { };

    /// <summary>Told of each part of the rules that cannot be read.</summary>
    public Action<NodeException> OnProblem { get; init; } = _ => { };
}
