using System.Runtime.InteropServices;
using K8sNetfilter.Addressing;
using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Text;

namespace K8sNetfilter.Diagnosis.Chains;

/// <summary>
/// A component that has chains in both legacy and nft: every packet meets both, and the component only keeps one of them up. Which one it
/// uses follows kubelet's own chains, which the wrapper in the images of kube-proxy and the CNIs looks for
/// (kubernetes-sigs/iptables-wrappers).
/// </summary>
internal static class DuplicateBackendCheck
{
    /// <summary>Changes the results of a component that stands in both.</summary>
    public static void Mark(OwnerDefinition owned, IReadOnlyList<TableSet> places, List<NetfilterChainResult> results)
    {
        foreach (var family in new[] { IPFamily.IPv4, IPFamily.IPv6 })
        {
            var here = results.Where(r => r.Family == family && r is { Backend: not null, Group: not "earlier" })
                .Select(r => r.Backend!.Value).Distinct().ToList();
            if (here.Count < 2)
            {
                continue;
            }

            var used = places.Where(p => p.Family == family && p.Backend is not null && IsKubelets(p))
                .Select(p => p.Backend!.Value).ToList();
            var rules = places.Where(p => p.Family == family && p.Backend is not null)
                .ToDictionary(p => p.Backend!.Value, p => p.Tables.SelectMany(t => t.Chains).Where(owned.Owns).Sum(c => c.RuleCount));
            string counts = ChainMessages.HasInLegacyAndIn(owned.Owner, Counted.Of(rules[NetfilterBackend.Legacy], "rule"), rules[NetfilterBackend.Nft]);
            foreach (ref var result in CollectionsMarshal.AsSpan(results))
            {
                if (result.Family == family && result.Backend is { } backend)
                {
                    result = Change(owned, result, used.Count == 1 ? used[0] : null, backend, counts, places[0].At);
                }
            }
        }
    }

    private static NetfilterChainResult Change(
        OwnerDefinition owned, NetfilterChainResult result, NetfilterBackend? used, NetfilterBackend backend, string counts,
        CommandPlace at)
    {
        if (used is null)
        {
            return result.Verdict == ChainVerdict.Works
                ? result with
                {
                    Verdict = ChainVerdict.Unknown,
                    Cause = ChainCause.OtherBackend,
                    Evidence = ChainMessages.KubeletsChainsKUBEIPTABLESHINT(counts, result.Evidence),
                }
                : result with { Evidence = $"{result.Evidence} {counts}" };
        }

        if (used == backend)
        {
            return result with { Evidence = ChainMessages.KubeletsChainsAreInThis(result.Evidence, counts) };
        }

        string tool = at.Tool(RuleStep.Tool(backend, result.Family));
        string pattern = string.Join('|', owned.Prefixes.Select(p => $"(:|-[AjDg] ){p}"));
        return result with
        {
            Verdict = ChainVerdict.Stale,
            Cause = ChainCause.OtherBackend,
            Evidence = ChainMessages.KubeletsChainsAreInOther(counts),
            Remedy = at.On($"{tool}-save -t {result.Table} | grep -Ev -e '{pattern}' | {tool}-restore -T {result.Table}"),
            Edits = [],
            RepairsItself = false,
            Repair = ChainMessages.NoComponentLooksIntoBackend,
        };
    }

    private static bool IsKubelets(TableSet place) =>
        place.Table("mangle") is { } mangle
        && (mangle.FindChain("KUBE-IPTABLES-HINT") ?? mangle.FindChain("KUBE-KUBELET-CANARY")) is not null;
}
