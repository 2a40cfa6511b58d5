using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Text;

namespace K8sNetfilter.Diagnosis.Chains;

/// <summary>How one group of a component's chains stands in one table of one backend and family.</summary>
public sealed record NetfilterChainResult
{
    /// <summary>Whose chains they are.</summary>
    public required ChainOwner Owner { get; init; }

    /// <summary>Which part of the kernel holds them; null where the dump does not say.</summary>
    public NetfilterBackend? Backend { get; init; }

    /// <summary>The family; unspecified where the result is about both.</summary>
    public IPFamily Family { get; init; }

    /// <summary>The table's name; null where the result is about none in particular.</summary>
    public string? Table { get; init; }

    /// <summary>
    /// What the chains do there: <c>services</c>, <c>masquerade</c>, <c>forward</c>; <c>earlier</c> for what an earlier version left.
    /// </summary>
    public required string Group { get; init; }

    /// <summary>Names of the chains: those that are always there, and of the rest at most ten.</summary>
    public ValueList<string> Chains { get; init; } = [];

    /// <summary>How many chains the group has now.</summary>
    public int ChainCount { get; init; }

    /// <summary>How many rules they have together.</summary>
    public int RuleCount { get; init; }

    /// <summary>How they stand.</summary>
    public ChainVerdict Verdict { get; init; }

    /// <summary>Why.</summary>
    public ChainCause Cause { get; init; }

    /// <summary>What shows it: the rules that lead there, or what is missing.</summary>
    public string? Evidence { get; init; }

    /// <summary>
    /// A command line for the node of the question that mends it; null where nothing is wrong or the rules do not say what is. What changes
    /// rules is tried on the rules that were read first.
    /// </summary>
    public string? Remedy { get; init; }

    /// <summary>
    /// The verdict of these chains after <see cref="Remedy"/>. Null where there is no remedy, or its effect is not in the rules that were
    /// read: the restart of a component.
    /// </summary>
    public ChainVerdict? RemedyGives { get; init; }

    /// <summary>The changes that <see cref="Remedy"/> makes; empty where it makes none that are known.</summary>
    internal IReadOnlyList<RuleEdit> Edits { get; init; } = [];

    /// <summary>Whether the component mends it by itself while it runs; null where nothing is wrong.</summary>
    public bool? RepairsItself { get; init; }

    /// <summary>When it does, or why not; null where nothing is wrong.</summary>
    public string? Repair { get; init; }
}
