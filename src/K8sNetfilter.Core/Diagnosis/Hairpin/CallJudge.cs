using System.Net;
using K8sNetfilter.Addressing;
using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Services;
using K8sNetfilter.Simulation;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Text;

namespace K8sNetfilter.Diagnosis.Hairpin;

/// <summary>Says from the end of one branch of a call's walk whether the call works, and why not.</summary>
internal sealed class CallJudge(PacketWalk walk, IPFamily family, bool? hasBridgeNetfilter)
{
    private static readonly Remedy Chains = Remedy.Look("Get-NetfilterChain -Table nat KUBE-*");

    private readonly OwnCallCheck _ownCall = new(walk);

    /// <summary>The verdict of a branch.</summary>
    public CallVerdict Judge(WalkEnd end, in WalkedCall call)
    {
        var service = call.Service;
        var (works, reason) = end.Outcome();
        if (end.Cause is EndCause.Rule or EndCause.Policy)
        {
            return ByRule(end, service, reason);
        }

        if (end is { Cause: EndCause.OtherChain, OtherChain: { } other })
        {
            var shows = other.Command is { } command ? Remedy.Tools(command) : Remedy.Look("Get-NetfilterHook");
            return Broken(end, (ServiceHairpinCause.DroppedByRule, $"{Way(end)}: {reason}", shows));
        }

        // What did not get as far as the first hook met no rule that could have translated it.
        var request = end.Request ?? end;
        bool metRules = end.Request is not null || end is not { Cause: EndCause.NoLink, State: ConnectionState.None };
        if (!request.HasDestinationNat && metRules)
        {
            return works == MatchOutcome.Yes
                && request is { Fate: PacketFate.Delivered, State: ConnectionState.Untracked, NotTrackedBy: { } by }
                ? AnsweredHere(end, request, by, service)
                : works == MatchOutcome.Unknown && end.Request is null ? Open(end, reason, service)
                : NotTranslated(request, service);
        }

        return works switch
        {
            MatchOutcome.Yes => Answered(end, request, call, reason),
            MatchOutcome.Unknown => Open(end, reason, service),
            _ => Broken(end, Cause(end, request, call, reason)),
        };
    }

    /// <summary>Names a rule: <c>rule 3 of nat KUBE-SERVICES</c>.</summary>
    public static string Name(NetfilterRule rule) =>
        HairpinMessages.RuleAt(rule.Number, rule.Table, Printable.Text(rule.Chain));

    private static CallVerdict Open(WalkEnd end, string reason, NodeService service) =>
        new(ServiceVerdict.Unknown, ServiceHairpinCause.Unknown, reason, CallRemedies.Probe(service)) { End = end };

    private static CallVerdict Broken(WalkEnd end, (ServiceHairpinCause Cause, string Evidence, Remedy Remedy) found) =>
        new(ServiceVerdict.Broken, found.Cause, found.Evidence, found.Remedy)
        {
            End = end,
            Otherwise = found.Cause == ServiceHairpinCause.MasqueradeMissing ? OwnCallCheck.Restart : null,
        };

    // The reply arrived.
    private CallVerdict Answered(WalkEnd end, WalkEnd request, in WalkedCall call, string reason)
    {
        string reached = Endpoint(request);
        if (call.Endpoint is { } wanted && request.Destination != wanted)
        {
            return Open(end, HairpinMessages.RulesLeadToInstead(reached), call.Service);
        }

        string from = !request.HasSourceNat ? "" : request.Source is { } source ? $" from {AddressBits.ToAddress(source, family)}"
            : " masqueraded";
        return new CallVerdict(ServiceVerdict.Works, ServiceHairpinCause.None, HairpinMessages.CallReachesFrom(reached, from, reason),
            null) { End = end };
    }

    // The reply does not arrive, or not as one from the address that was called.
    private (ServiceHairpinCause Cause, string Evidence, Remedy Remedy) Cause(
        WalkEnd end, WalkEnd request, in WalkedCall call, string reason) => end.Cause switch
    {
        EndCause.NotForwarded => (ServiceHairpinCause.ForwardingOff, reason, CallRemedies.Forwarding(walk.Network, family, end.In)),
        EndCause.HairpinOff => (ServiceHairpinCause.HairpinOff, reason, CallRemedies.Port(end.PortOut ?? end.PortIn, PortFlag.HairpinOn)),
        EndCause.Bypassed => (ServiceHairpinCause.AnswerBypasses, reason, Remedy.Look(
            "Get-NetfilterRule -Table nat -Chain KUBE-POSTROUTING",
            HairpinMessages.CallThatDoesNotCome)),
        EndCause.HalfTracked when end.NotTrackedBy is { } by => (
            ServiceHairpinCause.NotTracked, HairpinMessages.TakesOneDirectionOutOf(Name(by), reason),
            CallRemedies.Delete(by)),
        EndCause.OwnAddress => _ownCall.Explain(end, call),
        EndCause.NoRoute or EndCause.Martian => (
            ServiceHairpinCause.NoRoute, $"{Way(end)}: {reason}",
            Remedy.Tools($"ip {(family == IPFamily.IPv6 ? "-6 " : "")}route get {AddressBits.ToAddress(end.Destination, family)}")),
        EndCause.NoLink => (
            ServiceHairpinCause.NoRoute, $"{Way(end)}: {reason}",
            Remedy.Tools($"ip neigh show to {AddressBits.ToAddress(end.NextHop, family)}", "bridge fdb show", "ip -d link")),
        EndCause.TooLong => (ServiceHairpinCause.PacketTooLarge, $"{Way(end)}: {reason}", Remedy.Tools("ip link", "ip route")),
        EndCause.Isolated => (ServiceHairpinCause.DroppedByRule, $"{Way(end)}: {reason}",
            CallRemedies.Port(end.PortOut, PortFlag.IsolatedOff)),
        EndCause.Refused or EndCause.QueueFull => AtEndpoint(end, request, reason),
        EndCause.NobodyThere => (ServiceHairpinCause.EndpointSilent, reason, CallRemedies.Endpoints(call.Service)),
        _ => WrongAnswer(end, reason, call.Service),
    };

