using K8sNetfilter.Addressing;
using K8sNetfilter.Collections;
using K8sNetfilter.Forwarding;

namespace K8sNetfilter.Diagnosis.Hairpin;

/// <summary>The pods of a node, of one family: behind its bridges, and on links of their own.</summary>
internal sealed class NodePods
{
    private readonly IPFamily _family;
    private readonly ForwardingModel _network;
    private readonly Bits128Map<Pod> _known = new();

    public NodePods(ForwardingModel network, IPFamily family)
    {
        _network = network;
        _family = family;
        var grounds = new List<List<Pod>>();
        foreach (var bridge in network.Stations)
        {
            var pods = bridge.Where(s => (s.Address >> 32 != 0) == (family == IPFamily.IPv6) && IsPodLink(s.Port))
                .Select(s => new Pod(PodKind.Bridged, s.Address, family, s.Bridge, s.Port)).ToList();
            if (pods.Count > 0)
            {
                grounds.Add(pods);
            }
        }

        var routed = network.HostRoutes(family).Where(r => IsPodLink(r.Device) && network.Find(r.Device)?.Bridge is null)
            .Select(r => new Pod(PodKind.Routed, r.Destination, family, null, r.Device)).ToList();
        if (routed.Count > 0)
        {
            grounds.Add(routed);
        }

        foreach (var pod in grounds.SelectMany(g => g))
        {
            if (_known.Find(pod.Address) is null)
            {
                _known.Set(pod.Address, pod);
            }
        }

        Grounds = grounds;
    }

    /// <summary>The pods by what connects them: one list for each bridge, and one for those that are routed to.</summary>
    public IReadOnlyList<IReadOnlyList<Pod>> Grounds { get; }

    /// <summary>Where an address is.</summary>
    public Pod Find(Bits128 address)
    {
        if (_known.Find(address) is { } pod)
        {
            return pod;
        }

        var route = _network.Route(FibQuery.To(_family, address));
        return route.Kind switch
        {
            FibResultKind.Unknown => new Pod(PodKind.Unknown, address, _family, null, null),
            FibResultKind.Local => new Pod(PodKind.Node, address, _family, null, null),
            FibResultKind.Unicast when route.Gateway is null && _network.Find(route.Device) is { IsBridge: true } bridge
            && !HasUplink(bridge.Name) =>
                new Pod(PodKind.Bridged, address, _family, bridge.Name, null),
            _ => new Pod(PodKind.Elsewhere, address, _family, null, null),
        };
    }

    // The other end of a veth pair or of a tap is on this node; what is behind a device or a tunnel is not.
    private bool IsPodLink(string? name) => _network.Find(name) is { Kind: "veth" or "tun" };

    // A bridge with the node's own uplink in it, as hypervisors have it, reaches other machines too.
    private bool HasUplink(string bridge) => _network.Interfaces.Any(i => i.Bridge == bridge && i.Kind is not ("veth" or "tun"));
}
