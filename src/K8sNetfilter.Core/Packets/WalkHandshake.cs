namespace K8sNetfilter.Packets;

/// <summary>
/// The third packet of a TCP handshake. A call and its answer may pass where the client's acknowledgement does not: it is invalid where
/// connection tracking saw only one of them (NOTRACK for one direction), and rules may let first packets through that keep later ones.
/// </summary>
internal sealed class WalkHandshake(WalkRun run, WalkStart start)
{
    private const int Syn = 0x02;
    private const int Ack = 0x10;

    /// <summary>Whether the third packet could end otherwise than the first and its answer, so that it is worth a walk.</summary>
    public bool IsDue(WalkState answer)
    {
        if (answer.Protocol != IPProtocolName.Tcp || answer.Direction != PacketDirection.Reply || !WalkAnswer.Arrived(answer)
            || answer.End == WalkEnd.Bypassed || answer.Request!.Taker == WalkTaker.Refused || run.Packet.State is not (ConnectionState.None or ConnectionState.New)
            || ((run.Packet.TcpFlags ?? Syn) & (Syn | Ack)) != Syn)
        {
            return false;
        }

        bool isWhole = answer.Request!.HasConnection && answer is { State: ConnectionState.Established, OfReplyTuple: true };
        return (!isWhole || run.MayStopLater) && WalkAnswer.Outcome(answer).Works == MatchOutcome.Yes;
    }

    /// <summary>Makes the third packet of it. Its way is not told: only its end matters.</summary>
    public WalkState Make(WalkState answer)
    {
        var third = start.Later(answer, 2);
        third.TcpFlags = Ack;
        third.Opened = answer.Opened;
        (third.Source, third.SourceKnown, third.Destination) = (answer.Opened.Source, answer.Opened.SourceKnown, answer.Opened.Destination);
        (third.SourcePort, third.DestinationPort) = (answer.Opened.SourcePort, answer.Opened.DestinationPort);
        third.Answer = answer;
        return third;
    }

    /// <summary>The answer, with what became of the third packet.</summary>
    public static WalkState Complete(WalkState third)
    {
        var answer = third.Answer!.Fork();
        (answer.Branch, answer.Parent, answer.Probability, answer.Assumptions) = (third.Branch, third.Parent, third.Probability, third.Assumptions);
        if (third.Fate is PacketFate.Dropped or PacketFate.Rejected)
        {
            (answer.Completes, answer.CompletesReason) = (MatchOutcome.No, $"{What(third)} does not: {third.EndReason}");
            (answer.End, answer.EndRule, answer.EndHook) = (third.End, third.EndRule, third.EndHook);
        }
        else if (third.Fate == PacketFate.Unknown)
        {
            (answer.Completes, answer.CompletesReason) = (MatchOutcome.Unknown, $"{What(third)} may not: {third.EndReason}");
        }
        else if (!Same(third, answer.Request!))
        {
            var request = answer.Request!;
            (answer.Completes, answer.CompletesReason) = (
                MatchOutcome.No,
                $"{What(third)} goes to {third.Endpoint(third.Destination, third.DestinationPort)}, not to {request.Endpoint(request.Destination, request.DestinationPort)}");
            answer.End = WalkEnd.HalfTracked;
        }

        return answer;
    }

    private static string What(WalkState third) => $"the call and its answer pass, but the third packet of the handshake ({third.State.ToString().ToUpperInvariant()})";

    private static bool Same(WalkState third, WalkState request)
    {
        return third.Fate == request.Fate && third.Destination == request.Destination && third.Source == request.Source
            && Port(third.DestinationPort, request.DestinationPort) && Port(third.SourcePort, request.SourcePort);

        static bool Port(int one, int other) => one == other || one < 0 || other < 0;
    }
}
