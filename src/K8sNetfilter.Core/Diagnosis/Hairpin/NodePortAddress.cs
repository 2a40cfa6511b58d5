using System.Net;
using K8sNetfilter.Addressing;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Parts.Matches;
using K8sNetfilter.Services;
using K8sNetfilter.Simulation;

namespace K8sNetfilter.Diagnosis.Hairpin;

/// <summary>
/// The address of the node that a node port is called by. kube-proxy takes every address of the node unless --nodeport-addresses names some
/// (kubernetes/pkg/proxy/iptables/proxier.go, the last rules of KUBE-SERVICES); then it is one of those.
/// </summary>
public static class NodePortAddress
{
    // An address that is on no link of a node (RFC 5737, RFC 3849): the route to it is the way out.
    private static readonly IPAddress Away4 = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress Away6 = IPAddress.Parse("2001:db8::1");

    /// <summary>The address of a node whose rules are walked; null where the node has none that is known.</summary>
    /// <param name="walk">The walk over the node.</param>
    /// <param name="rules">Its rules.</param>
    /// <param name="family">The family of the address.</param>
    public static IPAddress? Find(PacketWalk walk, Ruleset rules, IPFamily family)
    {
        ArgumentNullException.ThrowIfNull(walk);
        ArgumentNullException.ThrowIfNull(rules);
        return Find(walk.Network, rules, family, null);
    }

    /// <summary>The address of a node; null where the node has none that is known.</summary>
    /// <param name="node">The node, which is read for it.</param>
    /// <param name="family">The family of the address.</param>
    /// <param name="warn">Told what makes the answer less than certain.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public static IPAddress? Read(INode node, IPFamily family, Action<string> warn, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(node);
        var rules = node.Rulesets.Read(new RulesetQuery { Family = family, Table = "nat", WithoutCounters = true }, cancellation)
            ?? new Ruleset([], [], []);
        return Find(ForwardingModelReader.Read(node.Links, node.Sysctls, warn, cancellation), rules, family, null);
    }

    /// <summary>The address for a Service's node port; null where the node has none that is known.</summary>
    internal static IPAddress? Find(ForwardingModel network, Ruleset rules, NodeService service) =>
        Find(network, rules, service.Family, service.Backend);

    private static IPAddress? Find(ForwardingModel network, Ruleset rules, IPFamily family, NetfilterBackend? backend)
    {
        var jumps = rules.Tables.Where(t => t.Name == "nat" && t.Family == family && (backend is null || t.Backend == backend))
            .Select(t => t.FindChain("KUBE-SERVICES")?.GetRules().Where(r => r.JumpsTo?.Name == "KUBE-NODEPORTS").ToList())
            .FirstOrDefault(found => found is { Count: > 0 }) ?? [];
        var named = jumps.SelectMany(r => r.Conditions.OfType<AddressMatch>()).Where(m => m is { IsSource: false, Negated: false })
            .Select(m => m.Value.Prefix).OfType<AddressPrefix>().ToList();
        var own = Own(network, family);
        if (jumps.Count > 0 && named.Count == jumps.Count)
        {
            return own.Find(a => named.Exists(p => p.Contains(a))) ?? named.Where(p => p.IsSingle).Select(p => p.Address).FirstOrDefault();
        }

        return own.FirstOrDefault();
    }

    // That of the way out first, then of links, then of bridges.
    private static List<IPAddress> Own(ForwardingModel network, IPFamily family)
    {
        string? wayOut = network.Route(FibQuery.To(family, AddressBits.From(family == IPFamily.IPv6 ? Away6 : Away4))).Device;
        return
        [
            .. network.Interfaces.Where(i => !i.IsLoopback && i.Bridge is null && i.Name != VirtualServerReader.Interface)
                .OrderBy(i => i.Name == wayOut ? 0 : i.Kind is null ? 1 : i.IsBridge ? 2 : 3)
                .SelectMany(i => i.Addresses).Where(a => a.Family == family && a.Scope == 0)
                .Select(a => AddressBits.ToAddress(a.Address, family)),
        ];
    }
}
