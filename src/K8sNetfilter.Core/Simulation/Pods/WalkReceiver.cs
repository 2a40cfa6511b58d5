using System.Globalization;
using K8sNetfilter.Addressing;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Listeners;
using K8sNetfilter.Logic;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Steps;

namespace K8sNetfilter.Simulation.Pods;

/// <summary>
/// Who takes a packet where its way ends: a socket of the node, one of a pod, or somebody outside, of whom the node knows nothing. What
/// nobody takes is refused by the receiver's kernel: a TCP reset, or an ICMP error for UDP (tcp_v4_send_reset, __udp4_lib_rcv).
/// </summary>
internal sealed class WalkReceiver(PacketSimulation run)
{
    private const string Socket = "SOCKET";
    private readonly WalkPod _pod = new(run);

    /// <summary>Looks who takes a request that has arrived, before its answer is walked.</summary>
    /// <returns>The packet's fate.</returns>
    public PacketFate Meet(BranchState state)
    {
        if (state.End.Fate is PacketFate.Delivered or PacketFate.Sent && state.Direction == PacketDirection.Original
            && state.Request is null
            && run.Network.Listeners.IsAsked && run.Network.KnowsRoutes(run.Family) && Opens(state))
        {
            _pod.Send(state);
            if (state.End.Fate == PacketFate.Delivered)
            {
                Here(state);
            }
            else
            {
                There(state);
            }
        }

        return state.End.Fate;
    }

    /// <summary>
    /// The branch as it ends, given who took the request: a refusal counts where its way back is free; where the answer is lost or wrong,
    /// that is the fault to name first.
    /// </summary>
    public static BranchState Conclude(BranchState state)
    {
        var request = state.Request ?? state;
        if (request.End.Taker == WalkTaker.Taken
            || (state.Request is null ? !ReplyCheck.Arrived(state) : ReplyCheck.Outcome(state).Works != MatchOutcome.Yes))
        {
            return state;
        }

        // Other branches may have the same request.
        var end = request.Fork();
        (end.Branch, end.Parent, end.Probability, end.Assumptions) = (state.Branch, state.Parent, state.Probability, state.Assumptions);
        bool isRefused = request.End.Taker == WalkTaker.Refused;
        (end.End.Fate, end.End.Cause, end.End.Reason) = (
            isRefused ? PacketFate.Rejected : PacketFate.Unknown, isRefused ? EndCause.Refused : EndCause.None, request.End.TakerReason!);
        return end;
    }

    // A packet of a connection that is there already has its socket.
    private bool Opens(BranchState state) => run.Packet.State is not (ConnectionState.Established or ConnectionState.Related)
        && (state.Packet.Protocol != IPProtocolName.Tcp || state.Packet.TcpFlags < 0 || (state.Packet.TcpFlags & 0x12) == 0x02);

    private void Here(BranchState state)
    {
        if (IsEcho(state))
        {
            EchoHere(state);
            return;
        }

        Listener? socket = null;
        var found = run.Network.Listeners.Own() is { } table
            ? table.Find(state.Packet.Protocol, run.Family, state.Packet.Destination, state.Packet.DestinationPort, state.Packet.In,
                run.Network.Find(state.Packet.In)?.Index ?? 0, out socket) : MatchOutcome.Unknown;
        switch (found)
        {
            case MatchOutcome.Yes:
                Taken(run, state, socket!);
                AnswerSource(state, socket);
                break;
            case MatchOutcome.No:
                Refuse(run, state, PodMessages.NothingListensOnOfThis(Port(state)));
                break;
            default:
                if (socket is not null)
                {
                    Grant(run, state, PodMessages.SocketTakesTo(socket, Port(state), Address(state)));
                    AnswerSource(state, socket);
                }
                else if (state.Connection.DestinationNat || state.End.NotTrackedBy is not null)
                {
                    // Led here on purpose: a Service's endpoint, or a Service that the node answers itself.
                    Grant(run, state, PodMessages.ListensOn(Address(state), Port(state)));
                    AnswerSource(state, null);
                }
                else
                {
                    (state.End.Taker, state.End.TakerReason) = (
                        WalkTaker.Unknown, state.Packet.HasPorts
                        ? PodMessages.DeliveredHereWhetherSomethingListens(Port(state))
                        : PodMessages.DeliveredHereWhetherSomethingTakes);
                }

                break;
        }
    }

    // A UDP socket of every address answers from the one that the route back prefers, unless its process takes care (IP_PKTINFO, ip(7)):
    // the client, and the entry of a call that was translated, know another.
    private void AnswerSource(BranchState state, Listener? socket)
    {
        if (state.Packet.Protocol != IPProtocolName.Udp || !state.Packet.SourceKnown || socket is not null and not { IsEvery: true })
        {
            return;
        }

        var back = run.Network.Route(FibQuery.To(run.Family, state.Packet.Source));
        Bits128? source = back.Kind switch
        {
            FibResultKind.Unicast => back.Source
                ?? run.Network.SelectSource(run.Family, back.Device, back.Gateway ?? state.Packet.Source, state.Packet.Source),
            FibResultKind.Local => back.Source ?? state.Packet.Source,
            _ => null,
        };
        if (source is { } other && other != state.Packet.Destination)
        {
            Grant(run, state, PodMessages.ProcessOnAnswersFromWhichIt(Port(state), Address(state), AddressBits.ToAddress(other, run.Family)));
        }
    }

