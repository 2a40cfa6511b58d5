using K8sNetfilter.Addressing;
using K8sNetfilter.Text;

namespace K8sNetfilter.Diagnosis.Chains;

/// <summary>A node has one pod network; where the chains of several are at work, one may be what an earlier one left.</summary>
internal static class LeftoverNetworkCheck
{
    /// <summary>Adds a result for each network where there are several in a family.</summary>
    public static void Tell(IReadOnlyList<TableSet> places, List<NetfilterChainResult> results)
    {
        foreach (var family in new[] { IPFamily.IPv4, IPFamily.IPv6 })
        {
            var networks = OwnerDefinition.All.Where(
                o => o.IsPodNetwork && results.Exists(r => r.Owner == o.Owner && r.Family == family && r.Group != "earlier")).ToList();
            if (networks.Count < 2)
            {
                continue;
            }

            var packets = networks.ToDictionary(o => o.Owner, o => Packets(o, places.Where(p => p.Family == family)));
            string counts = string.Join(", ",
                packets.Select(p => p.Value is { } seen ? $"{p.Key} {Counted.Of(seen, "packet")}" : ChainMessages.WithoutCounters(p.Key)));
            foreach (var network in networks)
            {
                bool isIdle = packets[network.Owner] == 0 && packets.Values.Any(p => p > 0);
                results.Add(new NetfilterChainResult
                {
                    Owner = network.Owner,
                    Family = family,
                    Group = "network",
                    Verdict = isIdle ? ChainVerdict.Stale : ChainVerdict.Unknown,
                    Cause = ChainCause.SeveralNetworks,
                    Evidence = ChainMessages.SeveralPodNetworksHaveChains(counts, isIdle ? ChainMessages.NoPacketMetThisOnes : ChainMessages.ItIsMeantWhereOne),
                    RepairsItself = false,
                    Repair = ChainMessages.NetworkThatWasRemovedLeaves,
                });
            }
        }
    }

    private static ulong? Packets(OwnerDefinition owned, IEnumerable<TableSet> places)
    {
        ulong? sum = null;
        foreach (var rule in places.SelectMany(p => p.Tables).SelectMany(t => t.Chains).Where(c => c.IsBuiltIn)
            .SelectMany(c => c.GetRules()))
        {
            if (rule.JumpsTo is { } to && owned.Owns(to) && rule.Packets is { } seen)
            {
                sum = (sum ?? 0) + seen;
            }
        }

        return sum;
    }
}
