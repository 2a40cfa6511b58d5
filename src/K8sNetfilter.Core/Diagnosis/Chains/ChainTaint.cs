using System.Runtime.InteropServices;
using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Diagnosis.Chains;

/// <summary>
/// Takes back what was said of chains whose table is not known whole: a rule that could not be read may lead to the chain that nothing
/// seems to lead to, and a remedy would flush what is at work.
/// </summary>
internal static class ChainTaint
{
    /// <summary>Changes the results of such tables.</summary>
    public static void Mark(Ruleset ruleset, List<NetfilterChainResult> results)
    {
        var taints = new Dictionary<(string, NetfilterBackend?, IPFamily), string>();
        foreach (var table in ruleset.Tables)
        {
            var key = (table.Name, table.Backend, table.Family);
            var first = ruleset.FindTable(table.Name, table.Family, table.Backend) ?? table;
            if (ruleset.TaintOf(table) is { } why)
            {
                taints.TryAdd(key, why);
            }
            else if (first != table && first.Backend == table.Backend && !first.IsSameAs(table))
            {
                taints.TryAdd(key, ChainMessages.OtherRulesOfTable(first.PlaceOf(first.Line), table.PlaceOf(table.Line)));
            }
        }

        foreach (var unread in ruleset.Unread)
        {
            taints.TryAdd((unread.Name, unread.Backend, unread.Family), unread.Why);
        }

        if (taints.Count == 0)
        {
            return;
        }

        foreach (ref var result in CollectionsMarshal.AsSpan(results))
        {
            var about = result;
            string? why = about.Table is { } name ? taints.GetValueOrDefault((name, about.Backend, about.Family))
                : taints.FirstOrDefault(t => about.Family == IPFamily.Unspecified || t.Key.Item3 == about.Family).Value;
            if (why is not null && about.Verdict != ChainVerdict.Unknown)
            {
                result = about with
                {
                    Verdict = ChainVerdict.Unknown,
                    Cause = ChainCause.NotGiven,
                    Evidence = ChainMessages.NotWhole(about.Table is null ? ChainMessages.SomeTable : $"Table {about.Table}", why, about.Verdict, about.Evidence),
                    Remedy = null,
                    Edits = [],
                    RepairsItself = null,
                    Repair = null,
                };
            }
        }
    }
}
