using System.Globalization;
using System.Net;
using K8sNetfilter.Addressing;
using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.Logic;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Services;
using K8sNetfilter.Simulation;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Steps;
using K8sNetfilter.Text;

namespace K8sNetfilter.Diagnosis.Hairpin;

/// <summary>
/// Tries a pod's call to a Service on paper: walks it through the node's rules, bridges and routes to an endpoint and its answer back, and
/// says from how the walk ends whether the call works and why not. Where the walk forks over what is not known, only what all ways have in
/// common is said.
/// </summary>
internal sealed class CallCheck(PacketWalk walk, bool v6, bool? hasBridgeNetfilter)
{
    // More rules than this that each accept ahead of the masquerading one are not taken away one by one.
    private const int MostRulesAhead = 8;

    // A jump behind more rules than this is not moved.
    private const int MostRulesBefore = 200;

    private static readonly Remedy s_restart = Remedy.Cluster("kubectl -n kube-system rollout restart daemonset kube-proxy");
    private static readonly Remedy s_chains = Remedy.Look("Get-NetfilterChain -Table nat KUBE-*");

    // A client that has no session yet: its endpoint is chosen by chance, and every endpoint is tried.
    private static readonly KeyValuePair<string, bool>[] s_newClient = [new("recent", false)];

    /// <summary>Tries a call.</summary>
    /// <param name="source">The calling pod.</param>
    /// <param name="service">The Service.</param>
    /// <param name="chosen">The chain of the endpoint that chance leads to; null to follow every way.</param>
    /// <param name="endpoint">That endpoint's address; null for any.</param>
    /// <param name="cancellation">Ends the walk.</param>
    public CallVerdict Try(Pod source, NodeService service, NetfilterChain? chosen, Bits128? endpoint, CancellationToken cancellation)
    {
        var packet = new Packet
        {
            Source = source.IP,
            Destination = service.Address!,
            Protocol = service.Protocol,
            DestinationPort = service.Port,
            InInterface = source.Link,
        };
        var options = new WalkOptions { Reply = true, Chosen = chosen, Assume = s_newClient, MaxBranches = 4096 };
        var branches = walk.Follow(packet, options, cancellation);
        CallVerdict? broken = null;
        CallVerdict? works = null;
        CallVerdict? open = null;
        foreach (var branch in branches)
        {
            var finding = Beside(branch, Judge(branch, packet, options, service, endpoint, cancellation), service);
            switch (finding.Verdict)
            {
                case ServiceVerdict.Works:
                    works ??= finding;
                    break;
                case ServiceVerdict.Broken:
                    // What chance alone leads to does happen.
                    broken = broken is null || (!IsOpen(branch) && IsOpen(broken.Branch!)) ? finding : broken;
                    break;
                default:
                    open ??= finding;
                    break;
            }
        }

        if (broken is not null && (!IsOpen(broken.Branch!) || (works is null && open is null)))
        {
            return broken;
        }

        if (broken is null && open is null && works is not null)
        {
            return works;
        }

        return open is not null && !IsOpen(open.Branch!) ? open : Unknown(branches, service);
    }

    private static bool IsOpen(BranchState branch) => Assumption.HasQuestions(branch.Assumptions);

    // What the call met and no rule that was walked is of: it leaves a verdict open, except where it can't mend what is broken.
    private CallVerdict Beside(BranchState branch, CallVerdict finding, NodeService service)
    {
        if (finding.Verdict is not (ServiceVerdict.Works or ServiceVerdict.Broken))
        {
            return finding;
        }

        var works = finding.Verdict == ServiceVerdict.Works ? MatchOutcome.Yes : MatchOutcome.No;
        var others = walk.Others;
        if (others.Limit(branch, works, walk.Network.KnowsRoutes(v6)) is not { } limit)
        {
            return finding.Verdict == ServiceVerdict.Broken && others.Beside(branch) is { } beside ? finding with { Evidence = finding.Evidence + beside } : finding;
        }

        return finding with
        {
            Verdict = ServiceVerdict.Unknown,
            Cause = ServiceHairpinCause.Unknown,
            Evidence = $"{limit}; by those alone: {(works == MatchOutcome.Yes ? "works" : finding.Cause)}: {finding.Evidence}",
            Remedy = CallRemedies.Probe(service),
        };
    }