    // icmp_echo (net/ipv4/icmp.c), icmpv6_echo_reply.
    private void EchoHere(BranchState state)
    {
        string name = run.IsIPv6 ? "net.ipv6.icmp.echo_ignore_all" : "net.ipv4.icmp_echo_ignore_all";
        if (run.Network.Number(name) is > 0)
        {
            Drop(run, state, PodMessages.NodeAnswersNoEchoRequests(name), EndCause.Ignored);
        }
    }

    private void There(BranchState state)
    {
        bool isBridged = state.Layer2 == WalkLayer2.Port;
        var link = run.Network.Find(isBridged ? state.Packet.PhysicalOut ?? state.Port : state.Packet.Out);
        string? bridge = link is { IsBridge: true } ? link.Name : isBridged ? state.Packet.Out : null;
        if (state.Packet.NextHop != state.Packet.Destination)
        {
            // By a router, which is no receiver.
            Grant(run, state, PodMessages.Answers(Address(state)));
            return;
        }

        if (bridge is not null && link is null or { IsBridge: true })
        {
            if (run.Network.PortOf(bridge, state.Packet.Destination) is not { } port)
            {
                NobodyOn(state, bridge);
                return;
            }

            link = run.Network.Find(port);
        }

        var pod = link?.PeerNamespaceId is { } id ? run.Network.Listeners.Pod(id) : null;
        if (link is { Bridge: not null } && run.Network.Layer2.TwinOf(link.Name, run.Family, state.Packet.Destination) is { } twin)
        {
            (state.End.Taker, state.End.TakerReason) = (
                WalkTaker.Unknown, PodMessages.AndPortsOfLeadTo(link.Name, twin, link.Bridge, Address(state)));
        }
        else if (pod?.Has(state.Packet.Destination) == false)
        {
            Grant(run, state, PodMessages.Answers(Address(state)));
        }
        else if (pod?.Found is not null)
        {
            _pod.Take(state, pod, link!);
        }
        else
        {
            bool isKnown = bridge is not null || link is { Bridge: not null }
                || link is { Kind: "veth" or "tun", PeerNamespaceId: not null };
            Grant(run, state, isKnown && state.Packet.HasPorts ? PodMessages.ListensOn(Address(state), Port(state))
                : PodMessages.Answers(Address(state)));
        }
    }

    // Nobody behind its ports is known to have the address.
    private void NobodyOn(BranchState state, string bridge)
    {
        string address = Address(state);
        bool isKnown = true;
        foreach (var port in run.Network.Interfaces)
        {
            isKnown = isKnown && (port.Bridge != bridge
                || (port.PeerNamespaceId is { } id
                    && run.Network.Listeners.Peer(id, state.Packet.Destination, out bool? has) is { AnswersForOthers: false }
                && has == false));
        }

        if (isKnown)
        {
            Drop(run, state, PodMessages.NobodyOnHasNoneOf(bridge, address), EndCause.NobodyThere);
        }
        else
        {
            Grant(run, state, PodMessages.SomebodyHas(bridge, address));
        }
    }

    internal static void Refuse(PacketSimulation run, BranchState state, string reason)
    {
        string answer = state.Packet.Protocol == IPProtocolName.Tcp ? PodMessages.TcpReset : run.IsIPv6 ? "an ICMPv6 error" : PodMessages.IcmpError;
        (state.End.Taker, state.End.TakerReason) = (WalkTaker.Refused, PodMessages.KernelRefuses(reason, answer));
        Tell(run, state, state.End.TakerReason, "REFUSED");
    }

    internal static void Drop(PacketSimulation run, BranchState state, string reason, EndCause end)
    {
        Tell(run, state, reason, "DROP");
        (state.End.Fate, state.End.Cause, state.End.Reason) = (PacketFate.Dropped, end, reason);
    }

    // What nobody can look at decides only whether there is an answer.
    internal static void Grant(PacketSimulation run, BranchState state, string text)
    {
        if (run.Options.Reply)
        {
            PacketSimulation.Grant(state, text, text);
        }
    }

    internal static void Taken(PacketSimulation run, BranchState state, Listener socket)
    {
        if (socket.IsFull)
        {
            // tcp_conn_request (net/ipv4/tcp_input.c): sk_acceptq_is_full.
            Drop(run, state, PodMessages.AcceptQueueOfSocketAt(socket, Address(run, state)), EndCause.QueueFull);
        }
        else if (run.Log.Keeps(state))
        {
            Tell(run, state, PodMessages.SocketTakesIt(socket));
        }
    }

    private static void Tell(PacketSimulation run, BranchState state, string reason, string? verdict = null) =>
        run.Log.Between(state, Socket, reason, verdict);

    private static bool IsEcho(BranchState state) =>
        state is { Packet.Protocol: IPProtocolName.Icmp, Packet.IcmpType: 8 } or { Packet.Protocol: IPProtocolName.IcmpV6,
        Packet.IcmpType: 128 };

    private string Address(BranchState state) => Address(run, state);

    internal static string Address(PacketSimulation run, BranchState state) =>
        AddressBits.ToAddress(state.Packet.Destination, run.Family).ToString();

    internal static string Port(BranchState state) => state.Packet.DestinationPort < 0 ? IPProtocolName.Of(state.Packet.Protocol)
        : string.Create(CultureInfo.InvariantCulture, $"{state.Packet.DestinationPort}/{IPProtocolName.Of(state.Packet.Protocol)}");
}
