using K8sNetfilter.Addressing;

namespace K8sNetfilter.Rulesets;

/// <summary>
/// What packets may meet on the node and no text says: a table that was not given, the other backend, a part whose head was cut off.
/// </summary>
/// <param name="Family">The family; <see cref="IPFamily.Unspecified"/> for both.</param>
/// <param name="Text">What is not known, as part of a sentence.</param>
public sealed record RulesetGap(IPFamily Family, string Text)
{
    /// <summary>The backend that it is about; null for either.</summary>
    public NetfilterBackend? Backend { get; init; }

    /// <summary>
    /// True where most nodes have nothing there, so that a node of which the rest is known is taken to have nothing there either.
    /// </summary>
    public bool IsLikelyEmpty { get; init; }

    /// <summary>Whether packets of a family may meet it.</summary>
    public bool IsOf(IPFamily family) => Family == IPFamily.Unspecified || Family == family;
}
