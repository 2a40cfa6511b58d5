using System.Globalization;
using K8sNetfilter.Addressing;
using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Services;
using K8sNetfilter.Simulation;

namespace K8sNetfilter.Diagnosis.Hairpin;

/// <summary>
/// Tries Services from the pods of a node, one after the other: several trials may run side by side, each with a walk of its own.
/// </summary>
internal sealed class ServiceCheck
{
    private readonly HairpinFacts _node;
    private readonly PacketWalk _walk;
    private readonly CallCheck?[] _calls = new CallCheck?[2];
    private readonly List<Pod> _sources = [];
    private readonly RemedyProof? _proof;

    /// <summary>Makes a trial.</summary>
    /// <param name="node">The node.</param>
    /// <param name="walk">A walk over its rules; null to make one.</param>
    /// <param name="proof">What tries remedies; null where none are wanted.</param>
    public ServiceCheck(HairpinFacts node, PacketWalk? walk = null, RemedyProof? proof = null)
    {
        _node = node;
        _proof = proof;
        _walk = walk ?? new PacketWalk(node.Rules, node.Network, forgets: true, node.Others);
        foreach (var ground in node.Grounds)
        {
            _calls[ground.Family == IPFamily.IPv6 ? 1 : 0] = new CallCheck(_walk, ground.Family, node.HasBridgeNetfilter);
        }
    }

    /// <summary>The node.</summary>
    public HairpinFacts Node => _node;

    /// <summary>Tries one call of one pod, whose remedy is not tried.</summary>
    /// <param name="source">The pod.</param>
    /// <param name="service">The Service.</param>
    /// <param name="endpoint">The endpoint that chance leads to; null for any.</param>
    /// <param name="cancellation">Ends the walk.</param>
    public CallVerdict Call(Pod source, NodeService service, ServiceEndpoint? endpoint, CancellationToken cancellation)
    {
        var finding = Limit(
            Calls(service).Try(source, service, Chosen(service, endpoint), endpoint is { } meant ? AddressBits.From(meant.Address) : null,
                cancellation), service, _node.Ground(service.Family));
        _walk.Forget();
        return finding;
    }

    private CallCheck Calls(NodeService service) => _calls[service.Family == IPFamily.IPv6 ? 1 : 0]!;

    private NetfilterChain? Chosen(NodeService service, ServiceEndpoint? endpoint) =>
        endpoint?.Chain is { } name ? _node.Rules.FindTable("nat", service.Family, service.Backend)?.FindChain(name) : null;

    private CallVerdict Prove(CallVerdict finding, Pod source, NodeService service, ServiceEndpoint? endpoint,
        CancellationToken cancellation) =>
        _proof is null ? finding : _proof.Prove(finding, source, service, endpoint, cancellation);

    /// <summary>Tries a Service from a pod on each bridge, from one of those that are routed to, and from the endpoint itself.</summary>
    /// <param name="service">The Service.</param>
    /// <param name="results">What was found is added here.</param>
    /// <param name="cancellation">Ends the walks.</param>
    public void Try(NodeService service, List<ServiceHairpinResult> results, CancellationToken cancellation)
    {
        TryEach(service, results, cancellation);
        _walk.Forget();
    }

    private void TryEach(NodeService service, List<ServiceHairpinResult> results, CancellationToken cancellation)
    {
        int before = results.Count;
        bool isOnNode = TryEndpoints(service, results, cancellation);
        if (service.Unread is { } lost)
        {
            isOnNode = true;
            var open = new CallVerdict(
                ServiceVerdict.Unknown, ServiceHairpinCause.Unknown, HairpinMessages.EndpointOfServiceIsNot(lost),
                CallRemedies.Probe(service));
            results.Add(Result(_node.Place, new(service), open));
        }

        // A Service that was asked for, with its endpoints on other nodes or none.
        if (!isOnNode && _node.IsNamed)
        {
            TryElsewhere(service, results, cancellation);
            if (results.Count == before)
            {
                results.Add(Result(_node.Place, new(service), NobodyCalls(service)));
            }
        }
    }

    // True if an endpoint is on this node, or may be.
    private bool TryEndpoints(NodeService service, List<ServiceHairpinResult> results, CancellationToken cancellation)
    {
        var ground = _node.Ground(service.Family);
        var other = OtherThan(ground, service);
        bool any = false;
        foreach (var endpoint in service.EndpointDetails)
        {
            var pod = ground.Pods.Find(AddressBits.From(endpoint.Address));
            if (pod.Kind == PodKind.Elsewhere)
            {
                continue;
            }

            if (pod.Kind == PodKind.Unknown)
            {
                if (!any && _node.IsNamed)
                {
                    any = true;
                    results.Add(Result(_node.Place, new(service, endpoint: endpoint.ToString()), Missing(service)));
                }

                continue;
            }

            any = true;
            var chosen = Chosen(service, endpoint);
            string shown = endpoint.ToString();
            foreach (var source in Sources(service, ground.Pods, pod))
            {
                var finding = other is null ? Calls(service).Try(source, service, chosen, pod.Address, cancellation)
                    : NotByRules(other, service);
                string? reached = finding is { Verdict: ServiceVerdict.Works, End.Request.HasDestinationNat: false } ? null : shown;
                string? bridge = source.Bridge is not null && source.Bridge == pod.Bridge ? source.Bridge : null;
                var proven = Prove(Limit(finding, service, ground), source, service, endpoint, cancellation);
                results.Add(Result(_node.Place, new(service, source, reached, bridge), proven));
            }
        }

        return any;
    }

