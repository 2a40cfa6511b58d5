using System.Net;

namespace K8sNetfilter.Links;

/// <summary>An entry of a bridge's or tunnel's forwarding database: behind which port an address is, bridge(8).</summary>
public sealed record ForwardingEntry
{
    /// <summary>The link layer's address.</summary>
    public required string MacAddress { get; init; }

    /// <summary>The number of the port that it is behind (or of the interface itself).</summary>
    public required int LinkIndex { get; init; }

    /// <summary>The number of the bridge that knows it; null where the interface keeps the entry itself (<c>self</c>).</summary>
    public int? BridgeIndex { get; init; }

    /// <summary>The VLAN; null where VLANs are not told apart.</summary>
    public int? VlanId { get; init; }

    /// <summary>
    /// What is known of it: <see cref="NeighborState.Permanent"/> for the bridge's own addresses, <see cref="NeighborState.NoArp"/> for
    /// static entries.
    /// </summary>
    public NeighborState State { get; init; }

    /// <summary>True for an address of the node's own (BR_FDB_LOCAL), which a bridge does not forward.</summary>
    public bool IsLocal => BridgeIndex is not null && (State & NeighborState.Permanent) != 0;

    /// <summary>The address of the tunnel's other end, for a VXLAN; null elsewhere.</summary>
    public IPAddress? RemoteAddress { get; init; }

    /// <summary>True where the interface keeps the entry itself (NTF_SELF).</summary>
    public bool IsSelf { get; init; }

    /// <summary>True where something other than the bridge learnt it (NTF_EXT_LEARNED).</summary>
    public bool IsExternallyLearned { get; init; }

    /// <summary>True where it stays behind its port whatever traffic says (NTF_STICKY).</summary>
    public bool IsSticky { get; init; }
}
