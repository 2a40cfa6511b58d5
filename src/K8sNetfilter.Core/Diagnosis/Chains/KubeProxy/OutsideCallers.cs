using System.Globalization;
using K8sNetfilter.Addressing;
using K8sNetfilter.Diagnosis.Chains.Owners;
using K8sNetfilter.Diagnosis.Hairpin;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Services;
using K8sNetfilter.Text;

namespace K8sNetfilter.Diagnosis.Chains.KubeProxy;

/// <summary>
/// Who calls Services and comes back another way than the chains are for: clients outside of the cluster whose calls are not masqueraded,
/// so that an endpoint on another node answers them itself; pods that are masqueraded, since kube-proxy takes another network for theirs;
/// and calls that are dropped for want of a local endpoint where one is on this node. Where an endpoint is, only the node says.
/// </summary>
internal sealed class OutsideCallers(RulesetTable nat, IReadOnlyList<NodeService> services, NodePods? pods, CommandPlace at)
{
    private const int MostNamed = 3;
    private const string Configuration = "kubectl -n kube-system get configmap kube-proxy -o yaml";

    private readonly ServiceMasquerade _masquerade = new(nat);

    /// <summary>Adds what is found of the Services of each family and backend.</summary>
    public static void Tell(Ruleset ruleset, INode? node, List<NetfilterChainResult> results)
    {
        ForwardingModel? network = null;
        foreach (var nat in ruleset.Tables.Where(t => t.Name == "nat" && t.FindChain("KUBE-SERVICES") is not null))
        {
            network ??= node is null ? null : ForwardingModelReader.Read(node.Links, node.Sysctls, _ => { }, CancellationToken.None);
            var services = ServiceReader.Read(ruleset).Where(s => s.Family == nat.Family && s.Backend == nat.Backend).ToList();
            results.AddRange(new OutsideCallers(
                nat, services, network is null ? null : new NodePods(network, nat.Family), node?.Place ?? CommandPlace.Here).Results());
        }
    }

    private IEnumerable<NetfilterChainResult> Results()
    {
        var called = services.Where(s => s is { Chain: not null, IsLocalOnly: false, EndpointDetails.Length: > 0 }).ToList();
        foreach (var result in new[] { FromOutside(called), ToClusterAddresses(called), Masqueraded(), LocalIgnored() })
        {
            if (result is not null)
            {
                yield return result;
            }
        }
    }

    // Node ports and addresses for clients outside: each has a rule that marks the call.
    private NetfilterChainResult? FromOutside(List<NodeService> called) =>
        Bypassed(called.Where(s => s.Type != NodeServiceType.ClusterIP && !_masquerade.Marks(s)).ToList(), isMeant: false,
            s => s.Address is null
            ? RuleEdit.First("KUBE-NODEPORTS", $"-p {s.Protocol} -m {s.Protocol} --dport {s.Port} -j KUBE-MARK-MASQ")
            : RuleEdit.First("KUBE-SERVICES", $"-d {s.IP} -p {s.Protocol} -m {s.Protocol} --dport {s.Port} -j KUBE-MARK-MASQ"));

    // Cluster addresses: no rule of any Service marks them where kube-proxy was not told which addresses are pods.
    private NetfilterChainResult? ToClusterAddresses(List<NodeService> called)
    {
        var all = called.Where(s => s.Type == NodeServiceType.ClusterIP).ToList();
        var unmarked = all.Where(s => !_masquerade.Marks(s)).ToList();
        string? network = _masquerade.LeftoverNetworkCheck.Select(n => n.ToString()).FirstOrDefault();
        return Bypassed(unmarked, isMeant: unmarked.Count == all.Count,
            s => network is null ? null : RuleEdit.First(
                "KUBE-SERVICES", $"! -s {network} -d {s.IP} -p {s.Protocol} -m {s.Protocol} --dport {s.Port} -j KUBE-MARK-MASQ"));
    }