    private CallVerdict Judge(BranchState branch, Packet packet, WalkOptions options, NodeService service, Bits128? endpoint, CancellationToken cancellation)
    {
        var (outcome, reason) = ReplyCheck.Outcome(branch);
        var request = branch.Request ?? branch;
        bool arrived = branch.Request is not null;
        if (branch.End.Cause is EndCause.Rule or EndCause.Policy)
        {
            return ByRule(branch, service, reason);
        }

        if (branch is { End.Cause: EndCause.OtherChain, EndOther: { } other })
        {
            return new CallVerdict(ServiceVerdict.Broken, ServiceHairpinCause.DroppedByRule, $"{Way(branch)}: {reason}", other.Command is { } command ? Remedy.Tools(command) : Remedy.Look("Get-NetfilterHook")) { Branch = branch };
        }

        // What did not get as far as the first hook met no rule that could have translated it.
        bool metRules = arrived || branch is not { End.Cause: EndCause.NoLink, Connection.State: ConnectionState.None };
        if (!request.Connection.DestinationNat && metRules)
        {
            if (outcome == MatchOutcome.Yes && request is { End.Fate: PacketFate.Delivered, Connection.State: ConnectionState.Untracked, End.NotTrackedBy: { } by })
            {
                return AnsweredHere(branch, request, by, service);
            }

            return outcome == MatchOutcome.Unknown && !arrived
                ? new CallVerdict(ServiceVerdict.Unknown, ServiceHairpinCause.Unknown, reason, CallRemedies.Probe(service)) { Branch = branch }
                : NotTranslated(request, service);
        }

        if (outcome == MatchOutcome.Yes)
        {
            string answer = $"the call reaches {Show(request.Packet.Destination, request.Packet.DestinationPort)}"
                + (request.Connection.SourceNat ? request.Packet.SourceKnown ? $" from {AddressBits.ToAddress(request.Packet.Source, v6)}" : " masqueraded" : "") + $"; {reason}";
            return endpoint is { } wanted && request.Packet.Destination != wanted
                ? new CallVerdict(ServiceVerdict.Unknown, ServiceHairpinCause.Unknown, $"the rules lead to {Show(request.Packet.Destination, request.Packet.DestinationPort)} instead", CallRemedies.Probe(service)) { Branch = branch }
                : new CallVerdict(ServiceVerdict.Works, ServiceHairpinCause.None, answer, null) { Branch = branch };
        }

        if (outcome == MatchOutcome.Unknown)
        {
            return new CallVerdict(ServiceVerdict.Unknown, ServiceHairpinCause.Unknown, reason, CallRemedies.Probe(service)) { Branch = branch };
        }

        var (cause, evidence, remedy) = branch.End.Cause switch
        {
            EndCause.NotForwarded => (ServiceHairpinCause.ForwardingOff, reason, CallRemedies.Forwarding(walk.Network, v6, branch.Packet.In)),
            EndCause.HairpinOff => (ServiceHairpinCause.HairpinOff, reason, CallRemedies.Port(branch.Port ?? branch.Packet.PhysicalIn, PortFlag.HairpinOn)),
            EndCause.Bypassed => (ServiceHairpinCause.AnswerBypasses, reason, Remedy.Look(
                "Get-NetfilterRule -Table nat -Chain KUBE-POSTROUTING", "a call that does not come from a pod must be masqueraded: is kube-proxy's clusterCIDR right?")),
            EndCause.HalfTracked when branch.End.NotTrackedBy is { } by => (ServiceHairpinCause.NotTracked, $"{Place(by)} takes one direction out of connection tracking: {reason}", CallRemedies.Delete(by)),
            EndCause.OwnAddress => Itself(branch, packet, options, service, cancellation),
            EndCause.NoRoute or EndCause.Martian => (ServiceHairpinCause.NoRoute, $"{Way(branch)}: {reason}", Remedy.Tools($"ip {(v6 ? "-6 " : "")}route get {AddressBits.ToAddress(branch.Packet.Destination, v6)}")),
            // The caller of a datagram sees silence, as a probe does: the ICMP error is not an answer.
            EndCause.Refused => (request.Packet.Protocol == IPProtocolName.Tcp ? ServiceHairpinCause.EndpointRefused : ServiceHairpinCause.EndpointSilent, $"the call reaches {Show(request.Packet.Destination, request.Packet.DestinationPort)}: {reason}", CallRemedies.Receiver(AddressBits.ToAddress(request.Packet.Destination, v6))),
            EndCause.NobodyThere => (ServiceHairpinCause.EndpointSilent, reason, CallRemedies.Endpoints(service)),
            EndCause.QueueFull => (ServiceHairpinCause.EndpointSilent, $"the call reaches {Show(request.Packet.Destination, request.Packet.DestinationPort)}: {reason}", CallRemedies.Receiver(AddressBits.ToAddress(request.Packet.Destination, v6))),
            EndCause.NoLink => (ServiceHairpinCause.NoRoute, $"{Way(branch)}: {reason}", Remedy.Tools($"ip neigh show to {AddressBits.ToAddress(branch.Packet.NextHop, v6)}", "bridge fdb show", "ip -d link")),
            EndCause.TooLong => (ServiceHairpinCause.PacketTooLarge, $"{Way(branch)}: {reason}", Remedy.Tools("ip link", "ip route")),
            EndCause.Isolated => (ServiceHairpinCause.DroppedByRule, $"{Way(branch)}: {reason}", CallRemedies.Port(branch.Port, PortFlag.IsolatedOff)),
            _ => WrongAnswer(branch, reason, service),
        };
        return new CallVerdict(ServiceVerdict.Broken, cause, evidence, remedy) { Branch = branch, Otherwise = cause == ServiceHairpinCause.MasqueradeMissing ? s_restart : null };
    }

