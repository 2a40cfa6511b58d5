using K8sNetfilter.Addressing;
using K8sNetfilter.Hooks;
using K8sNetfilter.Listeners;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Snapshots.Writing;

/// <summary>The sockets, and whether a pod has rules of its own before them.</summary>
public sealed partial class SnapshotExport
{
    private static readonly string[] PodParameters = ["/proxy_arp", "/proxy_ndp", "/rp_filter"];

    // A list that lost its end would say that nothing listens: how long each is stands in the snapshot's own file.
    private readonly List<string> _counted = [];

    private void CaptureListeners(LiveNode node, string folder)
    {
        if (node.Listeners.Read(_stop) is { } table)
        {
            Counted(folder + SnapshotNames.Sockets[0], ListenerText.Format(table));
        }
    }

    private void CaptureFirewall(LiveNode pod, string folder)
    {
        var rules = new LiveRulesetSource(pod.Root, pod.Network);
        for (int i = 0; i < SnapshotNames.LegacyTables.Length; i++)
        {
            // Empty where there are none: that says so.
            Counted(folder + SnapshotNames.LegacyTables[i],
                string.Concat(rules.LegacyTables(i == 0 ? IPFamily.IPv4 : IPFamily.IPv6).Select(t => t + "\n")));
        }

        // What decides whether the pod answers for addresses of others, and what it takes by which interface.
        if (pod.Sysctls.ListKeys(_stop) is { } all && all.Where(k => PodParameters.Any(p => k.EndsWith(p, StringComparison.Ordinal)))
            .ToList() is { Count: > 0 } keys)
        {
            using var text = new StringWriter();
            SysctlListing.Write(text, keys, pod.Sysctls.ReadValues(keys, _stop));
            Counted(folder + SnapshotNames.Sysctl[0], text.ToString());
        }

        Json(folder + SnapshotNames.NftChains[0], o => NftChainJson.Write(o, new NftTables(pod.Root, pod.Network).BaseChains(_stop)));
    }

    private void Counted(string name, string text)
    {
        Text(name, text);
        _counted.Add(SnapshotNames.CountOf(name, text));
    }
}
