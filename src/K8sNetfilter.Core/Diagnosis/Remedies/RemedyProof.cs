using K8sNetfilter.Diagnosis.Hairpin;
using K8sNetfilter.Services;
using K8sNetfilter.Simulation;

namespace K8sNetfilter.Diagnosis.Remedies;

/// <summary>
/// Tries remedies on the observed node: the change is made to a copy of it in memory, and the same call is tried again. Only what has the
/// call work is a remedy; where another cause comes to light that has one of its own, both are tried together. One proof serves all
/// Services whose calls end at the same place in the same state: from there on they do the same. Trials side by side share it.
/// </summary>
/// <param name="node">The node.</param>
internal sealed class RemedyProof(HairpinFacts node)
{
    // Causes that hide each other.
    private const int MostTogether = 3;

    // A change of a port is about one pod; one of the whole node comes up again and again.
    private const int MostNodes = 8;

    private readonly Dictionary<string, ProvenRemedy?> _proofs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ServiceCheck> _nodes = new(StringComparer.Ordinal);
    private PacketWalk? _walk;

    /// <summary>The finding with a remedy that is proven, or with what is still wrong.</summary>
    /// <param name="finding">What was found of a call.</param>
    /// <param name="source">The pod that calls.</param>
    /// <param name="service">The Service.</param>
    /// <param name="endpoint">The endpoint that is meant; null for any.</param>
    /// <param name="cancellation">Ends the walks.</param>
    public CallVerdict Prove(CallVerdict finding, Pod source, NodeService service, ServiceEndpoint? endpoint,
        CancellationToken cancellation)
    {
        if (finding is not { Verdict: ServiceVerdict.Broken, Remedy: { IsModelled: true } remedy })
        {
            return finding;
        }

        string text = remedy.Text(node.Place);
        string key = Key(finding, source, service, endpoint, text);
        lock (_proofs)
        {
            if (!_proofs.TryGetValue(key, out var proven))
            {
                proven = Try(remedy, source, service, endpoint, cancellation);
                _proofs[key] = proven.IsAlone(remedy) ? proven : null;
            }

            // More steps, and what is still wrong, are of this Service alone: they name its chains.
            return (proven ?? Try(remedy, source, service, endpoint, cancellation)).Apply(finding);
        }
    }

    // What a packet does from where it is follows from what it is by then; one that is not translated yet meets the rules of its Service.
    private static string Key(CallVerdict finding, Pod source, NodeService service, ServiceEndpoint? endpoint, string text) =>
        finding.End is { HasDestinationNat: true } end
            ? $"{finding.Cause} {source.Text} {endpoint} {end.Place} {text}"
            : $"{finding.Cause} {source.Text} {endpoint} {service.Protocol} {service.IP} {service.Port} {text}";

    private ProvenRemedy Try(Remedy remedy, Pod source, NodeService service, ServiceEndpoint? endpoint, CancellationToken cancellation)
    {
        string text = remedy.Text(node.Place);
        _walk ??= new PacketWalk(node.Rules, node.Network, forgets: true, node.Others);
        var trial = Changed(node, remedy, text);
        for (int together = 1; ; together++)
        {
            var after = trial.Call(source, service, endpoint, cancellation);
            if (after.Verdict == ServiceVerdict.Works)
            {
                return new ProvenRemedy(remedy, text, after);
            }

            if (after is not { Verdict: ServiceVerdict.Broken, Remedy: { IsModelled: true } more } || together == MostTogether
                || more.Steps.All(remedy.Steps.Contains))
            {
                return new ProvenRemedy(null, text, after);
            }

            remedy = remedy.And(more);
            text = remedy.Text(node.Place);
            trial = Changed(trial.Node, more, text);
        }
    }

    private ServiceCheck Changed(HairpinFacts from, Remedy change, string text)
    {
        if (_nodes.TryGetValue(text, out var known))
        {
            return known;
        }

        if (_nodes.Count == MostNodes)
        {
            _nodes.Clear();
        }

        var changed = change.Steps.Aggregate(from, (one, step) => step.Apply(one));
        return _nodes[text] = new ServiceCheck(changed, ReferenceEquals(changed.Rules, node.Rules) ? _walk!.With(changed.Network) : null);
    }
}