    private NetfilterChainResult? Bypassed(List<NodeService> unmarked, bool isMeant, Func<NodeService, RuleEdit?> mark)
    {
        var elsewhere = unmarked.Where(s => s.EndpointDetails.Any(e => KindOf(e) is PodKind.Elsewhere)).ToList();
        var open = elsewhere.Count > 0 ? [] : unmarked.Where(s => s.EndpointDetails.Any(e => KindOf(e) is PodKind.Unknown)).ToList();
        var found = elsewhere.Count > 0 ? elsewhere : open;
        if (found.Count == 0)
        {
            return null;
        }

        string where = elsewhere.Count > 0 ? KubeProxyMessages.IsNotOnThisNode(elsewhere[0].EndpointDetails.First(e => KindOf(e) is PodKind.Elsewhere))
            : KubeProxyMessages.AnswerOfEndpointOnAnother;
        string why = isMeant ? KubeProxyMessages.NoRuleMasqueradesCallsOf(where)
            : KubeProxyMessages.WaysNotMasqueraded(Counted.Of(found.Count, "way"), found.Count == 1 ? "is" : "are", Names(found), where);
        RuleEdit[] edits = isMeant || found.Count > MostNamed ? [] : [.. found.Select(mark).OfType<RuleEdit>()];
        bool isSure = elsewhere.Count > 0 && !isMeant;
        return Result(isSure ? ChainVerdict.Broken : ChainVerdict.Unknown, ChainCause.AnswerBypasses, "outside clients", why, found,
            !isSure ? null : edits.Length > 0 ? new TableSet(nat.Backend, nat.Family, [nat], true) { At = at }.Line("nat", edits)
            : at.Cluster(KubeProxyChains.Chains.Restart)) with
        {
            Edits = isSure ? edits : [],
        };
    }

    private NetfilterChainResult? Masqueraded()
    {
        if (_masquerade.LeftoverNetworkCheck.Count == 0)
        {
            return null;
        }

        var service = services.FirstOrDefault(s => s.EndpointDetails.Any(IsLost));
        return service is null ? null : Result(ChainVerdict.Stale, ChainCause.ClientAddressLost, "outside clients",
            KubeProxyMessages.KubeProxyTakesForPods(string.Join(" and ", _masquerade.LeftoverNetworkCheck), service.EndpointDetails.First(IsLost).Address, Printable.Text(service.ToString())),
            [service], KubeProxyMessages.ClusterCidrCommand(Configuration));

        bool IsLost(ServiceEndpoint e) =>
            pods?.Find(AddressBits.From(e.Address)) is { Kind: PodKind.Bridged or PodKind.Routed, Link: not null }
            && _masquerade.LeftoverNetworkCheck.All(n => !n.Contains(e.Address));
    }

    private NetfilterChainResult? LocalIgnored()
    {
        if (pods is null)
        {
            return null;
        }

        var all = services.Where(s => s is { Type: NodeServiceType.ClusterIP, Name: not null, EndpointDetails.Length: > 0 })
            .GroupBy(s => s.FullName + s.Protocol).ToDictionary(g => g.Key, g => g.First().EndpointDetails, StringComparer.Ordinal);
        var ignored = services.Where(s => s is { IsLocalOnly: true, Refusal: "DROP", Name: not null })
            .Select(s => (Service: s, Local: all.GetValueOrDefault(s.FullName + s.Protocol)?.FirstOrDefault(IsHere)))
            .Where(s => s.Local is not null).ToList();
        return ignored.Count == 0 ? null : Result(ChainVerdict.Broken, ChainCause.LocalEndpointIgnored, "local endpoints",
            KubeProxyMessages.CallsFromOutsideToAre(Names([.. ignored.Select(i => i.Service)]), ignored[0].Local),
            [.. ignored.Select(i => i.Service)],
                KubeProxyMessages.HostnameCommand(Configuration));

        bool IsHere(ServiceEndpoint e) =>
            pods.Find(AddressBits.From(e.Address)) is { Kind: PodKind.Node } or { Kind: PodKind.Bridged or PodKind.Routed, Link: not null };
    }

    private PodKind KindOf(ServiceEndpoint endpoint) => pods?.Find(AddressBits.From(endpoint.Address)).Kind ?? PodKind.Unknown;

    private NetfilterChainResult Result(
        ChainVerdict verdict, ChainCause cause, string group, string evidence, IReadOnlyList<NodeService> found, string? remedy) => new()
    {
        Owner = ChainOwner.KubeProxy,
        Backend = nat.Backend,
        Family = nat.Family,
        Table = "nat",
        Group = group,
        Chains = [.. found.Select(s => s.Chain).OfType<string>().Distinct().Take(10)],
        ChainCount = found.Select(s => s.Chain).OfType<string>().Distinct().Count(),
        Verdict = verdict,
        Cause = cause,
        Evidence = evidence,
        Remedy = remedy,
        RepairsItself = verdict == ChainVerdict.Unknown ? null : cause == ChainCause.AnswerBypasses,
        Repair = verdict == ChainVerdict.Unknown ? null : cause == ChainCause.AnswerBypasses ? KubeProxyChains.Chains.Repair
        : KubeProxyMessages.KubeProxyWritesRulesThat,
    };

    private static string Names(List<NodeService> services) =>
        string.Join(", ", services.Take(MostNamed)
            .Select(s => string.Create(CultureInfo.InvariantCulture,
            $"{Printable.Text(s.ToString())} ({s.Type} {(s.Address is null ? "" : s.Address + ":")}{s.Port})")))
        + (services.Count > MostNamed ? ", ..." : "");
}
