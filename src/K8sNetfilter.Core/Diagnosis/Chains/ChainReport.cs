using K8sNetfilter.Diagnosis.Chains.KubeProxy;
using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.Hooks;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Diagnosis.Chains;

/// <summary>
/// Which components have written chains of their own, and whether each one's chains are complete and reached. It follows from the rules
/// alone: a component that is gone with all of its chains leaves nothing to find, and is only told of where it is asked for.
/// </summary>
public static class ChainReport
{
    /// <summary>Judges the chains of every component that has any, or of those named.</summary>
    /// <param name="ruleset">The rules, whole: chains whose rules were not kept seem to lead nowhere.</param>
    /// <param name="owners">The components; null for all that have chains here.</param>
    /// <param name="isWhole">
    /// True where the ruleset is a node's, so that, but for its gaps, a table that is not there is not there on the node either, false
    /// where it may only be missing in the text.
    /// </param>
    /// <param name="hooks">What the kernel says of its hooks, which shows kube-proxy's nftables mode; null where it was not asked.</param>
    /// <param name="node">The node whose rules they are, for what the rules alone do not decide; null for a dump.</param>
    public static IReadOnlyList<NetfilterChainResult> Read(
        Ruleset ruleset, IReadOnlyCollection<ChainOwner>? owners, bool isWhole, KernelHooks? hooks = null, INode? node = null)
    {
        ArgumentNullException.ThrowIfNull(ruleset);
        var results = Find(ruleset, owners, isWhole, hooks, node);
        ChainProof.Mark(ruleset, results, (changed, owner) => Find(changed, [owner], isWhole, hooks, node),
            node?.Place ?? CommandPlace.Here);
        return results;
    }

    private static List<NetfilterChainResult> Find(
        Ruleset ruleset, IReadOnlyCollection<ChainOwner>? owners, bool isWhole, KernelHooks? hooks, INode? node)
    {
        var results = new List<NetfilterChainResult>();
        var at = node?.Place ?? CommandPlace.Here;
        isWhole &= !ruleset.Gaps.Any(g => !g.IsLikelyEmpty);
        bool? liberal = node?.Sysctls.ReadValue("net/netfilter/nf_conntrack_tcp_be_liberal") is { } value ? value.Trim() != "0" : null;
        var places = ruleset.Tables.GroupBy(t => (t.Backend, t.Family))
            .Select(g => new TableSet(g.Key.Backend, g.Key.Family, [.. g], isWhole) { IsTcpLiberal = liberal, At = at }).ToArray();
        foreach (var owned in OwnerDefinition.All)
        {
            if (owners is not null && !owners.Contains(owned.Owner))
            {
                continue;
            }

            var found = places.SelectMany(p => new OwnerCheck(owned, p).Results()).ToList();
            DuplicateBackendCheck.Mark(owned, places, found);
            if (found.Count == 0 && owners is not null)
            {
                found.Add(new NetfilterChainResult
                {
                    Owner = owned.Owner,
                    Group = "all",
                    Verdict = ChainVerdict.Unknown,
                    Cause = ChainCause.NotPresent,
                    Evidence = ChainMessages.NoChainBeginsWithIt(string.Join(" or ", owned.Prefixes)),
                    Remedy = at.Cluster(owned.Restart),
                    RepairsItself = owned.RepairsItself,
                    Repair = owned.Repair,
                });
            }

            results.AddRange(found);
        }

        if (owners?.Contains(ChainOwner.KubeProxy) != false)
        {
            OutsideCallers.Tell(ruleset, node, results);
        }

        if (hooks is not null && owners?.Contains(ChainOwner.KubeProxy) != false)
        {
            NftablesModeCheck.Tell(hooks, results, at);
        }

        LeftoverNetworkCheck.Tell(places, results);
        ChainTaint.Mark(ruleset, results);
        return results;
    }
}
