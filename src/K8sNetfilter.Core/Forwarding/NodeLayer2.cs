using K8sNetfilter.Addressing;
using K8sNetfilter.Collections;
using K8sNetfilter.Links;

namespace K8sNetfilter.Forwarding;

/// <summary>What a node knows of the link layer: neighbours, forwarding databases, and the other ends of veth pairs.</summary>
internal sealed class NodeLayer2
{
    private readonly Dictionary<string, Bits128Map<Neighbor>>[] _neighbors = [new(StringComparer.Ordinal), new(StringComparer.Ordinal)];
    private readonly Dictionary<string, Dictionary<string, ForwardingEntry>> _forwarding = new(StringComparer.Ordinal);
    private readonly Dictionary<int, string> _names = [];
    private readonly Bits128Map<string>[] _alone = [new(), new()];
    private readonly Dictionary<string, LinkPeer> _peers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _first = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _twins = new(StringComparer.Ordinal);

    /// <summary>The neighbours are known; else an address without an entry may have one.</summary>
    public bool KnowsNeighbors { get; set; }

    /// <summary>The forwarding databases are known.</summary>
    public bool KnowsForwarding { get; set; }

    public void Add(string device, IPFamily family, Bits128 address, Neighbor neighbor)
    {
        var of = _neighbors[family.Index];
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
    /// <param name="master">
    /// The number of the bridge or the like that this end is a port of; null for a pod that has a route of its own.
    /// </param>
    public void Add(string device, LinkPeer peer, int? master)
    {
        _peers[device] = peer;
        foreach (var own in peer.Addresses ?? [])
        {
            if (own.Scope == 0 && master is null)
            {
                _alone[own.Family.Index].Set(own.Address, device);
            }
            else if (own.Scope == 0 && master is { } number)
            {
                Note((number, own.Family, own.Address).ToString(), device);
            }
        }

        if (peer.Mac is not null && master is { } bridge)
        {
            Note((bridge, peer.Mac.ToUpperInvariant()).ToString(), device);
        }
    }

    // What two ports of one bridge both have.
    private void Note(string what, string device)
    {
        if (!_first.TryAdd(what, device) && _first[what] != device)
        {
            _twins[device] = _first[what];
            _twins[_first[what]] = device;
        }
    }

    /// <summary>
    /// Another port of the same bridge that has the same address, or the same link layer address, behind it; null if there is none.
    /// </summary>
    public string? TwinOf(string device, IPFamily family, Bits128 address) =>
        _twins.Count > 0 && _twins.TryGetValue(device, out string? other)
        && (!_peers.TryGetValue(other, out var twin) || twin.Has(family, address)
            || string.Equals(twin.Mac, _peers[device].Mac, StringComparison.OrdinalIgnoreCase)) ? other : null;

    /// <summary>The veth whose other end has an address; null where none has, or it is a bridge's port.</summary>
    public string? DeviceOf(IPFamily family, Bits128 address) => _alone[family.Index].Find(address);

    /// <summary>The entry for an address on a link; null if there is none.</summary>
    public Neighbor? NeighborOf(string device, IPFamily family, Bits128 address) =>
        _neighbors[family.Index].GetValueOrDefault(device)?.Find(address);

    /// <summary>Where a bridge sends a frame for a link layer address; null where it sends it out of all ports.</summary>
    public ForwardingEntry? EntryOf(string bridge, string mac) => _forwarding.GetValueOrDefault(bridge)?.GetValueOrDefault(mac);

    /// <summary>The name of the port that an entry is for.</summary>
    public string PortOf(ForwardingEntry entry) => _names[entry.LinkIndex];

    /// <summary>The other end of a veth pair, in another namespace; null where it is not known.</summary>
    public LinkPeer? PeerOf(string device) => _peers.GetValueOrDefault(device);
}
