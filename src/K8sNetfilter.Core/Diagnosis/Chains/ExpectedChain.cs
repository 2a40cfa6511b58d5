using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Diagnosis.Chains;

/// <summary>A chain that a component makes, always or in some versions.</summary>
/// <param name="Name">The chain's name.</param>
/// <param name="Jumps">What leads to it; where there is none, some rule has to.</param>
internal sealed record ExpectedChain(string Name, params EntryJump[] Jumps)
{
    /// <summary>True where every version and configuration has it once the component is at work in this backend and family.</summary>
    public bool IsAlways { get; init; }

    /// <summary>
    /// Chains of the same table of which each shows a version that always has this one; empty if it does not depend on the version.
    /// </summary>
    public IReadOnlyList<string> AlwaysWith { get; init; } = [];

    /// <summary>Looks at what the chain's rules say; null where any rules may stand there.</summary>
    public Func<NetfilterChain, TableSet, IEnumerable<ChainFault>>? Content { get; init; }

    /// <summary>True where it never stands without rules.</summary>
    public bool HasRules { get; init; }

    /// <summary>True where it may stand unreferenced: only some configurations jump to it.</summary>
    public bool MayBeUnused { get; init; }
}
