using K8sNetfilter.Addressing;
using K8sNetfilter.Diagnosis.Chains.Owners;
using K8sNetfilter.Hooks;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Services;

namespace K8sNetfilter.Diagnosis.Chains;

/// <summary>
/// kube-proxy's nftables mode (kubernetes/pkg/proxy/nftables/proxier.go, setupNFTables) as the kernel's hooks show it: its table has base
/// chains of its own, which nothing has to jump to and which only kube-proxy fills.
/// </summary>
internal static class NftablesModeCheck
{
    // What the translation of every Service comes through. The filter chains are more or fewer by version.
    private static readonly string[] Always = ["nat-prerouting", "nat-output", "nat-postrouting"];

    /// <summary>Tells of the table in each family that has it, and of what iptables mode left beside it.</summary>
    /// <param name="hooks">What the kernel says of its hooks.</param>
    /// <param name="found">What was found of iptables mode; marked where both modes have chains.</param>
    /// <param name="at">How a command line names the node.</param>
    public static void Tell(KernelHooks hooks, List<NetfilterChainResult> found, CommandPlace at)
    {
        foreach (var family in (IPFamily[])[IPFamily.IPv4, IPFamily.IPv6])
        {
            var chains = hooks.BaseChains.Where(
                c => c.Table == NftServiceReader.Table && c.Layer == HookLayer.IP && c.Family == family).ToList();
            if (chains.Count == 0)
            {
                continue;
            }

            string table = $"{(family == IPFamily.IPv6 ? "ip6" : "ip")} {NftServiceReader.Table}";
            found.RemoveAll(r => r is { Owner: ChainOwner.KubeProxy, Cause: ChainCause.NotPresent });
            for (int i = 0; i < found.Count; i++)
            {
                if (found[i] is { Owner: ChainOwner.KubeProxy, Verdict: ChainVerdict.Works, Family: var its } works && its == family)
                {
                    found[i] = works with
                    {
                        Verdict = ChainVerdict.Stale,
                        Cause = ChainCause.LeftOver,
                        Evidence = ChainMessages.ThereIsAlsoTableOf(table),
                        Remedy = ChainMessages.ModeCommand,
                        RepairsItself = true,
                        Repair = ChainMessages.KubeProxyRemovesWhatAnother,
                    };
                }
            }

            found.Add(Judge(chains, family, table, at));
        }
    }

    private static NetfilterChainResult Judge(List<NftBaseChain> chains, IPFamily family, string table, CommandPlace at)
    {
        string? missing = Always.FirstOrDefault(n => chains.All(c => c.Name != n));
        string? empty = chains.Find(c => Always.Contains(c.Name) && c.RuleCount == 0)?.Name;
        var result = new NetfilterChainResult
        {
            Owner = ChainOwner.KubeProxy,
            Backend = NetfilterBackend.Nft,
            Family = family,
            Table = NftServiceReader.Table,
            Group = "nftables mode",
            Chains = [.. chains.Select(c => c.Name)],
            ChainCount = chains.Count,
            RuleCount = chains.Sum(c => c.RuleCount ?? 0),
        };
        return missing is null && empty is null
            ? result with { Verdict = ChainVerdict.Works,
                Evidence = ChainMessages.KubeProxyIsInNftables(table) }
            : result with
            {
                Verdict = ChainVerdict.Broken,
                Cause = missing is not null ? ChainCause.ChainMissing : ChainCause.ChainEmpty,
                Evidence = missing is not null ? ChainMessages.TableOfKubeProxysNftables(table, missing)
                    : ChainMessages.BaseChainOfTableHas(empty, table),
                Remedy = at.Cluster(KubeProxyChains.Chains.Restart),
                RepairsItself = true,
                Repair = ChainMessages.KubeProxyWritesItsBase,
            };
    }
}
