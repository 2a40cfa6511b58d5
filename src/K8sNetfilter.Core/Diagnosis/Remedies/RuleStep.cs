using K8sNetfilter.Addressing;
using K8sNetfilter.Diagnosis.Hairpin;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Diagnosis.Remedies;

/// <summary>Changes the rules of a table: one command of iptables(8).</summary>
/// <param name="Table">The table's name.</param>
/// <param name="Backend">Which part of the kernel holds it; null where that is not known.</param>
/// <param name="Family">Its family.</param>
/// <param name="Edit">What is changed.</param>
internal sealed record RuleStep(string Table, NetfilterBackend? Backend, IPFamily Family, RuleEdit Edit) : RemedyStep
{
    /// <summary>A step in the table that a chain stands in.</summary>
    public static RuleStep In(NetfilterChain chain, RuleEdit edit) => new(chain.Table, chain.Backend, chain.Family, edit);

    /// <summary>The tool of a backend and family.</summary>
    public static string Tool(NetfilterBackend? backend, IPFamily family) =>
        (family == IPFamily.IPv6 ? "ip6tables" : "iptables")
        + backend switch { NetfilterBackend.Legacy => "-legacy", NetfilterBackend.Nft => "-nft", _ => "" };

    /// <inheritdoc/>
    public override string Command(CommandPlace place) => place.Tool($"{Tool(Backend, Family)} -t {Table} {Edit.Text}");

    /// <inheritdoc/>
    public override HairpinFacts Apply(HairpinFacts node) =>
        node.Rules.FindTable(Table, Family, Backend) is not { } table ? node
        : node with { Rules = node.Rules.With(table, RulesetCopy.Of(table, Edit)) };
}