    private CallVerdict ByRule(BranchState branch, NodeService service, string reason)
    {
        string hook = branch.End.Hook!.Chain!.Name;
        bool isRefusal = branch.End.Cause == EndCause.Rule && branch.Direction == PacketDirection.Original && IsRefused(service);
        string suddenly = hook == "FORWARD" && branch is { Layer2: WalkLayer2.Port, Packet.HasBridgeInfo: true }
            ? $"; bridge netfilter is on, so that what {branch.Packet.In} forwards between its ports meets FORWARD too" : "";
        string rule = branch.End.Rule is { } by ? $": {Printable.Text(by.Bare, 300)}" : "";
        string path = branch.End.Hook.Backend == NetfilterBackend.Nft ? "nft" : "legacy";
        return new CallVerdict(
            ServiceVerdict.Broken,
            isRefusal ? ServiceHairpinCause.NoEndpoint : ServiceHairpinCause.DroppedByRule,
            $"{Way(branch)} on {hook} ({path}): {reason}{rule}{suddenly}",
            isRefusal ? CallRemedies.Endpoints(service) : CallRemedies.Trace(branch.Connection.Opened, branch.Packet.Protocol, v6))
        { Branch = branch };
    }

    // As NodeLocal DNSCache has it: the node has the Service's address itself, and takes its packets out of connection tracking.
    private CallVerdict AnsweredHere(BranchState branch, BranchState request, NetfilterRule by, NodeService service)
    {
        string address = AddressBits.ToAddress(request.Packet.Destination, v6).ToString();
        string listens = string.Create(CultureInfo.InvariantCulture, $"{address} listens on {service.Port}/{service.Protocol}");
        if (!walk.Network.Listeners.IsAsked)
        {
            PacketSimulation.Grant(branch, listens, listens);
        }

        return new CallVerdict(
            ServiceVerdict.Works, ServiceHairpinCause.None,
            $"{address} is an address of this node too, and {Place(by)} takes the call out of connection tracking: a process on this node answers it, not an endpoint", null)
        { Branch = branch };
    }

    /// <summary>Whether nobody is served: what drops calls from outside for want of a local endpoint may serve the pods.</summary>
    public static bool IsRefused(NodeService service) => service.Refusal is not null && (service.Chain is null || service.Refusal == "REJECT");

    private CallVerdict NotTranslated(BranchState request, NodeService service) => request is { Connection.State: ConnectionState.Untracked, End.NotTrackedBy: { } by }
        ? new CallVerdict(ServiceVerdict.Broken, ServiceHairpinCause.NotTracked, $"the call is never translated: {Place(by)} takes it out of connection tracking: {Printable.Text(by.Bare, 300)}", CallRemedies.Delete(by))
        { Branch = request }
        : new CallVerdict(ServiceVerdict.Broken, ServiceHairpinCause.NoTranslation, "no rule that the call meets translates the Service's address: are KUBE-SERVICES and the Service's chains still jumped to?",
            CallRemedies.JumpToServices(walk.Rules, service) ?? s_chains)
        { Branch = request, Otherwise = s_chains };

    // The answer arrived, and not as one from whom was called.
    private (ServiceHairpinCause Cause, string Evidence, Remedy Remedy) WrongAnswer(BranchState branch, string reason, NodeService service)
    {
        string key = $"net.bridge.bridge-nf-call-{(v6 ? "ip6tables" : "iptables")}";
        if (branch.End.PassedBridge is { } bridge)
        {
            string name = Printable.Text(bridge);
            var set = CallRemedies.BridgeNetfilter(v6, hasBridgeNetfilter);
            return hasBridgeNetfilter == false
                ? (ServiceHairpinCause.ModuleMissing, $"{name} forwards the answer at layer 2 past connection tracking, since br_netfilter is not loaded: {reason}", set)
                : (ServiceHairpinCause.BridgeNetfilterOff, $"{name} forwards the answer at layer 2 past connection tracking, since {key} and the bridge's own flag are 0: {reason}", set);
        }

        return branch is { Connection.State: ConnectionState.Untracked, End.NotTrackedBy: { } by }
            ? (ServiceHairpinCause.NotTracked, $"the answer is not translated back: {Place(by)} takes it out of connection tracking: {Printable.Text(by.Bare, 300)}", CallRemedies.Delete(by))
            : (ServiceHairpinCause.Unknown, reason, CallRemedies.Probe(service));
    }

