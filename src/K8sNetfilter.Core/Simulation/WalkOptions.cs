using System.IO.Enumeration;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Conditions;

namespace K8sNetfilter.Simulation;

/// <summary>How far a walk goes, what it takes for granted, and what it tells.</summary>
public sealed record WalkOptions
{
    /// <summary>The options of a walk that only wants the ends.</summary>
    public static WalkOptions Default { get; } = new();

    /// <summary>Keep the steps: rules that match or are unknown, policies, and what happens between rules.</summary>
    public bool KeepSteps { get; init; }

    /// <summary>With <see cref="KeepSteps"/>, also the rules that do not match.</summary>
    public bool AllSteps { get; init; }

    /// <summary>Walk the answer back as well.</summary>
    public bool Reply { get; init; }

    /// <summary>Sets that the packet is in, by name; <c>!name</c> for sets that it is not in. Other sets stay unknown.</summary>
    public IReadOnlyList<string> MatchSets { get; init; } = [];

    /// <summary>
    /// Whether unknown matches hold, by the match's name (<c>limit</c>) or a pattern with <c>*</c> over its text (<c>*--name
    /// KUBE-SEP-*</c>). The first that fits decides.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, bool>> Assume { get; init; } = [];

    /// <summary>The port or interface that the packet leaves through, where the data does not say.</summary>
    public string? OutInterface { get; init; }

    /// <summary>The most branches that are followed at once. A walk that would need more ends the rest as unknown.</summary>
    public int MaxBranches { get; init; } = 64;

    /// <summary>The most rules that are asked in one walk.</summary>
    public int MaxRules { get; init; } = 20_000_000;

    /// <summary>False keeps branches apart that have become the same, so that each has a history of its own.</summary>
    internal bool JoinBranches { get; init; } = true;

    /// <summary>True puts branches together that fail by one rule, whichever packet of the connection it drops.</summary>
    public bool JoinEnds { get; init; }

    /// <summary>What is known of the answer's own header fields; nothing where null.</summary>
    internal Packet? AnswerFields { get; init; }

    /// <summary>
    /// The chain that chance leads to where a chain offers it among others (an endpoint of a Service): the walk goes that way alone. Null
    /// follows every way.
    /// </summary>
    internal NetfilterChain? Chosen { get; init; }

    /// <summary>The connections that the node tracks already and that the packet may belong to.</summary>
    internal IReadOnlyList<WalkEntry> Entries { get; init; } = [];

    /// <summary>Which connections the node tracks already could not be read, and the packet's source port may be one's.</summary>
    internal bool AreEntriesUnknown { get; init; }

    /// <summary>
    /// How full the table of tracked connections is, where it takes no more; null where it has room, or that is not known.
    /// </summary>
    public string? FullTable { get; init; }

    /// <summary>Where the rules would lead the packet if none of <see cref="Entries"/> were there.</summary>
    internal IReadOnlyList<BranchState> ByRules { get; init; } = [];

    /// <summary>Rules that are passed over, to see what becomes of a packet without them.</summary>
    internal IReadOnlyCollection<NetfilterRule> Without { get; init; } = [];

    internal bool? Settle(Condition condition)
    {
        if (condition.Set is { } set)
        {
            for (int i = 0; i < MatchSets.Count; i++)
            {
                string name = MatchSets[i];
                bool isOut = name.StartsWith('!');
                if (name.AsSpan(isOut ? 1 : 0).SequenceEqual(set))
                {
                    return !isOut != condition.Negated;
                }
            }
        }

        for (int i = 0; i < Assume.Count; i++)
        {
            var (pattern, value) = Assume[i];
            if (condition.Module == pattern || FileSystemName.MatchesSimpleExpression(pattern, condition.Text, ignoreCase: false))
            {
                return value;
            }
        }

        return null;
    }
}
