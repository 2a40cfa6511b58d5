using System.Globalization;
using System.Net;
using K8sNetfilter.Conntrack;
using K8sNetfilter.Nodes;
using K8sNetfilter.Services;

namespace K8sNetfilter.Diagnosis.Hairpin;

/// <summary>
/// Connections to a Service that were never answered and that lead to none of its endpoints: made while it had none or others, and renewed
/// with each packet from the same port. kube-proxy removes them (pkg/proxy/conntrack/cleanup.go), where it sees the change.
/// </summary>
internal sealed class StaleEntries
{
    private readonly Dictionary<string, NodeService> _services = new(StringComparer.Ordinal);

    // Of all addresses of a Service together: a pod that calls an address with a local policy is still led to every endpoint.
    private readonly Dictionary<string, HashSet<string>> _endpoints = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (NodeService Service, ConntrackEntry First, int Count)> _found = new(StringComparer.Ordinal);

    private readonly CommandPlace _place;

    public StaleEntries(IEnumerable<NodeService> services, CommandPlace place)
    {
        _place = place;
        foreach (var service in services)
        {
            // One that is refused to some, or that has no endpoints, may well lead nowhere.
            if (service is { Address: { } address, EndpointDetails.Length: > 0 })
            {
                _services[Key(address, service.Port, service.Protocol)] = service;
            }

            string name = Name(service);
            if (!_endpoints.TryGetValue(name, out var endpoints))
            {
                _endpoints[name] = endpoints = new(StringComparer.Ordinal);
            }

            foreach (var endpoint in service.EndpointDetails)
            {
                endpoints.Add(endpoint.ToString());
            }
        }
    }

    /// <summary>Takes an entry; false if it is not one of these.</summary>
    public bool Take(ConntrackEntry entry)
    {
        if (!entry.IsUnreplied || entry.DestinationPort is not { } port
            || !_services.TryGetValue(Key(entry.DestinationAddress, port, entry.Protocol), out var service)
            || _endpoints[Name(service)].Contains(new IPEndPoint(entry.ReplySourceAddress, entry.ReplySourcePort ?? 0).ToString()))
        {
            return false;
        }

        string key = $"{Key(entry.DestinationAddress, port, entry.Protocol)} {entry.ReplySourceAddress} {entry.ReplySourcePort}";
        _found[key] = _found.TryGetValue(key, out var group) ? (service, group.First, group.Count + 1) : (service, entry, 1);
        return true;
    }

    /// <summary>What was found, one result for each Service and place that the entries lead to.</summary>
    public IEnumerable<ServiceHairpinResult> Results() => _found.Values.OrderByDescending(g => g.Count).Select(g =>
    {
        bool translated = CallExplanation.IsTranslated(g.First);
        string leads = translated ? HairpinMessages.ToWhichIsNoEndpoint(new IPEndPoint(g.First.ReplySourceAddress, g.First.ReplySourcePort ?? 0)) : HairpinMessages.ToNoEndpointAtAll;
        return new ServiceHairpinResult
        {
            Service = g.Service.FullName,
            Type = g.Service.Type,
            ServiceIP = g.First.Destination,
            Port = g.First.DestinationPort ?? 0,
            Protocol = g.First.Protocol,
            SourcePod = g.First.SourceAddress.ToString(),
            Endpoint = translated ? new IPEndPoint(g.First.ReplySourceAddress, g.First.ReplySourcePort ?? 0).ToString() : null,
            Connections = g.Count,
            Verdict = ServiceVerdict.Broken,
            Cause = ServiceHairpinCause.StaleEntry,
            Evidence = HairpinMessages.UnansweredThatLeadSuchAs(g.Count, leads, g.First),
            Remedy = ExistingEntries.RemedyOf(
                _place, g.First.Protocol, null, null, g.First.DestinationAddress, g.First.DestinationPort, translated
                ? $" -ReplySource {g.First.ReplySource} -Unreplied" : " -Unreplied"),
        };
    });

    private static string Name(NodeService service) =>
        $"{service.FullName ?? Key(service.Address ?? IPAddress.None, service.Port, service.Protocol)} {service.Family}";

    private static string Key(IPAddress address, int port, string protocol) =>
        string.Create(CultureInfo.InvariantCulture, $"{address} {port} {protocol}");
}
