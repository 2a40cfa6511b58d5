using K8sNetfilter.Links;

namespace K8sNetfilter.Packets;

/// <summary>What a node knows of the link layer: neighbours, forwarding databases, and the other ends of veth pairs.</summary>
internal sealed class NodeLayer2
{
    private readonly Dictionary<string, BitsMap<Neighbor>>[] _neighbors = [new(StringComparer.Ordinal), new(StringComparer.Ordinal)];
    private readonly Dictionary<string, Dictionary<string, ForwardingEntry>> _forwarding = new(StringComparer.Ordinal);
    private readonly Dictionary<int, string> _names = [];
    private readonly BitsMap<string>[] _alone = [new(), new()];
    private readonly Dictionary<string, LinkPeer> _peers = new(StringComparer.Ordinal);

    /// <summary>The neighbours are known; else an address without an entry may have one.</summary>
    public bool KnowsNeighbors { get; set; }

    /// <summary>The forwarding databases are known.</summary>
    public bool KnowsForwarding { get; set; }

    public void Add(string device, bool v6, Bits128 address, Neighbor neighbor)
    {
        var of = _neighbors[v6 ? 1 : 0];
        if (!of.TryGetValue(device, out var list))
        {
            of[device] = list = new();
        }

        list.Set(address, neighbor);
    }

    /// <summary>Adds an entry of a bridge's own database. One per VLAN counts once.</summary>
    public void Add(string bridge, string port, ForwardingEntry entry)
    {
        _names[entry.LinkIndex] = port;
        if (!_forwarding.TryGetValue(bridge, out var entries))
        {
            _forwarding[bridge] = entries = new(StringComparer.OrdinalIgnoreCase);
        }

        if (!entries.TryGetValue(entry.MacAddress, out var known) || (known.VlanId is not null && entry.VlanId is null))
        {
            entries[entry.MacAddress] = entry;
        }
    }

    /// <summary>Adds the other end of a veth pair.</summary>
    /// <param name="device">This end.</param>
    /// <param name="peer">The other.</param>
    /// <param name="isAlone">This end is no port of a bridge or the like, so that its pod has a route of its own.</param>
    public void Add(string device, LinkPeer peer, bool isAlone)
    {
        _peers[device] = peer;
        foreach (var own in isAlone ? peer.Addresses ?? [] : [])
        {
            if (own.Scope == 0)
            {
                _alone[own.V6 ? 1 : 0].Set(own.Address, device);
            }
        }
    }

    /// <summary>The veth whose other end has an address; null where none has, or it is a bridge's port.</summary>
    public string? DeviceOf(bool v6, Bits128 address) => _alone[v6 ? 1 : 0].Find(address);

    /// <summary>The entry for an address on a link; null if there is none.</summary>
    public Neighbor? NeighborOf(string device, bool v6, Bits128 address) => _neighbors[v6 ? 1 : 0].GetValueOrDefault(device)?.Find(address);

    /// <summary>Where a bridge sends a frame for a link layer address; null where it sends it out of all ports.</summary>
    public ForwardingEntry? EntryOf(string bridge, string mac) => _forwarding.GetValueOrDefault(bridge)?.GetValueOrDefault(mac);

    /// <summary>The name of the port that an entry is for.</summary>
    public string PortOf(ForwardingEntry entry) => _names[entry.LinkIndex];

    /// <summary>The other end of a veth pair, in another namespace; null where it is not known.</summary>
    public LinkPeer? PeerOf(string device) => _peers.GetValueOrDefault(device);
}
