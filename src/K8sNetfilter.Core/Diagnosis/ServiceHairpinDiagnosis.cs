using System.Globalization;
using System.Net;
using K8sNetfilter.Conntrack;
using K8sNetfilter.Errors;
using K8sNetfilter.Links;
using K8sNetfilter.Nodes;
using K8sNetfilter.Packets;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Services;

namespace K8sNetfilter.Diagnosis;

/// <summary>
/// Decides from a node's links, neighbours, routes, parameters, rules and conntrack, without any traffic, whether its pods reach the
/// Services that have an endpoint on it. Each verdict comes from walking the call there and back; where the data does not decide, it is
/// Unknown and says what is missing. Pure: a live node and a snapshot of it give the same.
/// </summary>
public sealed class ServiceHairpinDiagnosis
{
    private readonly INode _node;
    private readonly HairpinQuery _query;
    private readonly CancellationToken _cancellation;
    private readonly Ruleset _rules;
    private readonly NodeNetwork _network;
    private readonly KernelHooks _hooks;
    private readonly ConntrackStatistic? _usage;
    private readonly bool? _hasBridgeNetfilter;
    private readonly PacketWalk _walk;

    private ServiceHairpinDiagnosis(INode node, HairpinQuery query, Ruleset rules, CancellationToken cancellation)
    {
        _node = node;
        _query = query;
        _rules = rules;
        _cancellation = cancellation;
        _network = NodeNetworkReader.Read(node.Links, node.Sysctls, query.Warn, cancellation);
        _hooks = Ask(() => node.Rulesets.ReadHooks(cancellation)) ?? KernelHooks.Unknown;
        _usage = Ask(() => node.Conntrack.ReadStatistic(cancellation));
        // Where no parameter at all can be read, one that is not there says nothing.
        _hasBridgeNetfilter = node.Sysctls.ReadValue("net/ipv4/ip_forward") is null ? null : BridgeNetfilterSwitches.Read(node.Sysctls).IsPresent;
        _walk = new PacketWalk(rules, _network, forgets: true);
    }

    /// <summary>Reads a node and tries its Services, one after the other.</summary>
    /// <param name="node">The node.</param>
    /// <param name="query">Which Services.</param>
    /// <param name="cancellation">Ends the reading and the walks.</param>
    /// <returns>The results as they are found; null where the node says nothing of its rules.</returns>
    public static IEnumerable<ServiceHairpinResult>? Run(INode node, HairpinQuery query, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(query);
        var rules = node.Rulesets.Read(new RulesetQuery { OnProblem = query.OnProblem }, cancellation);
        return rules is null ? null : new ServiceHairpinDiagnosis(node, query, rules, cancellation).Results();
    }

