using K8sNetfilter.Addressing;
using K8sNetfilter.Logic;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Pods;

namespace K8sNetfilter.Simulation.Steps;

/// <summary>
/// What follows a call and its answer on a TCP connection. Both may pass where the client's acknowledgement does not: it is invalid where
/// connection tracking saw only one of them (NOTRACK for one direction), and rules may let first packets through that keep later ones.
/// Where rules can tell a packet with data from those of the handshake, one is followed there and back, too.
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
        if (answer.Packet.Protocol != IPProtocolName.Tcp || answer.Direction != PacketDirection.Reply || !ReplyCheck.Arrived(answer)
            || answer.End.Cause == EndCause.Bypassed || answer.Request!.End.Taker == WalkTaker.Refused
                || run.Packet.State is not (ConnectionState.None or ConnectionState.New)
            || ((run.Packet.TcpFlags ?? Syn) & (Syn | Ack)) != Syn)
        {
            return false;
        }

        bool isWhole = answer.Request!.Connection.Exists
            && answer is { Connection.State: ConnectionState.Established, Connection.OfReplyTuple: true };
        return (!isWhole || run.MayStopLater) && ReplyCheck.Outcome(answer).Works == MatchOutcome.Yes;
    }

    /// <summary>Makes the third packet of it. Its way is not told: only its end matters.</summary>
    public BranchState Make(BranchState answer) => Make(answer, Third, Ack);

    /// <summary>
    /// Called when one of the later packets has ended: returns the packet to follow next, or the reply if the handshake is complete.
    /// </summary>
    public (BranchState? Next, BranchState? Complete) End(BranchState later)
    {
        if (later is { Round: Data, Direction: PacketDirection.Original } && ReplyCheck.Arrived(later)
            && Same(later, later.Answer!.Request!))
        {
            later.Request = later.Fork();
            answers.Turn(later);
            (later.Packet.TcpFlags, later.Packet.Length) = (Psh | Ack, -1);
            return (later, null);
        }

        var answer = Complete(later);
        return later.Round == Third && answer.Completes == MatchOutcome.Yes && run.TellsData
            && ReplyCheck.Outcome(answer).Works == MatchOutcome.Yes
            ? (Make(answer, Data, Psh | Ack), null) : (null, answer);
    }

    private BranchState Make(BranchState answer, int round, int flags)
    {
        var later = start.Later(answer, round);
        later.Packet.TcpFlags = flags;
        later.Packet.Length = round == Data ? -1 : later.Packet.Length;
        later.Connection.Opened = answer.Connection.Opened;
        (later.Packet.Source, later.Packet.SourceKnown, later.Packet.Destination) = (
            answer.Connection.Opened.Source, answer.Connection.Opened.SourceKnown, answer.Connection.Opened.Destination);
        (later.Packet.SourcePort, later.Packet.DestinationPort) = (
            answer.Connection.Opened.SourcePort, answer.Connection.Opened.DestinationPort);
        later.Answer = answer;
        return later;
    }

    /// <summary>The answer, with what became of a later packet.</summary>
    private static BranchState Complete(BranchState later)
    {
        var answer = later.Answer!.Fork();
        var like = later.Direction == PacketDirection.Reply ? later.Answer! : answer.Request!;
        (answer.Branch, answer.Parent, answer.Probability, answer.Assumptions) = (
            later.Branch, later.Parent, later.Probability, later.Assumptions);
        if (later.End.Fate is PacketFate.Dropped or PacketFate.Rejected)
        {
            (answer.Completes, answer.CompletesReason) = (MatchOutcome.No, StepMessages.LaterDoesNot(What(later), later.End.Reason));
            (answer.End.Cause, answer.End.Rule, answer.End.Hook) = (later.End.Cause, later.End.Rule, later.End.Hook);
        }
        else if (later.End.Fate == PacketFate.Unknown)
        {
            (answer.Completes, answer.CompletesReason) = (MatchOutcome.Unknown, StepMessages.LaterMayNot(What(later), later.End.Reason));
        }
        else if (!Same(later, like))
        {
            (answer.Completes, answer.CompletesReason) = (
                MatchOutcome.No,
                StepMessages.LaterGoesElsewhere(What(later), later.Packet.Endpoint(later.Packet.Destination,
                later.Packet.DestinationPort), like.Packet.Endpoint(like.Packet.Destination, like.Packet.DestinationPort)));
            answer.End.Cause = EndCause.HalfTracked;
        }

        return answer;
    }

    private static string What(BranchState later)
    {
        string state = later.Connection.State.ToString().ToUpperInvariant();
        return later.Round == Third ? StepMessages.CallAndItsAnswerPass(state)
            : StepMessages.ConnectionIsSetUpBut(later.Direction == PacketDirection.Reply ? StepMessages.Answer : StepMessages.Call,
                state);
    }

    private static bool Same(BranchState third, BranchState request)
    {
        return third.End.Fate == request.End.Fate && third.Packet.Destination == request.Packet.Destination
            && third.Packet.Source == request.Packet.Source
            && Port(third.Packet.DestinationPort, request.Packet.DestinationPort)
            && Port(third.Packet.SourcePort, request.Packet.SourcePort);

        static bool Port(int one, int other) => one == other || one < 0 || other < 0;
    }
}
