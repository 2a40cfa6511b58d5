using K8sNetfilter.Addressing;

namespace K8sNetfilter.Diagnosis.Chains;

/// <summary>Chains of a component that do one thing together in one table.</summary>
/// <param name="Name">What they do.</param>
/// <param name="Table">The table.</param>
internal sealed record ChainGroup(string Name, string Table)
{
    /// <summary>The chains with fixed names.</summary>
    public IReadOnlyList<ExpectedChain> Chains { get; init; } = [];

    /// <summary>Beginnings of the names of chains that come and go, one for each Service, endpoint or pod.</summary>
    public IReadOnlyList<string> Prefixes { get; init; } = [];

    /// <summary>The only family in which all versions have the chains that are always there; unspecified for both.</summary>
    public IPFamily AlwaysIn { get; init; }

    /// <summary>Where a chain of this beginning stands, the component runs in another mode and does not need the group.</summary>
    public string? NotWith { get; init; }

    /// <summary>Why the group can be missing without anything being wrong; null where there is no such reason or it is no matter.</summary>
    public string? WhenMissing { get; init; }

    /// <summary>
    /// The chain whose entries each lead to another one, so that two with the same conditions are one too many; null for none.
    /// </summary>
    public string? Dispatch { get; init; }
}