    private IEnumerable<ServiceHairpinResult> Results()
    {
        foreach (string notice in _rules.Notices)
        {
            _query.Warn(notice);
        }

        var byFamily = new Dictionary<IPFamily, Family>();
        foreach (var family in (IPFamily[])[IPFamily.IPv4, IPFamily.IPv6])
        {
            bool v6 = family == IPFamily.IPv6;
            var others = OtherTranslation.Find(_network, _hooks, v6).ToList();
            byFamily[family] = new Family(
                new NodePods(_network, v6), new CallTrial(_walk, v6, _hasBridgeNetfilter), others, OtherTranslation.Unread(_rules, _hooks, v6));
            if (_query.Wants is null)
            {
                foreach (var other in others)
                {
                    yield return NotByRules(other, v6);
                }
            }
        }

        bool isFound = false;

        // One that is refused to some and served to others has a rule for each.
        var served = new HashSet<(IPFamily, NetfilterBackend?, IPAddress?, int, string)>();
        foreach (var one in ServiceReader.Read(_rules))
        {
            _cancellation.ThrowIfCancellationRequested();
            if (_query.Wants?.Invoke(one) == false || (!served.Add((one.Family, one.Backend, one.IP, one.Port, one.Protocol)) && one.Refusal is not null))
            {
                continue;
            }

            // A node port is called by an address of the node.
            var service = one.IP is not null ? one : one with { IP = NodePortAddress.Find(_network, _rules, one) };
            if (service.IP is null)
            {
                continue;
            }

            isFound = true;
            foreach (var result in Try(service, byFamily[service.Family]))
            {
                yield return result;
            }

            _walk.Forget();
        }

        if (_query.Wants is null)
        {
            yield break;
        }

        // What was asked for by name may be a Service that other means than rules make, and then gets its answer too.
        foreach (var service in NodeServices.ReadOtherModes(_node, _query.OnProblem, _cancellation).Where(s => s.IP is not null && _query.Wants(s)))
        {
            isFound = true;
            var other = byFamily[service.Family].Others.Find(o => o.Mode == service.ProxyMode);
            yield return Result(service, null, service.Endpoints is [var only] ? only.ToString() : null, null, NotByRules(
                other ?? new OtherTranslation($"kube-proxy in {service.ProxyMode} mode", "its own tables have the Service", null), service));
        }

        foreach (var (family, known) in byFamily)
        {
            foreach (var other in isFound ? [] : known.Others)
            {
                yield return NotByRules(other, family == IPFamily.IPv6);
            }
        }
    }

    private IEnumerable<ServiceHairpinResult> Try(NodeService service, Family family)
    {
        bool isNamed = _query.Wants is not null;
        var bits = AddressBits.From(service.IP!);
        var other = family.Others.Find(o => o.Addresses?.Contains(bits) != false);
        bool any = false;
        foreach (var endpoint in service.Endpoints)
        {
            var pod = family.Pods.Find(AddressBits.From(endpoint.IP));
            if (pod.Kind == PodKind.Elsewhere)
            {
                continue;
            }

            if (pod.Kind == PodKind.Unknown)
            {
                if (!any && isNamed)
                {
                    any = true;
                    yield return Result(service, null, endpoint.ToString(), null, Missing(service));
                }

                continue;
            }

            any = true;
            var chosen = endpoint.Chain is { } name ? _rules.FindTable("nat", service.Family, service.Backend)?.FindChain(name) : null;
            string shown = endpoint.ToString();
            foreach (var source in Sources(service, family.Pods, pod))
            {
                var finding = other is null ? family.Trial.Try(source, service, chosen, pod.Address, _cancellation) : NotByRules(other, service);
                yield return Result(service, source, shown, source.Bridge is not null && source.Bridge == pod.Bridge ? source.Bridge : null, Limit(finding, service, family));
            }
        }

        if (any || !isNamed)
        {
            yield break;
        }

        // A Service that was asked for, with its endpoints on other nodes or none.
        foreach (var source in Sources(service, family.Pods, null))
        {
            any = true;
            var finding = other is null ? family.Trial.Try(source, service, null, null, _cancellation) : NotByRules(other, service);
            string? endpoint = finding.Branch is { DestinationNat: true } branch && service.Endpoints.FirstOrDefault(e => AddressBits.From(e.IP) == (branch.Request ?? branch).Destination) is { } reached
                ? reached.ToString() : null;
            yield return Result(service, source, endpoint, null, Limit(finding, service, family));
        }

        if (!any)
        {
            yield return Result(service, null, null, null, service.Refusal is null ? Missing(service)
                : new CallFinding(ServiceVerdict.Broken, ServiceHairpinCause.NoEndpoint, $"the Service has no endpoints: {service.Refusal}", CallTrial.Endpoints(service)));
        }
    }

