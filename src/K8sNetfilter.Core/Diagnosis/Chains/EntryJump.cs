using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Diagnosis.Chains;

/// <summary>A rule that leads packets into a component's chain.</summary>
/// <param name="From">The chain that it stands in.</param>
/// <param name="Conditions">Its conditions as iptables(8) takes them, for the command that puts it back; empty for none.</param>
/// <param name="IsFirst">True where the component puts it at the head of the chain, false for the end.</param>
internal sealed record EntryJump(string From, string Conditions = "", bool IsFirst = false)
{
    /// <summary>
    /// Chains of the same table of which each shows a version that lets only new connections jump; empty where none does.
    /// </summary>
    public IReadOnlyList<string> OnlyNewSince { get; init; } = [];

    /// <summary>Chains of the same table of which each shows a version that makes this jump; empty where every version does.</summary>
    public IReadOnlyList<string> Since { get; init; } = [];

    /// <summary>The conditions as the command line takes them in the version that wrote the table, with a blank at their end.</summary>
    public string Words(RulesetTable table) =>
        (TableSet.HasAny(table, OnlyNewSince) ? "-m conntrack --ctstate NEW " : "") + (Conditions.Length == 0 ? "" : Conditions + " ");
}
