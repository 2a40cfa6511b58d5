using System.Net;
using K8sNetfilter.Diagnosis.Hairpin;
using K8sNetfilter.Nodes;

namespace K8sNetfilter.Diagnosis.Remedies;

/// <summary>
/// What helps calls that were seen to fail, on the wire or in conntrack: the same calls are decided from the node's rules, where each
/// remedy is tried. A cause that the rules show too has the remedy that was found there.
/// </summary>
public static class ObservedRemedies
{
    /// <summary>Looks at what was seen.</summary>
    /// <param name="node">The node.</param>
    /// <param name="seen">What was seen.</param>
    /// <param name="query">Where warnings go. The Services are chosen here.</param>
    /// <param name="cancellation">Ends the reading and the walks.</param>
    /// <returns>The same results, with what is known of their remedies.</returns>
    public static IReadOnlyList<ServiceHairpinResult> Prove(
        INode node, IReadOnlyList<ServiceHairpinResult> seen, HairpinQuery query, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(seen);
        ArgumentNullException.ThrowIfNull(query);
        var asked = seen.Where(IsMendable).Select(s => Key(s.ServiceIP, s.Port, s.Protocol)).ToHashSet(StringComparer.Ordinal);
        if (asked.Count == 0)
        {
            return seen;
        }

        var wanted = query with { Wants = s => asked.Contains(Key(s.IP, s.Port, s.Protocol))
            || (s.IP is null && seen.Any(o => o.Port == s.Port && o.Protocol == s.Protocol)) };
        var decided = ServiceHairpinDiagnosis.Run(node, wanted, cancellation)?.ToList() ?? [];
        return [.. seen.Select(s => IsMendable(s) ? Prove(s, decided) : s)];
    }

    private static bool IsMendable(ServiceHairpinResult result) =>
        result is { Verdict: ServiceVerdict.Broken, Remedy: not null, ServiceIP: not null };

    private static ServiceHairpinResult Prove(ServiceHairpinResult seen, List<ServiceHairpinResult> decided)
    {
        var same = decided.Where(d => d.Port == seen.Port && d.Protocol == seen.Protocol && seen.ServiceIP!.Equals(d.ServiceIP)).ToList();
        if (seen.Cause == ServiceHairpinCause.StaleEntry)
        {
            // Without the entry, packets go by the rules: those of this pod, or of one like it.
            var like = same.FindAll(d => d.SourcePod == seen.SourcePod);
            same = like.Count > 0 ? like : same.FindAll(d => !IsOwn(d));
            return same.Count == 0 || same.Exists(d => d.Verdict is not (ServiceVerdict.Works or ServiceVerdict.Broken)) ? seen
                : same.Find(d => d.Verdict == ServiceVerdict.Broken) is not { } broken
                ? seen.With(seen.Remedy, ServiceVerdict.Works, [.. same.SelectMany(d => d.Assumptions).Distinct()])
                : broken.RemedyGives is { } gives ? seen.With($"{seen.Remedy}; {broken.Remedy}", gives, broken.RemedyAssumptions)
                : seen;
        }

        return same.Find(d => d.Cause == seen.Cause && (d.Endpoint is null || seen.Endpoint is null || d.Endpoint == seen.Endpoint)
                && (d.Bridge is null || seen.Bridge is null || d.Bridge == seen.Bridge)
                && (seen.Endpoint is null || IsOwn(d) == IsOwn(seen))) is { RemedyGives: { } verdict, Remedy: { } remedy } found
            ? seen.With(remedy, verdict, found.RemedyAssumptions) : seen;
    }

    // A pod that calls a Service and is the endpoint.
    private static bool IsOwn(ServiceHairpinResult result) =>
        IPEndPoint.TryParse(result.Endpoint ?? "", out var end) && IPAddress.TryParse(result.SourcePod?.Split(' ')[0], out var source)
        && end.Address.Equals(source);

    private static string Key(string? address, int port, string protocol) => FormattableString.Invariant($"{address} {port} {protocol}");
}
