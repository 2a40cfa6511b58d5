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
        bool echo = state.Protocol is IPProtocolName.Icmp or IPProtocolName.IcmpV6;
        if ((echo && state.IcmpType is not (8 or 128)) || !state.SourceKnown)
        {
            state.EndReason += state.SourceKnown ? "; such a packet is not answered" : "; where an answer would go is not known";
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
        bool delivered = state.Fate == PacketFate.Delivered;
        bool echo = state.Protocol is IPProtocolName.Icmp or IPProtocolName.IcmpV6;
        state.Direction = PacketDirection.Reply;
        (state.Source, state.Destination) = (state.Destination, state.Source);
        (state.SourcePort, state.DestinationPort) = (state.DestinationPort, state.SourcePort);
        if (echo)
        {
            state.IcmpType = run.V6 ? 129 : 0;
        }
        else if (state.TcpFlags >= 0)
        {
            state.TcpFlags = (state.TcpFlags & 0x02) != 0 ? 0x12 : 0x10;
        }

        // Another packet: it has neither the mark nor the measures of the first.
        (state.Mark, state.MarkKnown) = (0, uint.MaxValue);
        (state.Length, state.Ttl, state.Tos) = (run.Options.AnswerFields?.Length ?? -1, run.Options.AnswerFields?.Ttl ?? -1, run.Options.AnswerFields?.Tos ?? -1);
        state.Fragments = 0;
        state.State = ConnectionState.None;
        (state.Fate, state.EndReason) = (PacketFate.Unknown, "");
        state.Looped = state.RouteKept = false;
        state.HasBridgeInfo = false;
        state.PassedBridge = null;
        state.Local = delivered;
        string? input = state.Layer2 == WalkLayer2.Port ? state.PhysicalOut ?? state.Out : state.Out;
        if (run.Network.Find(input)?.IsBridge == true)
        {
            input = run.Network.PortOf(input!, state.Source) ?? input;
        }

        (state.Layer2, state.Port) = (WalkLayer2.None, null);
        state.In = delivered ? "" : input;
        (state.Out, state.PhysicalIn, state.PhysicalOut, state.RouteDevice) = ("", "", "", null);
        (state.Stage, state.HookPosition) = (delivered ? WalkStage.LocalRoute : WalkStage.Ingress, 0);
    }

    /// <summary>Looks at where an answer leaves.</summary>
    public void Compare(BranchState answer) => _return.Compare(answer);

    /// <summary>Whether the connection comes about on a branch, and why.</summary>
    public static (MatchOutcome Works, string Reason) Outcome(BranchState state) =>
        // A sender that learns the MTU sends less at once, and gets its answer.
        state is { Fate: PacketFate.Rejected, End: EndCause.TooLong } ? (MatchOutcome.Unknown, state.EndReason)
        : state.Fate is PacketFate.Dropped or PacketFate.Rejected ? (MatchOutcome.No, state.EndReason)
        : Arrived(state) && state.Direction == PacketDirection.Reply ? Answers(state)
        : (MatchOutcome.Unknown, state.EndReason);

    public static bool Arrived(BranchState state) => state.Fate is PacketFate.Delivered or PacketFate.Sent;

    private static (MatchOutcome Works, string Reason) Answers(BranchState state)
    {
        var opened = state.Opened;
        string from = state.SourceKnown ? state.Endpoint(state.Source, state.SourcePort) : "an address that is not known";
        if (!state.SourceKnown)
        {
            return (MatchOutcome.Unknown, "whom the answer comes from is not known");
        }

        bool addresses = state.Source == opened.Destination && state.Destination == opened.Source;
        bool portsDiffer = (state.SourcePort >= 0 && opened.DestinationPort >= 0 && state.SourcePort != opened.DestinationPort)
            || (state.DestinationPort >= 0 && opened.SourcePort >= 0 && state.DestinationPort != opened.SourcePort);
        if (!addresses || portsDiffer)
        {
            return (
                MatchOutcome.No,
                (state.End == EndCause.Bypassed ? state.EndReason + "; " : "") + $"the answer arrives as one from {from} to {state.Endpoint(state.Destination, state.DestinationPort)}, but {state.Endpoint(opened.Destination, opened.DestinationPort)} was called: no connection comes about");
        }

        if (state.Completes != MatchOutcome.Yes)
        {
            return (state.Completes, state.CompletesReason!);
        }

        bool portsOpen = (state.SourcePort < 0) != (opened.DestinationPort < 0) || (state.DestinationPort < 0) != (opened.SourcePort < 0);
        return portsOpen
            ? (MatchOutcome.Unknown, "whether the answer's ports are those that were called is not known")
            : (MatchOutcome.Yes, $"the answer arrives as one from {from}, which was called" + (state.End == EndCause.OtherWay ? "; " + state.EndReason : ""));
    }
}
