using K8sNetfilter.Addressing;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Rulesets.Parts;
using K8sNetfilter.Rulesets.Parts.Matches;
using K8sNetfilter.Services;

namespace K8sNetfilter.Diagnosis.Chains.KubeProxy;

/// <summary>Which calls to Services the rules mark for KUBE-POSTROUTING, in whichever chain the version of kube-proxy does it.</summary>
internal sealed class ServiceMasquerade
{
    private const string MarkChain = "KUBE-MARK-MASQ";
    private const int MostChains = 4;

    private readonly HashSet<string> _marked = new(StringComparer.Ordinal);
    private readonly List<AddressPrefix> _podNetworks = [];
    private readonly RulesetTable _nat;

    public ServiceMasquerade(RulesetTable nat)
    {
        _nat = nat;
        foreach (string name in (string[])["KUBE-SERVICES", "KUBE-NODEPORTS"])
        {
            foreach (var rule in nat.FindChain(name)?.Rules ?? default)
            {
                if (rule.JumpsTo?.Name == MarkChain && IsForOutside(rule.Rule.Conditions)
                    && ServiceRule.Read(rule, name == "KUBE-NODEPORTS") is { } head)
                {
                    _marked.Add(Key(head));
                }
            }
        }
    }

    /// <summary>The networks that are left out: kube-proxy takes them for the pods'.</summary>
    public IReadOnlyList<AddressPrefix> LeftoverNetworkCheck => _podNetworks;

    /// <summary>Whether a call of a client outside of the cluster is marked.</summary>
    public bool Marks(NodeService service) => _marked.Contains(Key(service))
        || (_nat.FindChain(service.Chain!) is { } chain && Marks(chain, service, 0));

    private static string Key(NodeService service) => $"{service.Address} {service.Port} {service.Protocol}";

    private bool Marks(NetfilterChain chain, NodeService service, int depth)
    {
        foreach (var rule in chain.Rules)
        {
            if (rule.JumpsTo is not { } next)
            {
                continue;
            }

            if (next.Name == MarkChain)
            {
                var matches = rule.Rule.Conditions;
                if (IsForService(matches, service) && IsForOutside(matches))
                {
                    return true;
                }
            }
            else if (next.Name.StartsWith(KubeProxyChain.EndpointPrefix, StringComparison.Ordinal))
            {
                return false;
            }
            else if (depth < MostChains && KubeProxyChain.HashOf(next.Name) is not null && Marks(next, service, depth + 1))
            {
                return true;
            }
        }

        return false;
    }

    // "-d 10.96.0.10/32 --dport 80" or "--dport 30080", where the chain has rules of several addresses.
    private static bool IsForService(RuleMatch[] matches, NodeService service) => matches.All(m => m switch
    {
        AddressMatch { IsSource: false } to => service.Address is { } address && to.IsMetBy(AddressBits.From(address)),
        TransportMatch { DestinationPorts: { } ports } => ports.First <= service.Port && service.Port <= ports.Last,
        _ => true,
    });

    // By everybody but the pods; "-s 127.0.0.0/8" and "--src-type LOCAL" are the node itself.
    private bool IsForOutside(RuleMatch[] matches)
    {
        foreach (var match in matches)
        {
            switch (match)
            {
                case AddressMatch { IsSource: true, Negated: false } or AddrtypeMatch { SourceTypes: not null,
                    SourceNegated: false } or InterfaceMatch { Negated: false }:
                    return false;
                case AddressMatch { IsSource: true, Value.Prefix: { } network } when !_podNetworks.Contains(network):
                    _podNetworks.Add(network);
                    break;
            }
        }

        return true;
    }
}
