using System.Runtime.InteropServices;
using K8sNetfilter.Diagnosis.Chains;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Diagnosis.Remedies;

/// <summary>
/// Tries the changes that mend chains on the rules that were read: they are made to a copy of the table, and the chains are looked at
/// again. Where that does not have them in order, the component has to write its rules itself.
/// </summary>
internal static class ChainProof
{
    /// <summary>Says of each result what its remedy gives.</summary>
    /// <param name="ruleset">The rules.</param>
    /// <param name="results">What was found; changed.</param>
    /// <param name="find">Looks at a component's chains among other rules.</param>
    /// <param name="at">How a command line names the node.</param>
    public static void Mark(Ruleset ruleset, List<NetfilterChainResult> results, Func<Ruleset, ChainOwner,
        IReadOnlyList<NetfilterChainResult>> find, CommandPlace at)
    {
        foreach (ref var result in CollectionsMarshal.AsSpan(results))
        {
            var about = result;
            if (about.Edits.Count == 0 || about.Remedy is null
                || ruleset.FindTable(about.Table!, about.Family, about.Backend) is not { } table)
            {
                continue;
            }

            var changed = ruleset.With(table, about.Edits.Aggregate(table, RulesetCopy.Of));
            var after = find(changed, about.Owner).FirstOrDefault(
                r => r.Table == about.Table && r.Group == about.Group && r.Family == about.Family && r.Backend == about.Backend);
            bool isMended = after is null or { Verdict: ChainVerdict.Works }
                || (about.Verdict == ChainVerdict.Stale && after.Verdict == ChainVerdict.Stale && after.ChainCount < about.ChainCount);
            result = isMended ? about with { RemedyGives = after?.Verdict ?? ChainVerdict.Works }
                : about with { Remedy = OwnerDefinition.All.FirstOrDefault(o => o.Owner == about.Owner) is { } owned
                    ? at.Cluster(owned.Restart) : null };
        }
    }
}
