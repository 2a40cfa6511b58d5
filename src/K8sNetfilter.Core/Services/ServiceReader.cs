using System.Buffers.Text;
using System.Net;
using K8sNetfilter.Packets;
using K8sNetfilter.Rulesets;

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
                }
            }
        }

        return hashes;
    }

    private IEnumerable<NodeService> Services()
    {
        foreach (string chain in (string[])["KUBE-SERVICES", "KUBE-NODEPORTS"])
        {
            foreach (var rule in _nat.FindChain(chain)?.Rules ?? default)
            {
                if (rule.JumpsTo is { } target && KubeProxyChain.HashOf(target.Name) is { } hash
                    && Head(rule, chain == "KUBE-NODEPORTS") is { } head)
                {
                    yield return Service(head, target, hash);
                }
            }
        }

        // A Service without endpoints has no chain; the filter table refuses it.
        foreach (string chain in (string[])["KUBE-SERVICES", "KUBE-EXTERNAL-SERVICES", "KUBE-NODEPORTS"])
        {
            foreach (var rule in _filter?.FindChain(chain)?.Rules ?? default)
            {
                if (rule.Rule.Target is { } target && (target is RejectTarget || target.Kind == RuleTargetKind.Drop)
                    && Head(rule, chain == "KUBE-NODEPORTS" || IsNodePort(rule.Rule)) is { } head)
                {
                    yield return head.Service with { Refusal = target.Name };
                }
            }
        }
    }

    // -p tcp -m addrtype --dst-type LOCAL -m tcp --dport 30080 -j REJECT
    private static bool IsNodePort(NetfilterRule rule) => rule.Chain == "KUBE-EXTERNAL-SERVICES"
        && rule.Matches.Any(m => m is AddrtypeMatch { DestinationTypes: not null }) && !rule.Matches.Any(m => m is AddressMatch { IsSource: false });

    private NodeService Service((NodeService Service, string? Comment) head, NetfilterChain target, string hash)
    {
        var name = _namesByHash.GetValueOrDefault(hash);
        var found = Leads(target, 0);
        return head.Service with
        {
            Namespace = head.Service.Namespace ?? name?.Namespace,
            Name = head.Service.Name ?? name?.Name,
            PortName = head.Service.Name is null ? name?.PortName : head.Service.PortName,
            Chain = target.Name,
            Endpoints = found.List,
            Affinity = found.Affinity,
            IsLocalOnly = found.IsLocalOnly,
            Unread = found.Unread ?? (found.List.Length == 0 ? _nat.Fault : null),
            SourceRanges = SourceRanges(target, hash),
        };
    }

    /// <summary>What a Service's rule matches on: address, protocol, port and name. Null where it is no such rule.</summary>
    private (NodeService Service, string? Comment)? Head(KeptRule rule, bool isNodePort)
    {
        if (TryGlance(rule, isNodePort) is { } seen)
        {
            return seen;
        }

        IPAddress? address = null;
        byte? protocol = null;
        int? port = null;
        string? comment = null;
        foreach (var match in rule.Rule.Matches)
        {
            switch (match)
            {
                case AddressMatch { IsSource: false, Negated: false, Value.Prefix: { IsSingle: true } prefix }:
                    address = prefix.Address;
                    break;
                case AddressMatch { IsSource: false }:
                    return null;
                case ProtocolMatch { Negated: false } of:
                    protocol = of.Protocol;
                    break;
                case TransportMatch { DestinationPorts: { } ports, DestinationNegated: false } when ports.First == ports.Last:
                    port = ports.First;
                    break;
                case CommentMatch text:
                    comment = text.Comment;
                    break;
                default:
                    break;
            }
        }

        if (protocol is null || port is null || (address is null) != isNodePort)
        {
            return null;
        }

        return Head(isNodePort, address, protocol.Value, port.Value, comment);
    }

    // The same from the line itself, where it is one that kube-proxy writes.
    private (NodeService Service, string? Comment)? TryGlance(KeptRule rule, bool isNodePort)
    {
        bool v6 = _nat.Family == IPFamily.IPv6;
        IPAddress? address = null;
        if (!RuleGlance.TryRead(rule.Line, out var glance) || glance.DestinationNegated || glance.ProtocolNegated || glance.Comment.Contains((byte)'\\')
            || glance.Destination.IsEmpty != isNodePort || !IPProtocolName.TryParse(RulesetText.Decode(glance.Protocol), out byte protocol)
            || !TryDestinationPort(glance, out int port))
        {
            return null;
        }

        if (!isNodePort)
        {
            if (!AddressBits.TryParsePrefix(glance.Destination, v6, out var bits, out var mask) || mask != AddressBits.Mask(128, v6))
            {
                return null;
            }

            address = AddressBits.ToAddress(bits, v6);
        }

        return Head(isNodePort, address, protocol, port, glance.Comment.IsEmpty ? null : RulesetText.Decode(glance.Comment));
    }

    // "-m tcp --dport 80" and nothing else.
    private static bool TryDestinationPort(in RuleGlance glance, out int port)
    {
        port = 0;
        var rest = glance.Rest;
        if (!rest.StartsWith("-m "u8) || !rest[3..].StartsWith(glance.Protocol))
        {
            return false;
        }

        rest = rest[(3 + glance.Protocol.Length)..];
        return rest.StartsWith(" --dport "u8) && Utf8Parser.TryParse(rest[9..], out port, out int used) && used == rest.Length - 9 && port is > 0 and <= 65535;
    }

    private (NodeService Service, string? Comment) Head(bool isNodePort, IPAddress? address, byte protocol, int port, string? comment)
    {
        var name = ServiceName.Parse(comment);
        return (new NodeService
        {
            Namespace = name?.Namespace,
            Name = name?.Name,
            PortName = name?.PortName,
            Type = isNodePort ? NodeServiceType.NodePort
                : comment is null ? NodeServiceType.ClusterIP
                : comment.EndsWith(" external IP", StringComparison.Ordinal) ? NodeServiceType.ExternalIP
                : comment.EndsWith(" loadbalancer IP", StringComparison.Ordinal) ? NodeServiceType.LoadBalancer
                : NodeServiceType.ClusterIP,
            IP = address,
            Port = port,
            Protocol = IPProtocolName.Of(protocol),
            ProxyMode = KubeProxyMode.Iptables,
            Family = _nat.Family,
            Backend = _nat.Backend,
        }, comment);
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
        bool isLocalOnly = chain.Name.StartsWith(KubeProxyChain.LocalPrefix, StringComparison.Ordinal);
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

                if (rule.Rule.Matches.OfType<RecentMatch>().FirstOrDefault() is { Action: RecentAction.Check or RecentAction.Update } recent)
                {
                    // The client's last endpoint comes first; the same endpoints follow with their weights.
                    affinity = recent.Seconds is { } seconds ? TimeSpan.FromSeconds(seconds) : TimeSpan.MaxValue;
                    continue;
                }

                var statistic = rule.Rule.Matches.OfType<StatisticMatch>().FirstOrDefault();
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
            }
        }

        var found = new Endpoints([.. list], affinity, isLocalOnly, unread);
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
    private static bool TryShare(KeptRule rule, out double? share)
    {
        share = null;
        if (!RuleGlance.TryRead(rule.Line, out var glance))
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
    private static bool IsForEveryone(KeptRule rule) =>
        (RuleGlance.TryRead(rule.Line, out var glance) && glance.Source.IsEmpty && glance.Rest.IsEmpty)
        || rule.InChain.Name.StartsWith(KubeProxyChain.FirewallPrefix, StringComparison.Ordinal)
        || !rule.Rule.Matches.Any(m => m is AddrtypeMatch or AddressMatch { IsSource: true });

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

            if (RuleGlance.TryRead(rule.Line, out var glance))
            {
                var prefix = "DNAT --to-destination "u8;
                if (!glance.Target.SequenceEqual("DNAT"u8))
                {
                    continue;
                }

                if (glance.TargetText.StartsWith(prefix)
                    && AddressBits.TryParseEndpoint(glance.TargetText[prefix.Length..], chain.Family == IPFamily.IPv6, out var address, out int port)
                    && address != 0 && port != 0)
                {
                    return new ServiceEndpoint { IP = AddressBits.ToAddress(address, chain.Family == IPFamily.IPv6), Port = port, Weight = weight, Chain = chain.Name };
                }
            }

            if (rule.Rule.Target is NatTarget { IsDestination: true, Addresses: { } addresses } nat && addresses.First == addresses.Last && Misprint.Find(nat) is null)
            {
                return new ServiceEndpoint
                {
                    IP = AddressPrefix.ToAddress(addresses.Family, addresses.First),
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
            : [.. chain.GetRules().SelectMany(r => r.Matches.OfType<AddressMatch>())
                .Where(m => m is { IsSource: true, Negated: false }).Select(m => m.Value.Prefix?.ToString() ?? "").Where(p => p.Length != 0).Distinct()];
    }

    private sealed record Endpoints(ServiceEndpoint[] List, TimeSpan? Affinity, bool IsLocalOnly, string? Unread)
    {
        public static Endpoints None { get; } = new([], null, false, null);
    }
}
