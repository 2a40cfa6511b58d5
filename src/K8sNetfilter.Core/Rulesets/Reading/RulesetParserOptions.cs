using K8sNetfilter.Addressing;
using K8sNetfilter.Errors;

namespace K8sNetfilter.Rulesets.Reading;

/// <summary>What a reader of rules should know and do.</summary>
public sealed record RulesetParserOptions
{
    /// <summary>What problems name as the source: a file's path, or a command.</summary>
    public string Source { get; init; } = "(text)";

    /// <summary>The backend, whatever the header says; null to take it from the header.</summary>
    public NetfilterBackend? Backend { get; init; }

    /// <summary>
    /// The family, whatever the header says; <see cref="IPFamily.Unspecified"/> to take it from the header or the first address.
    /// </summary>
    public IPFamily Family { get; init; }

    /// <summary>The family where neither the header nor any address says it.</summary>
    public IPFamily LastFamily { get; init; } = IPFamily.IPv4;

    /// <summary>The chains whose rules are wanted; null for all.</summary>
    public Func<NetfilterChain, bool>? WantsChain { get; init; }

    /// <summary>Told of each wanted rule as soon as it is read, instead of keeping it in its chain.</summary>
    public Action<NetfilterRule>? OnRule { get; init; }

    /// <summary>
    /// With <see cref="OnRule"/>: whether a rule's line is not what the rule means (<see cref="NetfilterRule.IsUnread"/>); null where each
    /// is.
    /// </summary>
    public Func<NetfilterRule, bool>? IsUnread { get; init; }

    /// <summary>Told of each problem as soon as it is found, instead of keeping it.</summary>
    public Action<NodeException>? OnProblem { get; init; }

    /// <summary>
    /// True for text that may have gone through a terminal: colours are taken out. Never for what the kernel itself says.
    /// </summary>
    public bool IsTranscript { get; init; }

    /// <summary>True where the rules themselves are not wanted, only the chains.</summary>
    public bool ChainsOnly { get; init; }

    /// <summary>The most tables that are read; a text with more is refused with <c>RulesetTooLarge</c>.</summary>
    public int MostTables { get; init; } = int.MaxValue;

    /// <summary>The most chains that are read.</summary>
    public int MostChains { get; init; } = int.MaxValue;

    /// <summary>The most rules that are read.</summary>
    public int MostRules { get; init; } = int.MaxValue;
}
