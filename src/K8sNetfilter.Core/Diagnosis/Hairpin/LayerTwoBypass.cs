using K8sNetfilter.Addressing;
using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.Services;
using K8sNetfilter.Simulation;
using K8sNetfilter.Text;

namespace K8sNetfilter.Diagnosis.Hairpin;

/// <summary>
/// Services that IPVS or nftables translate, called by a pod behind the same bridge as an endpoint: with bridge netfilter off, the bridge
/// forwards the answer past the node, whatever translated the call. Only masquerading leads the answer back, and where that can't be ruled
/// out nothing is said.
/// </summary>
internal sealed class LayerTwoBypass(HairpinFacts node, Func<IPFamily, NftMasquerade?> readTable, CancellationToken cancellation)
{
    // The set has an endpoint's own calls to itself alone (kubernetes/pkg/proxy/ipvs/ipset.go, KUBE-LOOP-BACK).
    private static readonly string[] Sets = ["!KUBE-LOOP-BACK", "!KUBE-6-LOOP-BACK"];

    private readonly PacketWalk _walk = new(node.Rules, node.Network, others: node.Others);
    private readonly Dictionary<IPFamily, NftMasquerade?> _tables = [];
    private readonly Dictionary<(Bits128 Source, Bits128 Endpoint), bool> _leaves = [];

    /// <summary>The endpoints of a Service that are certain not to be reached, each with a pod that calls.</summary>
    public IEnumerable<ServiceHairpinResult> Find(NodeService service)
    {
        var pods = node.Ground(service.Family).Pods;
        foreach (var endpoint in service.IsDirect || service.Type == NodeServiceType.NodePort ? [] : service.EndpointDetails)
        {
            var pod = pods.Find(AddressBits.From(endpoint.Address));
            if (pod is not { Kind: PodKind.Bridged, Bridge: { } bridge } || node.Network.CallsIpHooks(bridge, service.Family) != false)
            {
                continue;
            }

            var source = pods.Grounds.SelectMany(g => g).FirstOrDefault(p => p.Bridge == bridge && p.Address != pod.Address);
            if (source is not null && !MayMasquerade(service, source, pod))
            {
                yield return ServiceCheck.Result(
                    node.Place, new(service, source, endpoint.ToString(), bridge), Finding(service, endpoint, bridge));
            }
        }
    }

    private CallVerdict Finding(NodeService service, ServiceEndpoint endpoint, string bridge)
    {
        string key = $"net.bridge.bridge-nf-call-{(service.Family == IPFamily.IPv6 ? "ip6tables" : "iptables")}";
        var set = CallRemedies.BridgeNetfilter(service.Family, node.HasBridgeNetfilter);
        string who = service.ProxyMode == KubeProxyMode.Ipvs ? "IPVS" : HairpinMessages.NftablesRulesThatTranslatedCall;
        string what = HairpinMessages.AnswerArrivesAsOneFrom(endpoint, new System.Net.IPEndPoint(service.Address!, service.Port));
        return (node.HasBridgeNetfilter == false
            ? new CallVerdict(ServiceVerdict.Broken, ServiceHairpinCause.ModuleMissing,
                HairpinMessages.ForwardsAnswerAtLayer2Past(Printable.Text(bridge), who, what), set)
            : new CallVerdict(ServiceVerdict.Broken, ServiceHairpinCause.BridgeNetfilterOff,
                HairpinMessages.ForwardsAnswerAtLayer2PastSince(Printable.Text(bridge), who, key, what), set)) with
        {
            Granted = node.Others.Missing is { } missing
            ? [HairpinMessages.NoChainTranslatesOrMarks(missing)] : [],
        };
    }

    private bool MayMasquerade(NodeService service, Pod source, Pod endpoint)
    {
        if (service.ProxyMode == KubeProxyMode.Nftables)
        {
            if (!_tables.TryGetValue(service.Family, out var table))
            {
                _tables[service.Family] = table = readTable(service.Family);
            }

            if (table?.May(service, source.IP, endpoint.IP) != false)
            {
                return true;
            }
        }

        // The rules may mark the call as it comes in, and act on that as it leaves: here from the node to the bridge.
        var call = new Packet { Source = source.IP, Destination = service.Address!, Protocol = service.Protocol,
            DestinationPort = service.Port, InInterface = source.Link };
        if (Ends(call).Any(e => MayChange(e.Request ?? e)))
        {
            return true;
        }

        if (!_leaves.TryGetValue((source.Address, endpoint.Address), out bool leaves))
        {
            var sent = new Packet { Source = source.IP, Destination = endpoint.IP, Protocol = service.Protocol,
                DestinationPort = service.EndpointDetails[0].Port ?? service.Port, InInterface = "" };
            _leaves[(source.Address, endpoint.Address)] = leaves = Ends(sent).Any(e => e.Fate == PacketFate.Unknown || IsTranslated(e));
        }

        return leaves;
    }

    private bool MayChange(WalkEnd sent) => sent.MarkKnown != uint.MaxValue || sent.Mark != 0 || IsTranslated(sent);

    private bool IsTranslated(WalkEnd sent) => sent.HasSourceNat || sent.SourceNatBy is not null || node.Others.MayMend(sent.Others);

    private WalkEnd[] Ends(Packet packet) =>
        _walk.Ends(packet, new WalkOptions { Reply = false, MatchSets = Sets, MaxBranches = 256 }, cancellation);
}
