using K8sNetfilter.Nftables.Expressions;

namespace K8sNetfilter.Nftables;

/// <summary>A rule: expressions that are evaluated in order until one breaks the rule or gives a verdict.</summary>
/// <param name="handle">The kernel's number of it, unique in its table; 0 if it is not known.</param>
/// <param name="expressions">The expressions; the array must not change.</param>
/// <param name="comment">Its comment; null if it has none.</param>
public sealed class NftRule(ulong handle, NftExpression[] expressions, string? comment = null)
{
    /// <summary>The kernel's number of it, unique in its table; 0 if it is not known.</summary>
    public ulong Handle { get; } = handle;

    /// <summary>The handle of the rule before it in its chain (NFTA_RULE_POSITION); 0 for the first.</summary>
    public ulong Position { get; init; }

    /// <summary>Its comment; null if it has none.</summary>
    public string? Comment { get; } = comment;

    /// <summary>What it is made of.</summary>
    public NftExpression[] Expressions { get; } = expressions;
}