    // One pod on each bridge, and one of those that are routed to: pods alike are one walk. Then the endpoint itself.
    private static IEnumerable<Pod> Sources(NodeService service, NodePods pods, Pod? endpoint)
    {
        foreach (var ground in pods.Grounds)
        {
            Pod? found = null;
            foreach (var pod in ground)
            {
                if (endpoint is null || pod.Address != endpoint.Address)
                {
                    found ??= pod;
                    if (Array.TrueForAll(service.Endpoints, e => AddressBits.From(e.IP) != pod.Address))
                    {
                        found = pod;
                        break;
                    }
                }
            }

            if (found is not null)
            {
                yield return found;
            }
        }

        if (endpoint is { Kind: PodKind.Bridged or PodKind.Routed, Link: not null })
        {
            yield return endpoint;
        }
    }

    /// <summary>What holds for every call: a full table drops the first packet, and rules that were not read may do anything.</summary>
    private CallFinding Limit(CallFinding finding, NodeService service, Family family)
    {
        if (family.Unread is { } unread && finding.Verdict is ServiceVerdict.Works or ServiceVerdict.Broken)
        {
            return finding with
            {
                Verdict = ServiceVerdict.Unknown,
                Cause = ServiceHairpinCause.Unknown,
                Evidence = $"{unread} is not among the rules that iptables-save shows; by those alone: {(finding.Verdict == ServiceVerdict.Works ? "works" : finding.Cause)}: {finding.Evidence}",
                Remedy = CallTrial.Probe(service),
            };
        }

        if (finding.Verdict == ServiceVerdict.Works && _usage is { Count: { } count, Maximum: { } maximum and > 0 } && count >= maximum)
        {
            return finding with
            {
                Verdict = ServiceVerdict.Broken,
                Cause = ServiceHairpinCause.ConntrackFull,
                Evidence = string.Create(CultureInfo.InvariantCulture, $"conntrack holds {count} entries of at most {maximum}: new connections are dropped"),
                Remedy = string.Create(CultureInfo.InvariantCulture, $"Set-NodeSysctl -Name net.netfilter.nf_conntrack_max -Value {maximum * 2} -Persist"),
            };
        }

        return finding;
    }

    private CallFinding Missing(NodeService service) => new(
        ServiceVerdict.Unknown, ServiceHairpinCause.Unknown,
        _network.KnowsRoutes ? "no pod of this node is known that could call it: neither a bridge port nor a route leads to one" : $"{_node.Description} does not say what its links, addresses and routes are",
        CallTrial.Probe(service));

    private static CallFinding NotByRules(OtherTranslation other, NodeService service) => new(
        ServiceVerdict.Unknown, ServiceHairpinCause.NotByRules, $"{other.Name}: {other.Evidence}, so that iptables rules do not decide", CallTrial.Probe(service));

    private static ServiceHairpinResult NotByRules(OtherTranslation other, bool v6) => new()
    {
        Verdict = ServiceVerdict.Unknown,
        Cause = ServiceHairpinCause.NotByRules,
        Protocol = "",
        Evidence = $"{other.Name}: {other.Evidence} ({(v6 ? "IPv6" : "IPv4")}). Its Services are not among the iptables rules",
        Remedy = "Test-ServiceHairpin -Passive",
    };

    private static ServiceHairpinResult Result(NodeService service, Pod? source, string? endpoint, string? bridge, CallFinding finding) => new()
    {
        Service = service.FullName,
        Type = service.Type,
        ServiceIP = service.IP,
        Port = service.Port,
        Protocol = service.Protocol,
        SourcePod = source is null ? null : AddressBits.ToAddress(source.Address, service.Family == IPFamily.IPv6).ToString(),
        Endpoint = endpoint,
        Bridge = bridge,
        Verdict = finding.Verdict,
        Cause = finding.Cause,
        Evidence = finding.Evidence,
        Remedy = finding.Remedy,
    };

    private T? Ask<T>(Func<T?> question)
        where T : class
    {
        try
        {
            return question();
        }
        catch (NodeException failure)
        {
            _query.OnProblem(failure);
            return null;
        }
    }

    private sealed record Family(NodePods Pods, CallTrial Trial, List<OtherTranslation> Others, string? Unread);
}
