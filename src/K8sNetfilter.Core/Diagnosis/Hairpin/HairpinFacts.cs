using K8sNetfilter.Addressing;
using K8sNetfilter.Conntrack;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Simulation.Compiled;

namespace K8sNetfilter.Diagnosis.Hairpin;

/// <summary>
/// What was read of a node to decide its Services. Nothing in it changes any more, so that trials side by side can share it.
/// </summary>
/// <param name="Description">The node, as messages name it.</param>
/// <param name="Rules">Its rules.</param>
/// <param name="Network">Its links, addresses and routes.</param>
/// <param name="Others">The base chains that packets meet beside these rules.</param>
/// <param name="Grounds">What it has of each family.</param>
/// <param name="Usage">How full connection tracking is; null where that is not known.</param>
/// <param name="HasBridgeNetfilter">Whether br_netfilter is there; null where that is not known.</param>
/// <param name="IsNamed">True where Services were asked for by name: each of them gets an answer.</param>
internal sealed record HairpinFacts(
    string Description,
    Ruleset Rules,
    ForwardingModel Network,
    OtherChains Others,
    IReadOnlyList<FamilyFacts> Grounds,
    ConntrackStatistic? Usage,
    bool? HasBridgeNetfilter,
    bool IsNamed)
{
    /// <summary>How a command line names it.</summary>
    public CommandPlace Place { get; init; } = CommandPlace.Here;

    /// <summary>What it has of a family, of which there are two.</summary>
    public FamilyFacts Ground(IPFamily family) => Grounds[0].Family == family ? Grounds[0] : Grounds[1];
}
