using System.Globalization;
using K8sNetfilter.Addressing;
using K8sNetfilter.Forwarding;

namespace K8sNetfilter.Simulation.Branches;

/// <summary>
/// The packet of a branch, as a socket buffer has it: its header, its mark, the interfaces that it is at, and the route that it has.
/// -1 stands for a number that is not known, null for an interface that is not, "" for none.
/// </summary>
internal struct WalkPacket
{
    public WalkPacket()
    {
    }

    public IPFamily Family = IPFamily.IPv4;
    public bool SourceKnown = true;
    public Bits128 Source;
    public Bits128 Destination;
    public byte Protocol;
    public int SourcePort = -1;
    public int DestinationPort = -1;
    public int IcmpType = -1;
    public int IcmpCode = -1;
    public int TcpFlags = -1;
    public int Length = -1;

    /// <summary>
    /// The most bytes that a fragment of it has, where it is in fragments on the links (hooks see it whole); 0 where it is in one piece.
    /// </summary>
    public int Fragments;
    public int Ttl = -1;
    public int Tos = -1;
    public uint Mark;
    public uint MarkKnown = uint.MaxValue;

    public string? In = "";
    public string? Out = "";
    public string? PhysicalIn = "";
    public string? PhysicalOut = "";

    /// <summary>
    /// Bridge netfilter handed the packet to the IP hooks (skb->nf_bridge), so that <c>-m physdev</c> has something to look at.
    /// </summary>
    public bool HasBridgeInfo;

    /// <summary>The packet was made on this node (it still has its socket).</summary>
    public bool Local;

    /// <summary>
    /// The interface that the route chose; differs from <see cref="Out"/> while the OUTPUT hook still shows the first route's.
    /// </summary>
    public string? RouteDevice;
    public Bits128 NextHop;

    /// <summary>It was made on this node and came back in through lo; <see cref="RouteKept"/> where it also still has its route.</summary>
    public bool Looped;
    public bool RouteKept;

    public bool HasPorts => Protocol is 6 or 17 or 132 or 33 or 136;

    /// <summary>What a route lookup sees of the packet.</summary>
    /// <param name="input">The interface that it comes in by; empty for a packet that is made here, null if not known.</param>
    public FibQuery Query(string? input) => new()
    {
        Family = Family, Destination = Destination, Source = Source, SourceKnown = SourceKnown, Mark = Mark, MarkKnown = MarkKnown,
        Input = input, HasSocket = input is null or { Length: 0 },
        Protocol = Protocol, HasPorts = HasPorts, SourcePort = HasPorts ? SourcePort : 0, DestinationPort = HasPorts ? DestinationPort : 0,
        Tos = Tos, Looped = Looped,
    };

    public WalkTuple Tuple => new(SourceKnown, Source, Destination, SourcePort, DestinationPort);

    /// <summary>
    /// Why its source keeps it on its link: one that means nothing on another (ip6_forward, net/ipv6/ip6_output.c). Null where nothing
    /// does.
    /// </summary>
    public (string Reason, bool IsTold)? NotOnward =>
        !SourceKnown ? null
        : Source <= Bits128.One || Source >> 120 == 0xff ? (BranchMessages.ItsSourceIsNoHosts, false)
        : Source >> 118 == 0x3fa ? (BranchMessages.ItsSourceIsLinkLocal, true)
        : null;

    public void SetMark(uint value, uint mask)
    {
        Mark = (Mark & ~mask) ^ value;
        MarkKnown |= mask;
    }

    /// <summary>An address, with its port where the protocol has ports.</summary>
    public string Endpoint(Bits128 address, int port)
    {
        string text = AddressBits.ToAddress(address, Family).ToString();
        return !HasPorts ? text : (Family == IPFamily.IPv6 ? $"[{text}]:" : text + ":")
            + (port < 0 ? "?" : port.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>True where nothing that a later step looks at differs.</summary>
    public readonly bool SameAs(in WalkPacket other) =>
        Destination == other.Destination && Source == other.Source && SourceKnown == other.SourceKnown && Family == other.Family
        && Mark == other.Mark && MarkKnown == other.MarkKnown && SourcePort == other.SourcePort && DestinationPort == other.DestinationPort
        && Protocol == other.Protocol && IcmpType == other.IcmpType && IcmpCode == other.IcmpCode && TcpFlags == other.TcpFlags
        && Length == other.Length && Fragments == other.Fragments && Ttl == other.Ttl && Tos == other.Tos
        && In == other.In && Out == other.Out && PhysicalIn == other.PhysicalIn && PhysicalOut == other.PhysicalOut
        && HasBridgeInfo == other.HasBridgeInfo && Local == other.Local && RouteDevice == other.RouteDevice && NextHop == other.NextHop
        && Looped == other.Looped && RouteKept == other.RouteKept;
}