    private void TryElsewhere(NodeService service, List<ServiceHairpinResult> results, CancellationToken cancellation)
    {
        var ground = _node.Ground(service.Family);
        var other = OtherThan(ground, service);
        foreach (var source in Sources(service, ground.Pods, null))
        {
            var finding = other is null ? Calls(service).Try(source, service, null, null, cancellation) : NotByRules(other, service);
            string? reached = finding.End is { HasDestinationNat: true } end ? EndpointAt(service, (end.Request ?? end).Destination) : null;
            var proven = Prove(Limit(finding, service, ground), source, service, null, cancellation);
            results.Add(Result(_node.Place, new(service, source, reached), proven));
        }
    }

    private static string? EndpointAt(NodeService service, Bits128 address) =>
        service.EndpointDetails.FirstOrDefault(e => AddressBits.From(e.Address) == address)?.ToString();

    private CallVerdict NobodyCalls(NodeService service) => CallCheck.IsRefused(service)
        ? Limit(
            new CallVerdict(
                ServiceVerdict.Broken, ServiceHairpinCause.NoEndpoint, HairpinMessages.ServiceHasNoEndpoints(service.Refusal),
                CallRemedies.Endpoints(service)),
            service, _node.Ground(service.Family))
        : Missing(service);

    // One pod on each bridge, and one of those that are routed to: pods alike are one walk. Then the endpoint itself.
    private List<Pod> Sources(NodeService service, NodePods pods, Pod? endpoint)
    {
        _sources.Clear();
        foreach (var together in pods.Grounds)
        {
            Pod? found = null;
            foreach (var pod in together)
            {
                if (endpoint is null || pod.Address != endpoint.Address)
                {
                    found ??= pod;
                    if (!Serves(service, pod))
                    {
                        found = pod;
                        break;
                    }
                }
            }

            if (found is not null)
            {
                _sources.Add(found);
            }
        }

        if (endpoint is { Kind: PodKind.Bridged or PodKind.Routed, Link: not null })
        {
            _sources.Add(endpoint);
        }

        return _sources;
    }

    private static bool Serves(NodeService service, Pod pod)
    {
        foreach (var endpoint in service.EndpointDetails)
        {
            if (AddressBits.From(endpoint.Address) == pod.Address)
            {
                return true;
            }
        }

        return false;
    }

    // Something else than rules that has the Service's address, or may have it.
    private static NonIptablesTranslation? OtherThan(FamilyFacts ground, NodeService service)
    {
        foreach (var other in ground.Others)
        {
            if (other.Addresses?.Contains(AddressBits.From(service.Address!)) != false)
            {
                return other;
            }
        }

        return null;
    }

    /// <summary>
    /// What holds for every call: a full table drops the first packet, and what is not known of the node may do anything.
    /// </summary>
    private CallVerdict Limit(CallVerdict finding, NodeService service, FamilyFacts ground)
    {
        if (finding.Verdict is ServiceVerdict.Works or ServiceVerdict.Broken
            && ground.Parts is { LacksRules: true } or { KnowsRoutes: false })
        {
            return finding with
            {
                Verdict = ServiceVerdict.Unknown,
                Cause = ServiceHairpinCause.Unknown,
                Evidence = HairpinMessages.ByRestAlone(_node.Description, ground.Parts.Text, finding.Verdict == ServiceVerdict.Works ? "works" : finding.Cause, finding.Evidence),
                Remedy = CallRemedies.Probe(service),
            };
        }

        if (finding.Verdict == ServiceVerdict.Works && _node.Usage is { Count: { } count, Maximum: { } maximum and > 0 }
            && count >= maximum)
        {
            return finding with
            {
                Verdict = ServiceVerdict.Broken,
                Cause = ServiceHairpinCause.ConntrackFull,
                Evidence = string.Create(CultureInfo.InvariantCulture,
                $"conntrack holds {count} entries of at most {maximum}: new connections are dropped"),
                Remedy = Remedy.Of(SysctlStep.ConntrackMaximum(maximum * 2)),
            };
        }

        return ground.Parts.Granted.Length == 0 ? finding : finding with { Granted = ground.Parts.Granted };
    }

    private CallVerdict Missing(NodeService service) => new(
        ServiceVerdict.Unknown, ServiceHairpinCause.Unknown,
        _node.Network.KnowsRoutes(service.Family)
        ? HairpinMessages.NoPodOfThisNode
        : HairpinMessages.DoesNotSayWhatIts(_node.Description),
        CallRemedies.Probe(service));

    /// <summary>What is said of a Service that something else than rules translates.</summary>
    public static CallVerdict NotByRules(NonIptablesTranslation other, NodeService service) => new(
        ServiceVerdict.Unknown, ServiceHairpinCause.NotByRules, HairpinMessages.OtherDecides(other.Name, other.Evidence),
        CallRemedies.Probe(service));

    /// <summary>A finding as a result.</summary>
    public static ServiceHairpinResult Result(CommandPlace place, in CallPath path, CallVerdict finding) => new()
    {
        Service = path.Service.FullName,
        Type = path.Service.Type,
        ServiceIP = path.Service.IP,
        Port = path.Service.Port,
        Protocol = path.Service.Protocol,
        SourcePod = path.Source?.Text,
        Endpoint = path.Endpoint,
        Bridge = path.Bridge,
        Verdict = finding.Verdict,
        Assumptions = finding.Verdict == ServiceVerdict.Unknown ? [] : [.. finding.Assumptions],
        Cause = finding.Cause,
        Evidence = finding.Evidence,
        Remedy = finding.Remedy?.Text(place),
        RemedyGives = finding.Gives,
        RemedyAssumptions = finding.Given,
    };
}
