using System.Buffers.Text;
using System.Net;
using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Grammar;
using K8sNetfilter.Rulesets.Parts;
using K8sNetfilter.Rulesets.Parts.Matches;
using K8sNetfilter.Rulesets.Parts.Targets;
using K8sNetfilter.Text;

namespace K8sNetfilter.Services;

/// <summary>
/// Recovers the Services from the rules that kube-proxy's iptables mode makes (kubernetes/pkg/proxy/iptables/proxier.go). Names come from
/// the comments of KUBE-SERVICES; where those are missing, from a list of names whose hash is in the chains' names.
/// </summary>
public sealed class ServiceReader
{
    private readonly RulesetTable _nat;
    private readonly RulesetTable? _filter;
    private readonly Dictionary<string, ServiceName> _namesByHash;
    private readonly Dictionary<NetfilterChain, Endpoints> _endpoints = [];

    private ServiceReader(RulesetTable nat, RulesetTable? filter, Dictionary<string, ServiceName> namesByHash)
    {
        _nat = nat;
        _filter = filter;
        _namesByHash = namesByHash;
    }

    /// <summary>Reads the Services of every family and backend.</summary>
    /// <param name="ruleset">The rules.</param>
    /// <param name="names">Names to try where comments are missing: <c>namespace/name:port</c>.</param>
    public static IEnumerable<NodeService> Read(Ruleset ruleset, IEnumerable<string>? names = null)
    {
        ArgumentNullException.ThrowIfNull(ruleset);
        var hashes = Hashes(names ?? []);
        foreach (var nat in ruleset.Tables)
        {
            if (nat.Name == "nat" && nat.FindChain("KUBE-SERVICES") is not null)
            {
                var reader = new ServiceReader(nat, ruleset.FindTable("filter", nat.Family, nat.Backend), hashes);
                foreach (var service in reader.Services())
                {
                    yield return service;
                }
            }
        }
    }

    private static Dictionary<string, ServiceName> Hashes(IEnumerable<string> names)
    {
        var hashes = new Dictionary<string, ServiceName>(StringComparer.Ordinal);
        foreach (string text in names)
        {
            if (ServiceName.Parse(text) is { } name)
            {
                foreach (string protocol in (ReadOnlySpan<string>)["tcp", "udp", "sctp"])
                {
                    hashes[KubeProxyChain.Hash(name.ToString(), protocol)] = name;
                    if (name.PortName is null)
                    {
                        // Up to 1.17 the colon came without a port too.
                        hashes[KubeProxyChain.Hash(name + ":", protocol)] = name;
                    }
                }
            }
        }

        return hashes;
    }

    private IEnumerable<NodeService> Services()
    {
        var refused = Refused();
        foreach (string chain in (string[])["KUBE-SERVICES", "KUBE-NODEPORTS"])
        {
            NodeService? last = null;
            foreach (var rule in _nat.FindChain(chain)?.Rules ?? default)
            {
                // Up to 1.18 an external IP has two rules, one for calls from other machines and one where it is the node's own.
                if (rule.JumpsTo is { } target && KubeProxyChain.HashOf(target.Name) is { } hash
                    && ServiceRule.Read(rule, chain == "KUBE-NODEPORTS") is { } head && !IsSame(head, last))
                {
                    last = Service(head, target, hash);
                    if (refused is not null && refused.Remove(new RefusedAddress(last.Address, last.Port, last.Protocol), out var refusal))
                    {
                        last = last with { Refusal = refusal.Refusal, IsLocalOnly = last.IsLocalOnly || refusal.IsLocalOnly };
                    }

                    yield return last;
                }
            }
        }

        foreach (var service in refused?.Values ?? Enumerable.Empty<NodeService>())
        {
            yield return service;
        }
    }

    /// <summary>
    /// What the filter table refuses: Services without endpoints, which have no chain since 1.10, and those of the policy Local that have
    /// none here. Null if there are none.
    /// </summary>
    private Dictionary<RefusedAddress, NodeService>? Refused()
    {
        Dictionary<RefusedAddress, NodeService>? refused = null;
        foreach (string chain in (string[])["KUBE-SERVICES", "KUBE-EXTERNAL-SERVICES", "KUBE-NODEPORTS"])
        {
            foreach (var rule in _filter?.FindChain(chain)?.Rules ?? default)
            {
                if (rule.Rule.Target is { } target && (target is RejectTarget || target.Kind == RuleTargetKind.Drop)
                    && ServiceRule.Read(rule, chain == "KUBE-NODEPORTS" || IsNodePort(rule.Rule)) is { } head)
                {
                    // The comment is the same for an external IP and for a load balancer's.
                    bool isOutside = chain == "KUBE-EXTERNAL-SERVICES" && head.Type == NodeServiceType.ClusterIP;
                    (refused ??= []).TryAdd(new RefusedAddress(head.Address, head.Port, head.Protocol), head with
                    {
                        Refusal = target.Name,
                        Type = isOutside ? NodeServiceType.ExternalIP : head.Type,
                        // Only what has endpoints elsewhere is dropped: the others are told so.
                        IsLocalOnly = target.Kind == RuleTargetKind.Drop,
                    });
                }
            }
        }

        return refused;
    }