    // The caller of a datagram sees silence, as a probe does: the ICMP error is not an answer.
    private (ServiceHairpinCause Cause, string Evidence, Remedy Remedy) AtEndpoint(WalkEnd end, WalkEnd request, string reason)
    {
        bool isRefused = end.Cause == EndCause.Refused && request.Protocol == IPProtocolName.Tcp;
        return (
            isRefused ? ServiceHairpinCause.EndpointRefused
            : ServiceHairpinCause.EndpointSilent, HairpinMessages.CallReaches(Endpoint(request), reason),
            CallRemedies.Receiver(AddressBits.ToAddress(request.Destination, family)));
    }

    private CallVerdict ByRule(WalkEnd end, NodeService service, string reason)
    {
        bool isRefusal = end.Cause == EndCause.Rule && end.Direction == PacketDirection.Original && CallCheck.IsRefused(service);
        string suddenly = end.BaseChain == "FORWARD" && end.IsBridgedThroughHooks
            ? HairpinMessages.BridgeNetfilterIsOnSo(end.In) : "";
        string rule = end.Rule is { } by ? $": {Printable.Text(by.Bare, 300)}" : "";
        string backend = end.Backend == NetfilterBackend.Nft ? "nft" : "legacy";
        return Broken(end, (
            isRefusal ? ServiceHairpinCause.NoEndpoint : ServiceHairpinCause.DroppedByRule,
            $"{Way(end)} on {end.BaseChain} ({backend}): {reason}{rule}{suddenly}",
            isRefusal ? CallRemedies.Endpoints(service) : CallRemedies.Trace(end.Opened, end.Protocol, family)));
    }

    // As NodeLocal DNSCache has it: the node has the Service's address itself, and takes its packets out of connection tracking.
    private CallVerdict AnsweredHere(WalkEnd end, WalkEnd request, NetfilterRule by, NodeService service)
    {
        string address = AddressBits.ToAddress(request.Destination, family).ToString();
        return new CallVerdict(
            ServiceVerdict.Works, ServiceHairpinCause.None,
            HairpinMessages.IsAddressOfThisNode(address, Name(by)), null)
        {
            End = end,
            Assumed = walk.Network.Listeners.IsAsked ? null
                : HairpinMessages.ListensOnPort(address, service.Port, service.Protocol),
        };
    }

    private CallVerdict NotTranslated(WalkEnd request, NodeService service) =>
        request is { State: ConnectionState.Untracked, NotTrackedBy: { } by }
        ? Broken(request, (
            ServiceHairpinCause.NotTracked,
            HairpinMessages.CallIsNeverTranslatedTakes(Name(by), Printable.Text(by.Bare, 300)),
            CallRemedies.Delete(by)))
        : Broken(request, (
            ServiceHairpinCause.NoTranslation,
            HairpinMessages.NoRuleThatCallMeets,
            CallRemedies.JumpToServices(walk.Rules, service) ?? Chains)) with
        { Otherwise = Chains };

    // The reply arrived, and not as one from the address that was called.
    private (ServiceHairpinCause Cause, string Evidence, Remedy Remedy) WrongAnswer(WalkEnd end, string reason, NodeService service)
    {
        if (end.PassedBridge is { } bridge)
        {
            string name = Printable.Text(bridge);
            string key = $"net.bridge.bridge-nf-call-{(family == IPFamily.IPv6 ? "ip6tables" : "iptables")}";
            var (cause, why) = hasBridgeNetfilter == false ? (ServiceHairpinCause.ModuleMissing, HairpinMessages.BrNetfilterIsNotLoaded)
                : (ServiceHairpinCause.BridgeNetfilterOff, HairpinMessages.AndBridgesOwnFlagAre(key));
            return (
                cause, HairpinMessages.ForwardsAnswerAtLayer2(name, why, reason),
                CallRemedies.BridgeNetfilter(family, hasBridgeNetfilter));
        }

        return end is { State: ConnectionState.Untracked, NotTrackedBy: { } by }
            ? (ServiceHairpinCause.NotTracked,
                HairpinMessages.AnswerIsNotTranslatedBack(Name(by), Printable.Text(by.Bare, 300)),
                CallRemedies.Delete(by))
            : (ServiceHairpinCause.Unknown, reason, CallRemedies.Probe(service));
    }

    private static string Way(WalkEnd end) => end.EndsLater ? HairpinMessages.HandshakesThirdPacketIsDropped
        : end.Direction == PacketDirection.Reply ? HairpinMessages.AnswerIsDropped : HairpinMessages.CallIsDropped;

    private string Endpoint(WalkEnd request)
    {
        var address = AddressBits.ToAddress(request.Destination, family);
        return request.DestinationPort < 0 ? address.ToString() : new IPEndPoint(address, request.DestinationPort).ToString();
    }
}
