using System.Net;
using K8sNetfilter.Addressing;
using K8sNetfilter.Errors;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Services;

/// <summary>The Services of a node in whichever of kube-proxy's modes made them; a node that changed its mode can show more than one.</summary>
public static class NodeServices
{
    /// <summary>Reads them.</summary>
    /// <param name="node">The node.</param>
    /// <param name="names">Names to try where the rules carry no comments: <c>namespace/name:port</c>.</param>
    /// <param name="onProblem">Told of what could not be read; the rest still comes.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>The Services; null where the node does not say anything of its rules.</returns>
    public static IReadOnlyList<NodeService>? Read(INode node, IEnumerable<string> names, Action<NodeException> onProblem, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(onProblem);
        if (node.Rulesets.Read(new RulesetQuery { OnProblem = onProblem, WithoutCounters = true }, cancellation) is not { } rules)
        {
            return null;
        }

        return [.. ServiceReader.Read(rules, names), .. ReadOtherModes(node, onProblem, cancellation)];
    }

    /// <summary>Reads those that no iptables rules make: of the nftables and IPVS modes.</summary>
    /// <param name="node">The node.</param>
    /// <param name="onProblem">Told of what could not be read; the rest still comes.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public static IReadOnlyList<NodeService> ReadOtherModes(INode node, Action<NodeException> onProblem, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(onProblem);
        var services = new List<NodeService>();
        foreach (var family in new[] { IPFamily.IPv4, IPFamily.IPv6 })
        {
            Try(() =>
            {
                if (node.Nftables.ReadNftTable(family, NftServiceReader.Table, cancellation) is { } table)
                {
                    services.AddRange(NftServiceReader.Read(table, ServiceMessages.NftTable));
                }
            }, onProblem);
        }

        Try(() =>
        {
            if (node.VirtualServers.ReadVirtualServers(cancellation) is { } lines)
            {
                services.AddRange(VirtualServerReader.Read(lines, ServiceAddresses(node, cancellation)));
            }
        }, onProblem);
        return services;
    }

    private static void Try(Action reading, Action<NodeException> onProblem)
    {
        try
        {
            reading();
        }
        catch (NodeException failure)
        {
            onProblem(failure);
        }
    }

    private static HashSet<IPAddress>? ServiceAddresses(INode node, CancellationToken cancellation)
    {
        var link = node.Links.ReadLinks(_ => { }, cancellation)?.FirstOrDefault(l => VirtualServerReader.Interfaces.Contains(l.Name));
        return link is null ? null
            : node.Links.ReadAddresses(_ => { }, cancellation)?.Where(a => a.LinkIndex == link.Index).Select(a => a.IPAddress).ToHashSet();
    }
}
