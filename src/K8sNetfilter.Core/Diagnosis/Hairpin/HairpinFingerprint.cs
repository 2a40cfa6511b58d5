using System.Net;
using K8sNetfilter.Conntrack;
using K8sNetfilter.Services;

namespace K8sNetfilter.Diagnosis.Hairpin;

/// <summary>
/// Finds in conntrack, without any traffic, the calls that suffer now: translated, never answered, with both ends on one bridge; and those
/// that follow an entry which leads to no endpoint of the Service. One result per Service, bridge and endpoint, with the number of its
/// connections.
/// </summary>
public static class HairpinFingerprint
{
    /// <summary>Reads entries and groups those that carry the fingerprint.</summary>
    /// <param name="entries">The entries; those that are answered are passed over.</param>
    /// <param name="facts">What else is known of the node.</param>
    /// <param name="services">
    /// The Services that the node's rules name, for their names and endpoints. They are not looked at where there is no entry.
    /// </param>
    public static IReadOnlyList<ServiceHairpinResult> Find(
        IEnumerable<ConntrackEntry> entries, CallFacts facts, IEnumerable<NodeService> services)
    {
        ArgumentNullException.ThrowIfNull(entries);
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentNullException.ThrowIfNull(services);
        StaleEntries? stale = null;
        var groups = new Dictionary<(IPAddress Service, int Port, string Protocol, IPAddress Endpoint, int EndpointPort, string Bridge),
            (ConntrackEntry First, int Count)>();
        foreach (var entry in entries)
        {
            if (!entry.IsUnreplied)
            {
                continue;
            }

            stale ??= new StaleEntries(services, facts.Place);
            if (stale.Take(entry) || !CallExplanation.IsTranslated(entry)
                || PodPlace.Find(facts.Bridges, entry.SourceAddress) is not { } client
                    || PodPlace.Find(facts.Bridges, entry.ReplySourceAddress) is not { } endpoint
                || client.Bridge.Index != endpoint.Bridge.Index)
            {
                continue;
            }

            var key = (entry.DestinationAddress, entry.DestinationPort ?? 0, entry.Protocol, entry.ReplySourceAddress,
                entry.ReplySourcePort ?? 0, client.Bridge.Name);
            groups[key] = groups.TryGetValue(key, out var group) ? (group.First, group.Count + 1) : (entry, 1);
        }

        var names = groups.Count == 0 ? [] : services.Where(s => s is { Address: not null, FullName: not null })
            .GroupBy(s => (s.Address!, s.Port, s.Protocol)).ToDictionary(g => g.Key, g => g.First().FullName);
        return
        [
            .. stale?.Results() ?? [],
            .. groups.OrderByDescending(g => g.Value.Count).Select(g =>
            {
                var explained = CallExplanation.ForUnanswered(g.Value.First, facts);
                return new ServiceHairpinResult
                {
                    Service = names.GetValueOrDefault((g.Key.Service, g.Key.Port, g.Key.Protocol)),
                    ServiceIP = g.Key.Service.ToString(),
                    Port = g.Key.Port,
                    Protocol = g.Key.Protocol,
                    SourcePod = g.Value.First.SourceAddress.ToString(),
                    Endpoint = new IPEndPoint(g.Key.Endpoint, g.Key.EndpointPort).ToString(),
                    Bridge = g.Key.Bridge,
                    Connections = g.Value.Count,
                    Verdict = explained.Verdict,
                    Cause = explained.Cause,
                    Evidence = HairpinMessages.UnansweredSuchAs(g.Value.Count, explained.Evidence),
                    Remedy = explained.Remedy,
                };
            }),
        ];
    }
}
