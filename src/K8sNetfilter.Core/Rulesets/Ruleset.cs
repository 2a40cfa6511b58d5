using K8sNetfilter.Addressing;
using K8sNetfilter.Errors;

namespace K8sNetfilter.Rulesets;

/// <summary>The tables of a node or of a dump.</summary>
public sealed class Ruleset
{
    /// <summary>Makes a ruleset.</summary>
    /// <param name="tables">The tables.</param>
    /// <param name="problems">What could not be read.</param>
    /// <param name="notices">What is worth knowing.</param>
    public Ruleset(IReadOnlyList<RulesetTable> tables, IReadOnlyList<NodeException> problems, IReadOnlyList<string> notices)
    {
        Tables = tables;
        Problems = problems;
        Notices = notices;
    }

    /// <summary>
    /// Tables that the node has and that could not be read, or only in part: packets meet rules there that are not known.
    /// </summary>
    public IReadOnlyList<UnreadTable> Unread { get; init; } = [];

    /// <summary>What else packets may meet on the node, and was not given. Empty where the node itself was read.</summary>
    public IReadOnlyList<RulesetGap> Gaps { get; init; } = [];

    /// <summary>
    /// The generations of nf_tables that the rules are of (NFT_MSG_GETGEN in net/netfilter/nf_tables_api.c): more than one where they
    /// changed while they were read. Empty where no running kernel was asked.
    /// </summary>
    public IReadOnlyList<uint> Generations { get; init; } = [];

    /// <summary>A ruleset without tables.</summary>
    public static Ruleset Empty { get; } = new([], [], []);

    /// <summary>The tables in the order in which they were read. A dump can have the same table more than once.</summary>
    public IReadOnlyList<RulesetTable> Tables { get; }

    /// <summary>Lines that could not be read, each with file and line, and what else was missing. The rest was read.</summary>
    public IReadOnlyList<NodeException> Problems { get; }

    /// <summary>What is worth knowing of how complete or how clear the ruleset is, in sentences.</summary>
    public IReadOnlyList<string> Notices { get; }

    /// <summary>The first table of that name and family, of the backend if one is given; null if there is none.</summary>
    public RulesetTable? FindTable(string name, IPFamily family, NetfilterBackend? backend = null)
    {
        foreach (var table in Tables)
        {
            if (table.Family == family && string.Equals(table.Name, name, StringComparison.Ordinal)
                && (backend is null || table.Backend == backend))
            {
                return table;
            }
        }

        return null;
    }

    /// <summary>One ruleset of several.</summary>
    public static Ruleset Join(IReadOnlyCollection<Ruleset> rulesets)
    {
        ArgumentNullException.ThrowIfNull(rulesets);
        return new Ruleset([.. rulesets.SelectMany(r => r.Tables)], [.. rulesets.SelectMany(r => r.Problems)],
            [.. rulesets.SelectMany(r => r.Notices)])
        {
            Unread = [.. rulesets.SelectMany(r => r.Unread)],
            Generations = [.. rulesets.SelectMany(r => r.Generations).Distinct()],

            // What one dump lacks another may be.
            Gaps = [.. rulesets.SelectMany(r => r.Gaps)
                .Where(g => g.Backend is null || !rulesets.Any(r => r.Tables.Any(t => t.Backend == g.Backend && g.IsOf(t.Family))))
                .Distinct()],
        };
    }

    /// <summary>The ruleset with another table in the place of one.</summary>
    internal Ruleset With(RulesetTable table, RulesetTable changed) =>
        new([.. Tables.Select(t => t == table ? changed : t)], Problems, Notices) { Unread = Unread, Gaps = Gaps };

    /// <summary>
    /// Why a table is not known whole, in words: rules of it could not be read, or their lines are not what they mean. Null where all was
    /// read.
    /// </summary>
    internal string? TaintOf(RulesetTable table) =>
        Unread.FirstOrDefault(u => u.Name == table.Name && u.Backend == table.Backend && u.Family == table.Family)?.Why ?? table.Taint;
}
