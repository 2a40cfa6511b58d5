using K8sNetfilter.Addressing;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Links;
using K8sNetfilter.Listeners;
using K8sNetfilter.Logic;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Steps;
using static K8sNetfilter.Simulation.Pods.WalkReceiver;

namespace K8sNetfilter.Simulation.Pods;

/// <summary>
/// What a pod's own kernel does with a call that it makes or takes: its rules, its routes and its sockets. All of it is read once per pod,
/// and text is only made where something is in doubt.
/// </summary>
internal sealed class WalkPod(PacketSimulation run)
{
    /// <summary>Looks at the pod that makes the call: it has to come to this node as the question has it.</summary>
    public void Send(BranchState state)
    {
        if (state.EntryLocal || run.Network.Find(state.EntryInterface) is not { PeerNamespaceId: { } id } link)
        {
            return;
        }

        var (source, pod) = (state.Connection.Opened.Source, run.Network.Listeners.Pod(id));
        if (pod.Found is null || pod.Has(source) != true)
        {
            return;
        }

        if (pod.Found.HasRules != false)
        {
            Grant(run, state, PodMessages.NoNetfilterRuleOfS(Text(source)));
        }

        Link(state, link, source);
        var to = state.Connection.Opened.Destination;
        bool isOneOfSeveral = false;
        var way = pod.Routes?.Find(run.Family, to, out isOneOfSeveral);
        if (pod.Routes is null)
        {
            Grant(run, state, PodMessages.SendsCallToThisNode(Text(source)));
        }
        else if (way is null or { Kind: not (RouteKind.Unicast or RouteKind.Local) })
        {
            Grant(run, state, PodMessages.SendsSuchPacketThoughIt(Text(source), Text(to)));
        }
        else if (way.Kind == RouteKind.Local)
        {
            Grant(run, state, PodMessages.SendsSuchPacketThoughIs(Text(source), Text(to)));
        }
        else if (isOneOfSeveral || IsElsewhere(way, link))
        {
            Grant(run, state, PodMessages.CallOfLeavesByAnd(Text(source), Name(way, isOneOfSeveral)));
        }
        else if (Next(state, pod, link, source, to, way) is { } elsewhere)
        {
            Grant(run, state, PodMessages.CallOfComesToThis(Text(source), elsewhere));
        }
    }

    /// <summary>Looks at the pod that gets the call.</summary>
    public void Take(BranchState state, KnownPod pod, NetworkInterface link)
    {
        if (!state.Packet.HasPorts)
        {
            Grant(run, state, PodMessages.Answers(Address(run, state)));
            return;
        }

        if (run.Options.Reply)
        {
            Back(state, pod, link);
            if (state.End.Fate == PacketFate.Dropped)
            {
                return;
            }
        }

        Meet(state, pod, link.PeerIndex);
    }

    // Its answer has to find the way back.
    private void Back(BranchState state, KnownPod pod, NetworkInterface link)
    {
        Link(state, link, state.Packet.Destination);
        if (!state.Packet.SourceKnown)
        {
            return;
        }

        bool isOneOfSeveral = false;
        var way = pod.Routes?.Find(run.Family, state.Packet.Source, out isOneOfSeveral);
        if (pod.Routes is null)
        {
            Grant(run, state, PodMessages.SendsItsAnswerBackBy(Address(run, state)));
        }
        else if (way is null or { Kind: not (RouteKind.Unicast or RouteKind.Local) })
        {
            string route = way is null ? PodMessages.NoRoute : PodMessages.NoRouteButKind(way.Kind.ToString().ToLowerInvariant());
            Drop(run, state, PodMessages.CannotAnswer(Address(run, state), route, Text(state.Packet.Source)), EndCause.NoRoute);
        }
        else if (way.Kind == RouteKind.Local)
        {
            // The pod's own call: where it is not masqueraded, the answer's walk says so.
        }
        else if (!isOneOfSeveral && IsElsewhere(way, link) && !run.IsIPv6 && pod.Found?.StrictLinks?.Contains(link.PeerIndex) == true)
        {
            // fib_validate_source (net/ipv4/fib_frontend.c).
            Drop(run, state, PodMessages.TakesFromOnlyWhatComes(Address(run, state), Text(state.Packet.Source), way.Device ?? PodMessages.AnotherInterface), EndCause.Martian);
        }
        else if (isOneOfSeveral || IsElsewhere(way, link))
        {
            Grant(run, state, PodMessages.AnswerOfLeavesByAnd(Address(run, state), Name(way, isOneOfSeveral), Text(state.Packet.Source)));
        }
        else if (Next(state, pod, link, state.Packet.Destination, state.Packet.Source, way) is { } elsewhere)
        {
            Drop(run, state, PodMessages.AnswerDoesNotComeTo(Text(state.Packet.Source), elsewhere), EndCause.NoLink);
        }
    }

