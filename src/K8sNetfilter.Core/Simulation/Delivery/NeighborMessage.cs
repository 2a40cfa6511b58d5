using K8sNetfilter.Addressing;
using K8sNetfilter.Simulation.Branches;

namespace K8sNetfilter.Simulation.Delivery;

/// <summary>One message of IPv6 neighbour discovery, and the way that it takes through the node's hooks.</summary>
/// <param name="IsAnswer">It is an advertisement; else a solicitation to the group of those with <paramref name="Target"/>.</param>
/// <param name="Source">Who sends it; zero for any of the node's own link-local addresses.</param>
/// <param name="Target">Whose link layer address is asked for; of an advertisement, who gets it.</param>
/// <param name="In">The device that it comes in by; "" for one of the node's own.</param>
/// <param name="Out">The device that it leaves by; "" for one to the node.</param>
/// <param name="PhysicalIn">
/// The bridge port that it comes in by, where the bridge hands it to the IP hooks; "" for none, null where that is not known.
/// </param>
/// <param name="PhysicalOut">The bridge port that it leaves by, likewise.</param>
/// <param name="HasBridgeInfo">The bridge hands it to the IP hooks.</param>
internal readonly record struct NeighborMessage(
    bool IsAnswer, Bits128 Source, Bits128 Target, string In, string Out, string? PhysicalIn = "", string? PhysicalOut = "",
    bool HasBridgeInfo = false)
{
    // ff02::1:ff00:0/104, RFC 4291 2.7.1.
    private static readonly Bits128 Group = new(0xff02_0000_0000_0000, 0x0000_0001_ff00_0000);

    // An IPv6 header, the message, and the sender's link layer address.
    private const int Bytes = 72;

    /// <summary>Where it is sent to.</summary>
    public Bits128 Destination => IsAnswer ? Target : Group | (Target & 0xff_ffffUL);

    /// <summary>The message as a packet of a walk, at its first hook.</summary>
    public BranchState ToState(WalkOptions options)
    {
        var state = new BranchState
        {
            Options = options, Round = 1, EntryInterface = In, EntryLocal = In.Length == 0,
            Layer2 = In.Length > 0 && Out.Length > 0 ? WalkLayer2.Port : WalkLayer2.None,
            Stage = In.Length == 0 ? WalkStage.Output : WalkStage.Prerouting,
            Packet = new()
            {
                Family = IPFamily.IPv6, Source = Source, SourceKnown = Source != Bits128.Zero, Destination = Destination,
                Protocol = IPProtocolName.IcmpV6,
                IcmpType = IsAnswer ? 136 : 135, IcmpCode = 0, Length = Bytes, Ttl = byte.MaxValue, Tos = 0, In = In, Out = Out,
                RouteDevice = Out,
                PhysicalIn = PhysicalIn, PhysicalOut = PhysicalOut, HasBridgeInfo = HasBridgeInfo, Local = In.Length == 0,
            },
        };
        state.IngressDestination = state.Packet.NextHop = Destination;
        state.Connection.Opened = state.Packet.Tuple;
        return state;
    }
}
