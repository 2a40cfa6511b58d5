using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Net;
using K8sNetfilter.Links;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets.Reading;
using K8sNetfilter.Services;

namespace K8sNetfilter.Completion;

/// <summary>
/// Completes addresses of the node that the command line names: those of pods and of the node itself where a packet comes from, and those of
/// Services too where it goes to. For -ServiceIP those of Services alone.
/// </summary>
public sealed class NodeAddressCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        bool takesServices = parameterName is "Destination" or "ServiceIP";
        bool takesOthers = parameterName != "ServiceIP";
        return NodeCompletion.Complete(
            fakeBoundParameters,
            wordToComplete,
            (node, found, stop) =>
            {
                if (takesOthers)
                {
                    TellPods(node, found, stop);
                    TellOwn(node, found, stop);
                }

                TellServices(NodeServices.Read(node, [], _ => { }, stop) ?? [], takesServices, takesOthers, found);
            },
            (file, found, stop) => TellServices(
                ServiceFile.Read(file, [], new RulesetParserOptions { IsTranscript = true, OnProblem = _ => { } }, stop), takesServices, takesOthers, found));
    }

    /// <summary>The addresses of pods: behind bridge ports, and where a route leads to one address through a link.</summary>
    internal static void TellPods(INode node, Action<string> found, CancellationToken stop)
    {
        foreach (var address in (BridgeView.Read(node.Links, BridgeNetfilterSwitches.Unknown, _ => { }, stop) ?? []).SelectMany(b => b.Ports).SelectMany(p => p.Address))
        {
            found(address.ToString());
        }

        // Another machine's address behind a device or tunnel has a gateway, or is behind no veth.
        var links = (node.Links.ReadLinks(_ => { }, stop) ?? []).Where(l => l.Kind is "veth" or "tun").Select(l => l.Index).ToHashSet();
        foreach (var route in node.Links.ReadRoutes(_ => { }, stop) ?? [])
        {
            if (route is { Kind: RouteKind.Unicast, Gateway: null, LinkIndex: { } link } && links.Contains(link) && route.PrefixLength == route.Destination.GetAddressBytes().Length * 8)
            {
                found(route.Destination.ToString());
            }
        }
    }

    private static void TellOwn(INode node, Action<string> found, CancellationToken stop)
    {
        foreach (var address in (node.Links.ReadAddresses(_ => { }, stop) ?? []).Select(a => a.IPAddress).Where(a => !a.IsIPv6LinkLocal && !IPAddress.IsLoopback(a)))
        {
            found(address.ToString());
        }
    }

    private static void TellServices(IReadOnlyList<NodeService> services, bool takesServices, bool takesEndpoints, Action<string> found)
    {
        foreach (var service in services)
        {
            if (takesEndpoints)
            {
                foreach (var endpoint in service.EndpointDetails)
                {
                    found(endpoint.IP);
                }
            }

            if (takesServices && service.IP is not null)
            {
                found(service.IP);
            }
        }
    }
}