    /// <summary>
    /// A pod got a call from its own address. Whether nothing masquerades it, or something would that an earlier rule keeps it from, is
    /// found by walking again without the rules that let it leave as it was.
    /// </summary>
    private (ServiceHairpinCause Cause, string Evidence, Remedy Remedy) Itself(BranchState branch, Packet packet, WalkOptions options, NodeService service, CancellationToken cancellation)
    {
        var without = new List<NetfilterRule>();
        for (var state = branch; state is { End.LeftAsItWas: { } ahead } && without.Count < MostRulesAhead && !without.Contains(ahead);)
        {
            without.Add(ahead);
            var again = walk.Follow(packet, options with { Without = without }, cancellation);
            if (again.FirstOrDefault(s => s.End.SourceNatBy is not null) is { End.SourceNatBy: { } masquerade })
            {
                var first = without[0];
                return (
                    ServiceHairpinCause.RuleOrder,
                    $"{Place(first)} accepts the call before {Place(masquerade)} masquerades it, so that the pod gets it from its own address: {Printable.Text(first.Bare, 200)} comes ahead of {Printable.Text(masquerade.Bare, 200)}",
                    Reorder(without, masquerade, packet, options, cancellation));
            }

            state = again.FirstOrDefault(s => s.End.Cause == EndCause.OwnAddress);
        }

        bool marked = branch.Packet.Mark != 0 && branch.Packet.MarkKnown != 0;
        return (
            ServiceHairpinCause.MasqueradeMissing,
            $"no rule masquerades the call, so that the pod gets it from its own address{(marked ? string.Create(CultureInfo.InvariantCulture, $" (it has the mark 0x{branch.Packet.Mark:x}, which nothing on POSTROUTING acts on)") : "")}: {branch.End.Reason}",
            (marked ? CallRemedies.JumpToMasquerade(walk.Rules, service) : CallRemedies.MarkOwnCall(options.Chosen, packet.Source!)) ?? s_restart);
    }

    // What all branches but one assume tells what is missing.
    private static CallVerdict Unknown(IReadOnlyList<BranchState> branches, NodeService service)
    {
        var missing = branches.SelectMany(b => Assumption.Texts(b.Assumptions)).Distinct().Take(3).Select(t => Printable.Text(t, 200)).ToArray();
        string evidence = missing.Length == 0 ? branches.Select(b => b.End.Reason).FirstOrDefault(r => r.Length > 0) ?? "the walk does not decide it"
            : "it depends on what is not known: " + string.Join(" | ", missing);
        return new CallVerdict(ServiceVerdict.Unknown, ServiceHairpinCause.Unknown, evidence, CallRemedies.Probe(service)) { Branch = branches.Count > 0 ? branches[0] : null };
    }

    /// <summary>
    /// What puts the rules into an order in which the call is masqueraded: the jump whose chain does it goes to the front, which is where
    /// kube-proxy puts its own. Tried by walking without what stands before that jump; where no jump helps, what accepts ahead goes.
    /// </summary>
    private Remedy Reorder(List<NetfilterRule> ahead, NetfilterRule masquerade, Packet packet, WalkOptions options, CancellationToken cancellation)
    {
        var jumps = masquerade.InChain.Owner.FindChain("POSTROUTING")?.GetRules().Where(r => r.JumpsTo is { } to && CommandPlace.IsWord(to.Name) && r.Number <= MostRulesBefore) ?? [];
        foreach (var jump in jumps.OrderByDescending(r => r.JumpsTo!.Name == "KUBE-POSTROUTING").Take(MostRulesAhead))
        {
            var before = jump.InChain.GetRules().Take(jump.Number - 1).ToList();
            var branches = before.Count == 0 ? [] : walk.Follow(packet, options with { Without = before }, cancellation);
            if (branches.Any(s => s.End.SourceNatBy is not null) && branches.All(s => s.End.Cause != EndCause.OwnAddress))
            {
                return CallRemedies.MoveFirst(jump);
            }
        }

        return CallRemedies.Delete(ahead);
    }

    private static string Place(NetfilterRule rule) => string.Create(CultureInfo.InvariantCulture, $"rule {rule.Number} of {rule.Table} {Printable.Text(rule.Chain)}");

    private static string Way(BranchState branch) => branch.Completes != MatchOutcome.Yes ? "the handshake's third packet is dropped"
        : branch.Direction == PacketDirection.Reply ? "the answer is dropped" : "the call is dropped";

    private string Show(Bits128 address, int port) => port < 0 ? AddressBits.ToAddress(address, v6).ToString() : new IPEndPoint(AddressBits.ToAddress(address, v6), port).ToString();
}
