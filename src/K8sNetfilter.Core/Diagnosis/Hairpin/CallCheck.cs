using K8sNetfilter.Addressing;
using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Services;
using K8sNetfilter.Simulation;
using K8sNetfilter.Text;

namespace K8sNetfilter.Diagnosis.Hairpin;

/// <summary>
/// Checks a pod's call to a Service in the model: walks it through the node's rules, bridges and routes to an endpoint and its reply back.
/// If the walk forks over what is not known, the verdict is only what all branches have in common.
/// </summary>
internal sealed class CallCheck(PacketWalk walk, IPFamily family, bool? hasBridgeNetfilter)
{
    // A client that has no session yet: its endpoint is chosen by chance, and every endpoint is tried.
    private static readonly KeyValuePair<string, bool>[] NewClient = [new("recent", false)];

    private readonly CallJudge _judge = new(walk, family, hasBridgeNetfilter);

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
        var options = new WalkOptions { Reply = true, Chosen = chosen, Assume = NewClient, MaxBranches = 4096 };
        var call = new WalkedCall(packet, options, service, endpoint, cancellation);
        var ends = walk.Ends(packet, options, cancellation);
        var verdicts = new CallVerdict[ends.Length];
        for (int i = 0; i < ends.Length; i++)
        {
            verdicts[i] = Beside(ends[i], _judge.Judge(ends[i], call), service);
        }

        return InCommon(verdicts) ?? Undecided(ends, verdicts, service);
    }

    /// <summary>
    /// Whether nobody is served: a rule that drops calls from outside because there is no local endpoint may serve the pods.
    /// </summary>
    public static bool IsRefused(NodeService service) => service.Refusal is not null
        && (service.Chain is null || service.Refusal == "REJECT");

    // What chance alone leads to does happen; what depends on a question counts only if every branch has it. Null if they differ.
    private static CallVerdict? InCommon(CallVerdict[] verdicts)
    {
        CallVerdict? broken = null;
        CallVerdict? works = null;
        CallVerdict? open = null;
        foreach (var verdict in verdicts)
        {
            switch (verdict.Verdict)
            {
                case ServiceVerdict.Works:
                    works ??= verdict;
                    break;
                case ServiceVerdict.Broken:
                    broken = broken is null || (IsOpen(broken) && !IsOpen(verdict)) ? verdict : broken;
                    break;
                default:
                    open ??= verdict;
                    break;
            }
        }

        if (broken is not null && (!IsOpen(broken) || (works is null && open is null)))
        {
            return broken;
        }

        return broken is null && open is null && works is not null ? works : open is not null && !IsOpen(open) ? open : null;
    }

    private static bool IsOpen(CallVerdict verdict) => verdict.End!.IsOpen;

    // A chain that the call met and that was not walked leaves a verdict open, unless it cannot mend what is broken.
    private CallVerdict Beside(WalkEnd end, CallVerdict verdict, NodeService service)
    {
        if (verdict.Verdict is not (ServiceVerdict.Works or ServiceVerdict.Broken))
        {
            return verdict;
        }

        var works = verdict.Verdict == ServiceVerdict.Works ? MatchOutcome.Yes : MatchOutcome.No;
        var (open, assumed) = walk.Others.Limit(end.Others, end.Fate, works, walk.Network.KnowsRoutes(family));
        if (open is not null)
        {
            return verdict with
            {
                Verdict = ServiceVerdict.Unknown,
                Cause = ServiceHairpinCause.Unknown,
                Evidence = HairpinMessages.ByThoseAlone(open, works == MatchOutcome.Yes ? "works" : verdict.Cause, verdict.Evidence),
                Remedy = CallRemedies.Probe(service),
            };
        }

        verdict = assumed is null ? verdict : verdict with { Assumed = assumed };
        return verdict.Verdict == ServiceVerdict.Broken && walk.Others.Beside(end.Others) is { } beside
            ? verdict with { Evidence = verdict.Evidence + beside } : verdict;
    }

    // What all branches but one assume tells what is missing.
    private static CallVerdict Undecided(WalkEnd[] ends, CallVerdict[] verdicts, NodeService service)
    {
        var missing = ends.Zip(verdicts,
            (end, verdict) => verdict.Assumed is { } assumed ? end.Assumptions.Append(assumed) : end.Assumptions)
            .SelectMany(texts => texts).Distinct().Take(3).Select(t => Printable.Text(t, 200)).ToArray();
        string evidence = missing.Length == 0
            ? ends.Select(e => e.Reason).FirstOrDefault(r => r.Length > 0) ?? HairpinMessages.WalkDoesNotDecideIt
            : HairpinMessages.ItDependsOnWhatIs(string.Join(" | ", missing));
        return new CallVerdict(ServiceVerdict.Unknown, ServiceHairpinCause.Unknown, evidence, CallRemedies.Probe(service))
        {
            End = ends.Length > 0 ? ends[0] : null,
            Assumed = verdicts.Length > 0 ? verdicts[0].Assumed : null,
        };
    }
}
