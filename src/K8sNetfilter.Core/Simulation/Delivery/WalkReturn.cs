using K8sNetfilter.Addressing;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Steps;

namespace K8sNetfilter.Simulation.Delivery;

/// <summary>
/// Whether the answer to a packet that was translated and left comes back through this node: only this node can translate it back. And
/// whether an answer leaves the way that the call came in.
/// </summary>
internal sealed class WalkReturn(PacketSimulation run)
{
    private readonly Dictionary<string, bool> _ownBridges = new(StringComparer.Ordinal);

    /// <summary>
    /// Looks at a request that left. False where its answer goes past this node; what is not known, and is the normal case, is granted.
    /// </summary>
    public bool Passes(BranchState request)
    {
        if (request.End.Fate != PacketFate.Sent || request.Connection.OfReplyTuple
            || request.Layer2 == WalkLayer2.Port || request.Packet.Out is not { Length: > 0 } device
            || !run.Network.KnowsRoutes(run.Family))
        {
            return true;
        }

        bool endpointIsHere = IsHere(request, device);
        if (!request.Connection.SourceNat && !endpointIsHere && !request.EntryLocal && IsClientHere(request))
        {
            // A pod's own address leaves the node: whoever answers has to know the way to it.
            ComesBack(request);
            return true;
        }

        // An answer that is not translated comes from the right address whichever way it takes.
        if (!(request.Connection.DestinationNat || request.Connection.SourceNat))
        {
            return true;
        }

        if (request.Connection.SourceNat)
        {
            if (run.Network.IsLocal(run.Family, request.Packet.Source) == false
                && !(endpointIsHere && OnLink(device, request.Packet.Source) is null))
            {
                ComesBack(request);
            }

            return true;
        }

        if (endpointIsHere || request.EntryLocal || run.Network.IsLocal(run.Family, request.Packet.Source) == true || IsClientHere(request))
        {
            return true;
        }

        if (request.Packet.NextHop == request.Packet.Destination && OnLink(device, request.Packet.Source) is { } own
            && own.Covers(request.Packet.Destination))
        {
            return false;
        }

        PacketSimulation.Grant(request, "answer passes", DeliveryMessages.AnswerPassesThisNode);
        return true;
    }

    private void ComesBack(BranchState request)
    {
        string address = AddressBits.ToAddress(request.Packet.Source, run.Family).ToString();
        PacketSimulation.Grant(request, "comes back " + address,
            DeliveryMessages.WhatIsSentToWhich(address));
    }

    /// <summary>Turns a request into the answer that its receiver sends past this node.</summary>
    public void Bypass(BranchState state)
    {
        string receiver = state.Packet.Endpoint(state.Packet.Destination, state.Packet.DestinationPort);
        string client = state.Packet.Endpoint(state.Packet.Source, state.Packet.SourcePort);
        state.End.Reason = DeliveryMessages.AndAreBothOnLink(receiver, client, state.Packet.Out);
        run.Log.Between(state, "ROUTING", state.End.Reason);
        state.Direction = PacketDirection.Reply;
        (state.Packet.Source, state.Packet.Destination) = (state.Packet.Destination, state.Packet.Source);
        (state.Packet.SourcePort, state.Packet.DestinationPort) = (state.Packet.DestinationPort, state.Packet.SourcePort);
        (state.Connection.State, state.End.Cause) = (ConnectionState.None, EndCause.Bypassed);
        run.Finish(state);
    }

    /// <summary>Notes where an answer leaves through another interface than its call came in through.</summary>
    public void Compare(BranchState answer)
    {
        if (answer.Direction != PacketDirection.Reply || answer.End.Fate != PacketFate.Sent || answer.EntryLocal
            || answer.EntryInterface is not { Length: > 0 } entry || answer.Packet.Out is not { Length: > 0 } device
            || device == entry || answer.Packet.PhysicalOut == entry
            || run.Network.Find(entry)?.Bridge == device || run.Network.Find(device)?.Bridge == entry)
        {
            return;
        }

        string client = AddressBits.ToAddress(answer.Packet.Destination, run.Family).ToString();
        answer.End.Cause = EndCause.OtherWay;
        answer.End.Reason = DeliveryMessages.ItLeavesThroughAlthoughCall(device, entry);
        PacketSimulation.Grant(answer, "other way " + device,
            DeliveryMessages.WhatLeavesThroughReachesWhose(device, client, entry));
    }

    // A pod of this node: its only way out is this node.
    private bool IsHere(BranchState request, string device) =>
        request.Packet.NextHop == request.Packet.Destination && (IsOwnBridge(device) || IsPodRoute(request.Packet.Destination, device));

    private bool IsClientHere(BranchState request)
    {
        var route = run.Network.Route(FibQuery.To(run.Family, request.Packet.Source));
        return route is { Kind: FibResultKind.Unicast, Gateway: null, Device: { } device } && (IsOwnBridge(device) || IsPod(route, device));
    }

    private bool IsPodRoute(Bits128 address, string device) =>
        run.Network.Find(device) is { Kind: "veth" or "tun", Bridge: null }
        && run.Network.Route(FibQuery.To(run.Family, address)) is { Kind: FibResultKind.Unicast, Gateway: null } route
            && IsPod(route, device);

    private bool IsPod(FibResult route, string device) =>
        route.Device == device && route.Entry?.PrefixLength == run.Family.Bits && run.Network.Find(device) is { Kind: "veth" or "tun" };

    // A bridge with the node's own uplink in it reaches other machines too.
    private bool IsOwnBridge(string device)
    {
        if (!_ownBridges.TryGetValue(device, out bool own))
        {
            own = run.Network.Find(device)?.IsBridge == true
                && !run.Network.Interfaces.Any(i => i.Bridge == device && i.Kind is not ("veth" or "tun"));
            _ownBridges[device] = own;
        }

        return own;
    }

    private InterfaceAddress? OnLink(string device, Bits128 address) =>
        run.Network.Find(device)?.Addresses.Find(a => a.Family == run.Family && a.Scope == 0 && a.Covers(address));
}
