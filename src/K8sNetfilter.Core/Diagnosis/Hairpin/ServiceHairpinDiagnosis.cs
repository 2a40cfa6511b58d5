using K8sNetfilter.Addressing;
using K8sNetfilter.Collections;
using K8sNetfilter.Conntrack;
using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.Errors;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Hooks;
using K8sNetfilter.Ipset;
using K8sNetfilter.Links;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Services;

namespace K8sNetfilter.Diagnosis.Hairpin;

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
    private readonly ForwardingModel _network;
    private readonly KernelHooks _hooks;
    private readonly ConntrackStatistic? _usage;
    private readonly bool? _hasBridgeNetfilter;
    private readonly List<FamilyFacts> _grounds = [];
    private bool _isFound;

    private ServiceHairpinDiagnosis(INode node, HairpinQuery query, Ruleset rules, KernelHooks hooks, CancellationToken cancellation)
    {
        _node = node;
        _query = query;
        _rules = rules;
        _cancellation = cancellation;
        _network = ForwardingModelReader.Read(node.Links, node.Sysctls, query.Warn, cancellation, node.Listeners);
        _network.Sets = new NodeIpsets(node.Ipsets, cancellation);
        _hooks = hooks;
        _usage = Ask(() => node.Conntrack.ReadStatistic(cancellation));
        // Where no parameter at all can be read, one that is not there says nothing.
        _hasBridgeNetfilter = node.Sysctls.ReadValue("net/ipv4/ip_forward") is null ? null
            : BridgeNetfilterSwitches.Read(node.Sysctls).IsPresent;
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
        var unread = KernelHooks.Unknown with { Missing = HairpinMessages.WhatNftablesChainsNodeHas };
        var hooks = unread;
        var rules = SteadyRuleset.Read(
            node.Rulesets,
            new RulesetQuery { OnProblem = query.OnProblem, WithoutCounters = true },
            () => hooks = Ask(query, () => node.Hooks.ReadHooks(cancellation) ?? KernelHooks.Unknown) ?? unread,
            cancellation);
        return rules is null ? null : new ServiceHairpinDiagnosis(node, query, rules, hooks, cancellation).Results();
    }

    private IEnumerable<ServiceHairpinResult> Results()
    {
        foreach (string notice in _rules.Notices)
        {
            _query.Warn(notice);
        }

        var virtualServers = Ask(() => _node.VirtualServers.ReadVirtualServers(_cancellation));
        foreach (var family in (IPFamily[])[IPFamily.IPv4, IPFamily.IPv6])
        {
            var others = NonIptablesTranslation.Find(_network, _hooks, virtualServers, family).ToList();
            _grounds.Add(new FamilyFacts(family, new NodePods(_network, family), others,
                UnknownParts.Of(_rules, _network.KnowsRoutes(family), family, _hooks.Missing)));
            if (_query.Wants is null)
            {
                foreach (var other in others)
                {
                    yield return NotByRules(other, family, _node.Place);
                }
            }
        }

        foreach (var lost in LostServices())
        {
            yield return lost;
        }

        var node = new HairpinFacts(_node.Description, _rules, _network, NonIptablesTranslation.Chains(_rules, _hooks), _grounds, _usage,
            _hasBridgeNetfilter, _query.Wants is not null) { Place = _node.Place };
        var proof = new RemedyProof(node);
        foreach (var result in OrderedParallel.Select<NodeService, ServiceCheck, ServiceHairpinResult>(
            Services(), () => new ServiceCheck(node, proof: proof), (trial, service, results) =>
            trial.Try(service, results, _cancellation), _cancellation))
        {
            yield return result;
        }

        foreach (var result in OtherServices(node))
        {
            yield return result;
        }

        if (_query.Wants is null)
        {
            yield break;
        }

        foreach (var known in _grounds)
        {
            foreach (var other in _isFound ? [] : known.Others)
            {
                yield return NotByRules(other, known.Family, _node.Place);
            }
        }
    }

    /// <summary>
    /// The Services that other means than rules make. What is decided of them is that the answer passes them by; the rest is open, and said
    /// of each that was asked for by name.
    /// </summary>
    private IEnumerable<ServiceHairpinResult> OtherServices(HairpinFacts node)
    {
        if (_query.Wants is null && !_grounds.Any(g => g.Others.Any(o => o.Mode is not null)))
        {
            yield break;
        }

        LayerTwoBypass? bypass = null;
        foreach (var service in NodeServices.ReadOtherModes(_node, _query.OnProblem, _cancellation)
            .Where(s => s.Address is not null && _query.Wants?.Invoke(s) != false))
        {
            bypass ??= new LayerTwoBypass(node, family => Ask(() => ReadProxyTable(family)), _cancellation);
            _isFound = true;
            bool any = false;
            foreach (var result in bypass.Find(service))
            {
                any = true;
                yield return result;
            }

            if (!any && _query.Wants is not null)
            {
                var other = node.Ground(service.Family).Others.Find(o => o.Mode == service.ProxyMode);
                other ??= new NonIptablesTranslation(HairpinMessages.KubeProxyInMode(service.ProxyMode), HairpinMessages.ItsOwnTablesHaveService, null);
                string? endpoint = service.EndpointDetails is [var only] ? only.ToString() : null;
                yield return ServiceCheck.Result(node.Place, new(service, endpoint: endpoint), ServiceCheck.NotByRules(other, service));
            }
        }
    }

    private NftMasquerade? ReadProxyTable(IPFamily family) =>
        _node.Nftables.ReadNftTable(family, NftServiceReader.Table, _cancellation) is { } json ? NftMasquerade.Read(json) : null;

    /// <summary>The Services to decide, each with the address that it is called by.</summary>
    private IEnumerable<NodeService> Services()
    {
        // One that is refused to some and served to others has a rule for each. The Services of one family and backend come together.
        var served = new HashSet<ServiceKey>();
        NodeService? last = null;
        foreach (var one in ServiceReader.Read(_rules))
        {
            _cancellation.ThrowIfCancellationRequested();
            if (last is not null && (last.Family != one.Family || last.Backend != one.Backend))
            {
                served.Clear();
            }

            last = one;
            if (_query.Wants?.Invoke(one) == false
                || (!served.Add(new ServiceKey(one.Address, one.Port, one.Protocol)) && one.Refusal is not null))
            {
                continue;
            }

            // A node port is called by an address of the node.
            var service = one.Address is not null ? one : one with { Address = NodePortAddress.Find(_network, _rules, one) };
            if (service.Address is not null)
            {
                _isFound = true;
                yield return service;
            }
        }
    }

    // A rule that leads to a Service and could not be read: nobody knows which Service that is.
    private IEnumerable<ServiceHairpinResult> LostServices()
    {
        foreach (var table in _rules.Tables)
        {
            if (table.Name == "nat" && table.FindChain("KUBE-SERVICES") is { } services
                && (table.Fault ?? services.Fault ?? table.FindChain("KUBE-NODEPORTS")?.Fault) is { } fault)
            {
                yield return new()
                {
                    Verdict = ServiceVerdict.Unknown,
                    Cause = ServiceHairpinCause.Unknown,
                    Protocol = "",
                    Evidence = HairpinMessages.ThereMayBeServicesThat(fault, table.Family),
                };
            }
        }
    }

    private static ServiceHairpinResult NotByRules(NonIptablesTranslation other, IPFamily family, CommandPlace place) => new()
    {
        Verdict = ServiceVerdict.Unknown,
        Cause = ServiceHairpinCause.NotByRules,
        Protocol = "",
        Evidence = HairpinMessages.OtherTranslation(other.Name, other.Evidence, family == IPFamily.IPv6 ? "IPv6" : "IPv4"),
        Remedy = place.Look("Test-ServiceHairpin -Passive"),
    };

    private T? Ask<T>(Func<T?> question)
        where T : class => Ask(_query, question);

    private static T? Ask<T>(HairpinQuery query, Func<T?> question)
        where T : class
    {
        try
        {
            return question();
        }
        catch (NodeException failure)
        {
            query.OnProblem(failure);
            return null;
        }
    }
}
