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
            Grant(run, state, $"no netfilter rule of {Text(source)}'s own changes or refuses the call");
        }

        Link(state, link, source);
        var to = state.Connection.Opened.Destination;
        bool isOneOfSeveral = false;
        var way = pod.Routes?.Find(run.Family, to, out isOneOfSeveral);
        if (pod.Routes is null)
        {
            Grant(run, state, $"{Text(source)} sends the call to this node: its own routes depend on more than the destination, or were not read");
        }
        else if (way is null or { Kind: not (RouteKind.Unicast or RouteKind.Local) })
        {
            Grant(run, state, $"{Text(source)} sends such a packet, though it has no route to {Text(to)}");
        }
        else if (way.Kind == RouteKind.Local)
        {
            Grant(run, state, $"{Text(source)} sends such a packet, though {Text(to)} is an address of its own");
        }
        else if (isOneOfSeveral || IsElsewhere(way, link))
        {
            Grant(run, state, $"the call of {Text(source)} leaves by {Name(way, isOneOfSeveral)} and comes to this node");
        }
        else if (Next(state, pod, link, source, to, way) is { } elsewhere)
        {
            Grant(run, state, $"the call of {Text(source)} comes to this node, though {elsewhere}");
        }
    }

    /// <summary>Looks at the pod that gets the call.</summary>
    public void Take(BranchState state, KnownPod pod, NetworkInterface link)
    {
        if (!state.Packet.HasPorts)
        {
            Grant(run, state, $"{Address(run, state)} answers");
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
            Grant(run, state, $"{Address(run, state)} sends its answer back by this node: its own routes depend on more than the destination, or were not read");
        }
        else if (way is null or { Kind: not (RouteKind.Unicast or RouteKind.Local) })
        {
            string route = way is null ? "no route" : $"no route but one of the kind {way.Kind.ToString().ToLowerInvariant()}";
            Drop(run, state, $"{Address(run, state)} has {route} to {Text(state.Packet.Source)}: it can't answer", EndCause.NoRoute);
        }
        else if (way.Kind == RouteKind.Local)
        {
            // The pod's own call: where it is not masqueraded, the answer's walk says so.
        }
        else if (!isOneOfSeveral && IsElsewhere(way, link) && !run.IsIPv6 && pod.Found?.StrictLinks?.Contains(link.PeerIndex) == true)
        {
            // fib_validate_source (net/ipv4/fib_frontend.c).
            Drop(run, state, $"{Address(run, state)} takes from {Text(state.Packet.Source)} only what comes in by {way.Device ?? "another interface"}, which its route back leads to (rp_filter is 1 there)", EndCause.Martian);
        }
        else if (isOneOfSeveral || IsElsewhere(way, link))
        {
            Grant(run, state, $"the answer of {Address(run, state)} leaves by {Name(way, isOneOfSeveral)} and reaches {Text(state.Packet.Source)}");
        }
        else if (Next(state, pod, link, state.Packet.Destination, state.Packet.Source, way) is { } elsewhere)
        {
            Drop(run, state, $"the answer does not come to {Text(state.Packet.Source)}: {elsewhere}", EndCause.NoLink);
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
            Grant(run, state, $"somebody on the link of {Text(own)} answers for {Text(to)}, which its route has there");
        }
        else if (way.Gateway is not null && (port is null || run.Network.Find(port)?.PeerNamespaceId is not null))
        {
            Grant(run, state, $"{Text(own)} reaches this node by its gateway {way.Gateway}, which is no address of this node");
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
        string entry = $"the permanent neighbour entry of {Text(own)} for {Text(next)} says {mac}";
        if (known is null || (isHere && link.Bridge is not null && run.Network.Layer2.EntryOf(link.Bridge, mac) is not null))
        {
            Grant(run, state, $"{entry}, which leads there");
            return null;
        }

        return string.Equals(known, mac, StringComparison.OrdinalIgnoreCase) ? null : $"{entry}, and its address is {known}";
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
            Grant(run, state, $"{Text(own)} reaches others, though its interface looks for no neighbours (arp off)");
        }

        if (link.Bridge is not null && run.Network.Layer2.TwinOf(link.Name, run.Family, own) is { } twin)
        {
            Grant(run, state, $"what is sent to {Text(own)} comes to {link.Name}, and not to {twin}, whose pod has the same address or link layer address");
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
            Grant(run, state, socket is null ? $"{Address(run, state)} listens on {Port(state)}"
                : $"the socket {socket} takes {Port(state)} to {Address(run, state)}");
        }
        else if (found == MatchOutcome.No && hasRules == true)
        {
            (state.End.Taker, state.End.TakerReason) = (
                WalkTaker.Unknown,
                $"nothing listens on {Port(state)} at {Address(run, state)}, and {Address(run, state)} has netfilter rules of its own, which were not read and may lead the call to another port");
        }
        else if (found == MatchOutcome.No)
        {
            Refuse(run, state, $"nothing listens on {Port(state)} at {Address(run, state)}");
        }
        else
        {
            Taken(run, state, socket!);
        }

        if (hasRules != false && state.End.Taker != WalkTaker.Unknown)
        {
            Grant(run, state, $"no netfilter rule of {Address(run, state)}'s own changes what becomes of {Port(state)}");
        }

        // A UDP socket of every address answers from the one that the route back prefers (ip(7), IP_PKTINFO).
        if (state.Packet.Protocol == IPProtocolName.Udp && found != MatchOutcome.No && pod.HasSeveral(run.Family)
            && socket is null or { IsEvery: true })
        {
            Grant(run, state, $"the process on {Port(state)} answers from {Address(run, state)}, which it was called by, and not from another address of its pod");
        }
    }

    private static bool IsElsewhere(PodWay way, NetworkInterface link) => way.LinkIndex is { } index && link.PeerIndex != 0
        && index != link.PeerIndex;

    private static string Name(PodWay way, bool isOneOfSeveral) =>
        (way.Device ?? "another of its interfaces") + (isOneOfSeveral ? ", one of several ways," : "");

    private string Text(Bits128 address) => AddressBits.ToAddress(address, run.Family).ToString();
}
