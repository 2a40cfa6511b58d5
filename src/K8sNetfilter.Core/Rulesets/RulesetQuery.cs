using K8sNetfilter.Addressing;
using K8sNetfilter.Errors;

namespace K8sNetfilter.Rulesets;

/// <summary>Which rules of a node are asked for, and how they come.</summary>
public sealed record RulesetQuery
{
    /// <summary>The family; <see cref="IPFamily.Unspecified"/> for both.</summary>
    public IPFamily Family { get; init; }

    /// <summary>The backend; null for both.</summary>
    public NetfilterBackend? Backend { get; init; }

    /// <summary>The one table that is wanted; null for all.</summary>
    public string? Table { get; init; }

    /// <summary>The chains whose rules are wanted; null for all.</summary>
    public Func<NetfilterChain, bool>? WantsChain { get; init; }

    /// <summary>Told of each wanted rule as soon as it is read, instead of keeping it in its chain.</summary>
    public Action<NetfilterRule>? OnRule { get; init; }

    /// <summary>Told of each problem as soon as it is found, instead of keeping it in the ruleset.</summary>
    public Action<NodeException>? OnProblem { get; init; }

    /// <summary>True where nobody wants to know how many packets met a rule: the tools are done a little sooner then.</summary>
    public bool WithoutCounters { get; init; }

    /// <summary>True where the rules themselves are not wanted, only the chains.</summary>
    public bool ChainsOnly { get; init; }
}