    private static bool IsSame(NodeService one, NodeService? other) =>
        other is not null && one.Port == other.Port && one.Protocol == other.Protocol && Equals(one.Address, other.Address);

    // -p tcp -m addrtype --dst-type LOCAL -m tcp --dport 30080 -j REJECT
    private static bool IsNodePort(NetfilterRule rule) =>
        rule.Conditions.Any(m => m is AddrtypeMatch { DestinationTypes: not null }) && !rule.Conditions.Any(m => m is AddressMatch { IsSource: false });

    private NodeService Service(NodeService head, NetfilterChain target, string hash)
    {
        var name = _namesByHash.GetValueOrDefault(hash);
        var found = Leads(target, 0);
        return head with
        {
            Namespace = head.Namespace ?? name?.Namespace,
            Name = head.Name ?? name?.Name,
            PortName = head.Name is null ? name?.PortName : head.PortName,
            Chain = target.Name,
            EndpointDetails = found.List,
            Affinity = found.Affinity,
            IsLocalOnly = found.IsLocalOnly,
            Unread = found.Unread ?? (found.List.Length == 0 ? _nat.Fault : null),
            Refusal = found.IsDropped ? "DROP" : null,
            SourceRanges = SourceRanges(target, hash),
        };
    }

    /// <summary>The endpoints that a Service's chain leads to, through the chains for traffic from outside.</summary>
    private Endpoints Leads(NetfilterChain chain, int depth)
    {
        if (_endpoints.TryGetValue(chain, out var known))
        {
            return known;
        }

        // Marked before its rules are read: a chain that leads to itself ends here.
        _endpoints[chain] = Endpoints.None;
        var list = new List<ServiceEndpoint>();
        TimeSpan? affinity = null;
        bool isLocalOnly = chain.Name.StartsWith(KubeProxyChain.LocalPrefix, StringComparison.Ordinal)
            || chain.Name.StartsWith(KubeProxyChain.LocalExternalPrefix, StringComparison.Ordinal);
        bool isDropped = false;
        double? rest = 1;
        string? unread = chain.Fault;
        HashSet<NetfilterChain>? followed = null;
        foreach (var rule in chain.Rules)
        {
            if (rule.JumpsTo is not { } next)
            {
                continue;
            }

            if (next.Name.StartsWith(KubeProxyChain.EndpointPrefix, StringComparison.Ordinal))
            {
                unread ??= next.Fault;
                if (TryShare(rule, out double? share))
                {
                    if (Endpoint(next, share is { } of ? rest * of : rest) is { } plain)
                    {
                        list.Add(plain);
                    }
                    else
                    {
                        unread ??= Misprinted(next);
                    }

                    rest = share is { } taken ? rest - (rest * taken) : 0;
                    continue;
                }

                if (rule.Rule.Conditions.OfType<RecentMatch>().FirstOrDefault() is { Action: RecentAction.Check or RecentAction.Update } recent)
                {
                    // The client's last endpoint comes first; the same endpoints follow with their weights.
                    affinity = recent.Seconds is { } seconds ? TimeSpan.FromSeconds(seconds) : TimeSpan.MaxValue;
                    continue;
                }

                var statistic = rule.Rule.Conditions.OfType<StatisticMatch>().FirstOrDefault();
                double? part = statistic is null ? rest : statistic.Negated ? null : rest * statistic.Probability;
                if (Endpoint(next, part) is { } endpoint)
                {
                    list.Add(endpoint);
                }
                else
                {
                    unread ??= Misprinted(next);
                }

                rest = statistic is null ? 0 : rest - part;
            }
            // A KUBE-FW- chain leads to the same one by each of the source ranges.
            else if (depth < 4 && KubeProxyChain.HashOf(next.Name) is not null && IsForEveryone(rule) && (followed ??= []).Add(next))
            {
                var behind = Leads(next, depth + 1);
                list.AddRange(behind.List);
                affinity ??= behind.Affinity;
                isLocalOnly |= behind.IsLocalOnly;
                unread ??= behind.Unread;
                isDropped |= behind.IsDropped;
            }
            // The end of a KUBE-FW- chain is for those whom no range admits.
            else if (isLocalOnly && next.Name == "KUBE-MARK-DROP" && !chain.Name.StartsWith(KubeProxyChain.FirewallPrefix, StringComparison.Ordinal))
            {
                isDropped = true;
            }
        }

        var found = new Endpoints([.. list], affinity, isLocalOnly, isDropped, unread);
        if (chain.HasOneReferrer)
        {
            // Nearly every Service's: nobody else asks for it.
            _endpoints.Remove(chain);
        }
        else
        {
            _endpoints[chain] = found;
        }

        return found;
    }