    // Whoever is next on the pod's link has to answer for the address that the pod sends to. Gives why nobody gets what it sends.
    private string? Next(BranchState state, KnownPod pod, NetworkInterface link, Bits128 own, Bits128 to, PodWay way)
    {
        var next = way.Gateway is { } gateway ? AddressBits.From(gateway) : to;
        if (pod.FixedMac(link.PeerIndex, next) is { } mac)
        {
            return Fixed(state, link, own, next, mac);
        }

        if (run.Network.IsLocal(run.Family, next) != false || Proxies(link.Bridge ?? link.Name))
        {
            return null;
        }

        string? port = way.Gateway is null ? link.Bridge is null ? null : run.Network.PortOf(link.Bridge, next)
            : run.Network.PortBehind(next);
        if (way.Gateway is null && port is null)
        {
            Grant(run, state, PodMessages.SomebodyOnLinkOfAnswers(Text(own), Text(to)));
        }
        else if (way.Gateway is not null && (port is null || run.Network.Find(port)?.PeerNamespaceId is not null))
        {
            Grant(run, state, PodMessages.ReachesThisNodeByIts(Text(own), way.Gateway));
        }

        return null;
    }

    // A neighbour entry that was set for good leads to this node, to another pod, or to nobody.
    private string? Fixed(BranchState state, NetworkInterface link, Bits128 own, Bits128 next, string mac)
    {
        if (IsOfNode(link, mac))
        {
            return null;
        }

        bool isHere = run.Network.IsLocal(run.Family, next) != false;
        string? known = isHere ? (link.Bridge is null ? link : run.Network.Find(link.Bridge))?.Mac
            : link.Bridge is not null && run.Network.PortOf(link.Bridge, next) is { } port ? run.Network.Layer2.PeerOf(port)?.Mac : null;
        string entry = PodMessages.PermanentNeighbourEntryOfFor(Text(own), Text(next), mac);
        if (known is null || (isHere && link.Bridge is not null && run.Network.Layer2.EntryOf(link.Bridge, mac) is not null))
        {
            Grant(run, state, PodMessages.EntryLeadsThere(entry));
            return null;
        }

        return string.Equals(known, mac, StringComparison.OrdinalIgnoreCase) ? null : PodMessages.EntryButAddressIs(entry, known);
    }

    // A bridge takes what is sent to the address of any of its ports (br_handle_frame_finish).
    private bool IsOfNode(NetworkInterface link, string mac)
    {
        if (link.Bridge is null)
        {
            return string.Equals(link.Mac, mac, StringComparison.OrdinalIgnoreCase);
        }

        foreach (var other in run.Network.Interfaces)
        {
            if ((other.Bridge == link.Bridge || other.Name == link.Bridge)
                && string.Equals(other.Mac, mac, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    // proxy_ndp is not enough for IPv6: it needs an entry for the address.
    private bool Proxies(string device) => !run.IsIPv6
        && (run.Network.Number($"net.ipv4.conf.{device.Replace('.', '/')}.proxy_arp") is > 0
            || run.Network.Number("net.ipv4.conf.all.proxy_arp") is > 0);

    private void Link(BranchState state, NetworkInterface link, Bits128 own)
    {
        if (run.Network.Layer2.PeerOf(link.Name)?.IsNoArp == true)
        {
            Grant(run, state, PodMessages.ReachesOthersThoughItsInterface(Text(own)));
        }

        if (link.Bridge is not null && run.Network.Layer2.TwinOf(link.Name, run.Family, own) is { } twin)
        {
            Grant(run, state, PodMessages.WhatIsSentToComes(Text(own), link.Name, twin));
        }
    }

    private void Meet(BranchState state, KnownPod pod, int index)
    {
        Listener? socket = null;
        var found = pod.Found!.Table?.Find(
            state.Packet.Protocol, run.Family, state.Packet.Destination, state.Packet.DestinationPort, null, index, out socket)
            ?? MatchOutcome.Unknown;
        bool? hasRules = pod.Found.HasRules;
        if (found == MatchOutcome.Unknown)
        {
            Grant(run, state, socket is null ? PodMessages.ListensOn(Address(run, state), Port(state))
                : PodMessages.SocketTakesTo(socket, Port(state), Address(run, state)));
        }
        else if (found == MatchOutcome.No && hasRules == true)
        {
            (state.End.Taker, state.End.TakerReason) = (
                WalkTaker.Unknown,
                PodMessages.NothingListensOnAtAnd(Port(state), Address(run, state)));
        }
        else if (found == MatchOutcome.No)
        {
            Refuse(run, state, PodMessages.NothingListensOnAt(Port(state), Address(run, state)));
        }
        else
        {
            Taken(run, state, socket!);
        }

        if (hasRules != false && state.End.Taker != WalkTaker.Unknown)
        {
            Grant(run, state, PodMessages.NoNetfilterRuleOfSOwn(Address(run, state), Port(state)));
        }

        // A UDP socket of every address answers from the one that the route back prefers (ip(7), IP_PKTINFO).
        if (state.Packet.Protocol == IPProtocolName.Udp && found != MatchOutcome.No && pod.HasSeveral(run.Family)
            && socket is null or { IsEvery: true })
        {
            Grant(run, state, PodMessages.ProcessOnAnswersFromWhich(Port(state), Address(run, state)));
        }
    }

    private static bool IsElsewhere(PodWay way, NetworkInterface link) => way.LinkIndex is { } index && link.PeerIndex != 0
        && index != link.PeerIndex;

    private static string Name(PodWay way, bool isOneOfSeveral) =>
        (way.Device ?? PodMessages.AnotherOfItsInterfaces) + (isOneOfSeveral ? PodMessages.OneOfSeveralWays : "");

    private string Text(Bits128 address) => AddressBits.ToAddress(address, run.Family).ToString();
}
