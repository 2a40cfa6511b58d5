using K8sNetfilter.Addressing;
using K8sNetfilter.Logic;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Delivery;

namespace K8sNetfilter.Simulation.Steps;

/// <summary>The answer to a packet that arrived, and whether it reaches the side that called as one to what it sent.</summary>
internal sealed class ReplyCheck(PacketSimulation run)
{
    private readonly WalkReturn _return = new(run);

    /// <summary>Turns a request that arrived into the answer to it.</summary>
    public void Give(BranchState state)
    {
        bool echo = state.Packet.Protocol is IPProtocolName.Icmp or IPProtocolName.IcmpV6;
        if ((echo && state.Packet.IcmpType is not (8 or 128)) || !state.Packet.SourceKnown)
        {
            state.End.Reason += state.Packet.SourceKnown ? StepMessages.SuchPacketIsNotAnswered : StepMessages.WhereAnswerWouldGoIs;
            run.Finish(state);
            return;
        }

        bool passes = _return.Passes(state);
        state.Request = state.Fork();
        if (!passes)
        {
            _return.Bypass(state);
            return;
        }

        Turn(state);
        run.GoTo(state, state.Stage);
    }

    /// <summary>Makes a packet that arrived the answer to it, at the place where it is sent.</summary>
    public void Turn(BranchState state)
    {
        bool delivered = state.End.Fate == PacketFate.Delivered;
        bool echo = state.Packet.Protocol is IPProtocolName.Icmp or IPProtocolName.IcmpV6;
        state.Direction = PacketDirection.Reply;
        (state.Packet.Source, state.Packet.Destination) = (state.Packet.Destination, state.Packet.Source);
        (state.Packet.SourcePort, state.Packet.DestinationPort) = (state.Packet.DestinationPort, state.Packet.SourcePort);
        if (echo)
        {
            state.Packet.IcmpType = run.IsIPv6 ? 129 : 0;
        }
        else if (state.Packet.TcpFlags >= 0)
        {
            state.Packet.TcpFlags = (state.Packet.TcpFlags & 0x02) != 0 ? 0x12 : 0x10;
        }

        // Another packet: it has neither the mark nor the measures of the first.
        (state.Packet.Mark, state.Packet.MarkKnown) = (0, uint.MaxValue);
        (state.Packet.Length, state.Packet.Ttl, state.Packet.Tos) = (
            run.Options.AnswerFields?.Length ?? -1, run.Options.AnswerFields?.Ttl ?? -1, run.Options.AnswerFields?.Tos ?? -1);
        state.Packet.Fragments = 0;
        state.Connection.State = ConnectionState.None;
        (state.End.Fate, state.End.Reason) = (PacketFate.Unknown, "");
        state.Packet.Looped = state.Packet.RouteKept = false;
        state.Packet.HasBridgeInfo = false;
        state.End.PassedBridge = null;
        state.Packet.Local = delivered;
        string? input = state.Layer2 == WalkLayer2.Port ? state.Packet.PhysicalOut ?? state.Packet.Out : state.Packet.Out;
        if (run.Network.Find(input)?.IsBridge == true)
        {
            input = run.Network.PortOf(input!, state.Packet.Source) ?? input;
        }

        (state.Layer2, state.Port) = (WalkLayer2.None, null);
        state.Packet.In = delivered ? "" : input;
        (state.Packet.Out, state.Packet.PhysicalIn, state.Packet.PhysicalOut, state.Packet.RouteDevice) = ("", "", "", null);
        (state.Stage, state.HookPosition) = (delivered ? WalkStage.LocalRoute : WalkStage.Ingress, 0);
    }

    /// <summary>Looks at where an answer leaves.</summary>
    public void Compare(BranchState answer) => _return.Compare(answer);

    /// <summary>Whether the connection comes about on a branch, and why.</summary>
    public static (MatchOutcome Works, string Reason) Outcome(BranchState state) =>
        // A sender that learns the MTU sends less at once, and gets its answer.
        state is { End.Fate: PacketFate.Rejected, End.Cause: EndCause.TooLong } ? (MatchOutcome.Unknown, state.End.Reason)
        : state.End.Fate is PacketFate.Dropped or PacketFate.Rejected ? (MatchOutcome.No, state.End.Reason)
        : Arrived(state) && state.Direction == PacketDirection.Reply ? Answers(state)
        : (MatchOutcome.Unknown, state.End.Reason);

    public static bool Arrived(BranchState state) => state.End.Fate is PacketFate.Delivered or PacketFate.Sent;

    private static (MatchOutcome Works, string Reason) Answers(BranchState state)
    {
        var opened = state.Connection.Opened;
        string from = state.Packet.SourceKnown ? state.Packet.Endpoint(state.Packet.Source, state.Packet.SourcePort)
            : StepMessages.AddressThatIsNotKnown;
        if (!state.Packet.SourceKnown)
        {
            return (MatchOutcome.Unknown, StepMessages.WhomAnswerComesFromIs);
        }

        bool addresses = state.Packet.Source == opened.Destination && state.Packet.Destination == opened.Source;
        bool portsDiffer = (state.Packet.SourcePort >= 0 && opened.DestinationPort >= 0
            && state.Packet.SourcePort != opened.DestinationPort)
            || (state.Packet.DestinationPort >= 0 && opened.SourcePort >= 0 && state.Packet.DestinationPort != opened.SourcePort);
        if (!addresses || portsDiffer)
        {
            return (
                MatchOutcome.No,
                StepMessages.AnswerFromOther(state.End.Cause == EndCause.Bypassed ? state.End.Reason + "; " : "", from,
                state.Packet.Endpoint(state.Packet.Destination, state.Packet.DestinationPort),
                state.Packet.Endpoint(opened.Destination, opened.DestinationPort)));
        }

        if (state.Completes != MatchOutcome.Yes)
        {
            return (state.Completes, state.CompletesReason!);
        }

        bool portsOpen = (state.Packet.SourcePort < 0) != (opened.DestinationPort < 0)
            || (state.Packet.DestinationPort < 0) != (opened.SourcePort < 0);
        return portsOpen
            ? (MatchOutcome.Unknown, StepMessages.WhetherAnswersPortsAreThose)
            : (MatchOutcome.Yes, StepMessages.AnswerFromCalled(from,
                state.End.Cause == EndCause.OtherWay ? "; " + state.End.Reason : ""));
    }
}