    // A rule that asks nothing, or leaves it to chance alone.
    private static bool TryShare(RuleRef rule, out double? share)
    {
        share = null;
        if (!RuleFields.TryRead(rule.Line, out var glance))
        {
            return false;
        }

        if (glance.Rest.IsEmpty)
        {
            return true;
        }

        var prefix = "-m statistic --mode random --probability "u8;
        if (!glance.Rest.StartsWith(prefix) || !Utf8Parser.TryParse(glance.Rest[prefix.Length..], out double probability, out int used) || used != glance.Rest.Length - prefix.Length)
        {
            return false;
        }

        share = probability;
        return true;
    }

    /// <summary>
    /// A chain for outside traffic has exceptions for pods and for the node itself ahead of the rule that everyone else meets; a rule
    /// with a source or a type of address is one of these. Source ranges of a load balancer stand in KUBE-FW- chains and count.
    /// </summary>
    private static bool IsForEveryone(RuleRef rule) =>
        (RuleFields.TryRead(rule.Line, out var glance) && glance.Source.IsEmpty && glance.Rest.IsEmpty)
        || rule.InChain.Name.StartsWith(KubeProxyChain.FirewallPrefix, StringComparison.Ordinal)
        || !rule.Rule.Conditions.Any(m => m is AddrtypeMatch or AddressMatch { IsSource: true });

    // Why the chain of an endpoint does not say which it is.
    private static string? Misprinted(NetfilterChain chain)
    {
        foreach (var rule in chain.Rules)
        {
            if (!rule.Jumps && Misprint.Find(rule) is { } misprint)
            {
                return $"{chain.SourceAt(rule.Index)}, rule {rule.Rule.Number} of nat {Printable.Text(chain.Name)}: {misprint}";
            }
        }

        return null;
    }

    private static ServiceEndpoint? Endpoint(NetfilterChain chain, double? part)
    {
        double? weight = part is { } known ? Math.Round(known, 4) : null;
        foreach (var rule in chain.Rules)
        {
            if (rule.Jumps || (rule.Line.IndexOf("DNAT"u8) < 0 && !rule.Line.IsEmpty))
            {
                continue;
            }

            if (RuleFields.TryRead(rule.Line, out var glance))
            {
                var prefix = "DNAT --to-destination "u8;
                if (!glance.Target.SequenceEqual("DNAT"u8))
                {
                    continue;
                }

                if (glance.TargetText.StartsWith(prefix)
                    && AddressBits.TryParseEndpoint(glance.TargetText[prefix.Length..], chain.Family, out var address, out int port)
                    && address != 0 && port != 0)
                {
                    return new ServiceEndpoint { Address = AddressBits.ToAddress(address, chain.Family), Port = port, Weight = weight, Chain = chain.Name };
                }
            }

            if (rule.Rule.Target is NatTarget { IsDestination: true, Addresses: { } addresses } nat && addresses.First == addresses.Last && Misprint.Find(nat) is null)
            {
                return new ServiceEndpoint
                {
                    Address = AddressPrefix.ToAddress(addresses.Family, addresses.First),
                    Port = nat.Ports is { } ports && ports.First == ports.Last ? ports.First : null,
                    Weight = weight,
                    Chain = chain.Name,
                };
            }
        }

        return null;
    }

    private string[] SourceRanges(NetfilterChain target, string hash)
    {
        bool isFirewall = target.Name.StartsWith(KubeProxyChain.FirewallPrefix, StringComparison.Ordinal);
        if (!isFirewall && !target.Name.StartsWith(KubeProxyChain.ExternalPrefix, StringComparison.Ordinal))
        {
            return [];
        }

        var chain = isFirewall ? target : _filter?.FindChain(KubeProxyChain.FirewallPrefix + hash);
        return chain is null
            ? []
            : [.. chain.GetRules().SelectMany(r => r.Conditions.OfType<AddressMatch>())
                .Where(m => m is { IsSource: true, Negated: false }).Select(m => m.Value.Prefix?.ToString() ?? "").Where(p => p.Length != 0).Distinct()];
    }

    private sealed record Endpoints(ServiceEndpoint[] List, TimeSpan? Affinity, bool IsLocalOnly, bool IsDropped, string? Unread)
    {
        public static Endpoints None { get; } = new([], null, false, false, null);
    }

    private sealed record RefusedAddress(IPAddress? Address, int Port, string Protocol);
}
