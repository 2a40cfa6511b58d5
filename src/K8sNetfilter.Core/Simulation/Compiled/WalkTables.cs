using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Text;

namespace K8sNetfilter.Simulation.Compiled;

/// <summary>
/// Which tables of a ruleset packets of a family meet; in the place of one that is not known whole stands one whose rules nobody knows.
/// </summary>
internal static class WalkTables
{
    /// <summary>Gives them in the order in which they were read.</summary>
    public static List<RulesetTable> Of(Ruleset ruleset, IPFamily family)
    {
        var tables = new List<RulesetTable>();
        foreach (var table in ruleset.Tables)
        {
            if (table.Family != family)
            {
                continue;
            }

            int twin = tables.FindIndex(t => t.Name == table.Name && t.Backend == table.Backend);
            if (twin < 0)
            {
                tables.Add(table.Fault is { } why ? Unknown(table, why) : HeadLost(table) is { } lost ? Unknown(table, lost) : table);
            }
            else if (tables[twin].Fault is null && !tables[twin].IsSameAs(table))
            {
                tables[twin] = Unknown(table, CompiledMessages.OtherRules(tables[twin].PlaceOf(tables[twin].Line), table.PlaceOf(table.Line), Printable.Text(table.Name)));
            }
        }

        foreach (var unread in ruleset.Unread)
        {
            if (unread.Family == family)
            {
                tables.RemoveAll(t => t.Name == unread.Name && t.Backend == unread.Backend);
                tables.Add(RulesetTable.Unknown(unread.Name, unread.Backend, unread.Family, unread.Why));
            }
        }

        return tables;
    }

    /// <summary>Whether both backends have tables.</summary>
    public static bool IsMixed(List<RulesetTable> tables) =>
        tables.Exists(t => t.Backend == NetfilterBackend.Legacy) && tables.Exists(t => t.Backend == NetfilterBackend.Nft);

    // Rules of a chain that stands on a hook, whose policy no line gives: a line is missing, and then more may be.
    private static string? HeadLost(RulesetTable table) => table.Line == 0 ? null
        : RulesetTable.BuiltIn(table.Name).Select(table.FindChain).FirstOrDefault(c => c is { Policy: null, RuleCount: > 0 }) is { } chain
            ? CompiledMessages.NoLineGivesPolicyOf(table.PlaceOf(table.Line), Printable.Text(table.Name), chain.Name) : null;

    private static RulesetTable Unknown(RulesetTable table, string why) =>
        RulesetTable.Unknown(table.Name, table.Backend, table.Family, why);
}
