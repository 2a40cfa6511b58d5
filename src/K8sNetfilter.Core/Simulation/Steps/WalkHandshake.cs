using K8sNetfilter.Addressing;
using K8sNetfilter.Logic;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Pods;

namespace K8sNetfilter.Simulation.Steps;

/// <summary>
/// What follows a call and its answer on a TCP connection. Both may pass where the client's acknowledgement does not: it is invalid where
/// connection tracking saw only one of them (NOTRACK for one direction), and rules may let first packets through that keep later ones. Where
/// rules can tell a packet with data from those of the handshake, one is followed there and back, too.
/// </summary>
internal sealed class WalkHandshake(PacketSimulation run, PacketEntry start, ReplyCheck answers)
{
    private const int Syn = 0x02;
    private const int Psh = 0x08;
    private const int Ack = 0x10;
    private const int Third = 2;
    private const int Data = 3;

    /// <summary>Whether the third packet could end otherwise than the first and its answer, so that it is worth a walk.</summary>
    public bool IsDue(BranchState answer)
    {
        if (answer.Protocol != IPProtocolName.Tcp || answer.Direction != PacketDirection.Reply || !ReplyCheck.Arrived(answer)
            || answer.End == EndCause.Bypassed || answer.Request!.Taker == WalkTaker.Refused || run.Packet.State is not (ConnectionState.None or ConnectionState.New)
            || ((run.Packet.TcpFlags ?? Syn) & (Syn | Ack)) != Syn)
        {
            return false;
        }

        bool isWhole = answer.Request!.HasConnection && answer is { State: ConnectionState.Established, OfReplyTuple: true };
        return (!isWhole || run.MayStopLater) && ReplyCheck.Outcome(answer).Works == MatchOutcome.Yes;
    }

    /// <summary>Makes the third packet of it. Its way is not told: only its end matters.</summary>
    public BranchState Make(BranchState answer) => Make(answer, Third, Ack);

    /// <summary>One of the later packets has come to its end: gives the packet that is to be followed now, or the answer where it is complete.</summary>
    public (BranchState? Next, BranchState? Complete) End(BranchState later)
    {
        if (later is { Round: Data, Direction: PacketDirection.Original } && ReplyCheck.Arrived(later) && Same(later, later.Answer!.Request!))
        {
            later.Request = later.Fork();
            answers.Turn(later);
            (later.TcpFlags, later.Length) = (Psh | Ack, -1);
            return (later, null);
        }

        var answer = Complete(later);
        return later.Round == Third && answer.Completes == MatchOutcome.Yes && run.TellsData && ReplyCheck.Outcome(answer).Works == MatchOutcome.Yes
            ? (Make(answer, Data, Psh | Ack), null) : (null, answer);
    }

    private BranchState Make(BranchState answer, int round, int flags)
    {
        var later = start.Later(answer, round);
        later.TcpFlags = flags;
        later.Length = round == Data ? -1 : later.Length;
        later.Opened = answer.Opened;
        (later.Source, later.SourceKnown, later.Destination) = (answer.Opened.Source, answer.Opened.SourceKnown, answer.Opened.Destination);
        (later.SourcePort, later.DestinationPort) = (answer.Opened.SourcePort, answer.Opened.DestinationPort);
        later.Answer = answer;
        return later;
    }

    /// <summary>The answer, with what became of a later packet.</summary>
    private static BranchState Complete(BranchState later)
    {
        var answer = later.Answer!.Fork();
        var like = later.Direction == PacketDirection.Reply ? later.Answer! : answer.Request!;
        (answer.Branch, answer.Parent, answer.Probability, answer.Assumptions) = (later.Branch, later.Parent, later.Probability, later.Assumptions);
        if (later.Fate is PacketFate.Dropped or PacketFate.Rejected)
        {
            (answer.Completes, answer.CompletesReason) = (MatchOutcome.No, $"{What(later)} does not: {later.EndReason}");
            (answer.End, answer.EndRule, answer.EndHook) = (later.End, later.EndRule, later.EndHook);
        }
        else if (later.Fate == PacketFate.Unknown)
        {
            (answer.Completes, answer.CompletesReason) = (MatchOutcome.Unknown, $"{What(later)} may not: {later.EndReason}");
        }
        else if (!Same(later, like))
        {
            (answer.Completes, answer.CompletesReason) = (
                MatchOutcome.No,
                $"{What(later)} goes to {later.Endpoint(later.Destination, later.DestinationPort)}, not to {like.Endpoint(like.Destination, like.DestinationPort)}");
            answer.End = EndCause.HalfTracked;
        }

        return answer;
    }

    private static string What(BranchState later)
    {
        string state = later.State.ToString().ToUpperInvariant();
        return later.Round == Third ? $"the call and its answer pass, but the third packet of the handshake ({state})"
            : $"the connection is set up, but a packet with data of {(later.Direction == PacketDirection.Reply ? "the answer" : "the call")} ({state}, PSH and ACK)";
    }

    private static bool Same(BranchState third, BranchState request)
    {
        return third.Fate == request.Fate && third.Destination == request.Destination && third.Source == request.Source
            && Port(third.DestinationPort, request.DestinationPort) && Port(third.SourcePort, request.SourcePort);

        static bool Port(int one, int other) => one == other || one < 0 || other < 0;
    }
}
