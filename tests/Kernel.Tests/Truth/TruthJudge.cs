using System.Net;
using K8sNetfilter.Diagnosis;
using K8sNetfilter.Logic;
using K8sNetfilter.Simulation;

namespace K8sNetfilter.Tests.Truth;

/// <summary>Holds answers against what the traffic did.</summary>
internal sealed class TruthJudge(TruthNode node)
{
    /// <summary>The walk's branches: they agree, or the answer is open.</summary>
    public TruthFinding Judge(TruthCall call, TruthOutcome truth, IReadOnlyList<WalkBranch> branches, List<string> problems)
    {
        string question = $"Trace {call}";
        if (branches.Count == 0)
        {
            return new TruthFinding(question, TruthJudgement.Unknown, truth, string.Join("; ", problems.DefaultIfEmpty("nothing")));
        }

        string said = string.Join(" | ", branches.Select(Show).Distinct());
        var works = branches.Select(b => Works(b, call.OneWay)).Distinct().ToList();
        if (truth.Kind == TruthKind.Sometimes && works is not [MatchOutcome.Unknown])
        {
            return new TruthFinding(question, works.Count > 1 ? TruthJudgement.Firm : TruthJudgement.Contradiction, truth, said);
        }

        if (works is not [not MatchOutcome.Unknown])
        {
            return new TruthFinding(question, TruthJudgement.Unknown, truth, said);
        }

        bool isRight = (works[0] == MatchOutcome.Yes) == truth.Works
            && (!truth.Works || truth.Seen is null || branches.Any(b => b.Request?.Source is null || b.Request.Source.ToString() == truth.Seen));
        bool isAssumed = branches.All(b => b.Assumptions.Count > 0);
        return new TruthFinding(question, Verdict(isRight, isAssumed, branches.SelectMany(b => b.Assumptions)), truth, said);
    }

    /// <summary>The diagnosis' results for one call.</summary>
    public TruthFinding Judge(TruthCall call, TruthOutcome truth, IReadOnlyList<ServiceHairpinResult> results, bool isPassive,
        bool isOneOfMany)
    {
        string question = $"{(isPassive ? "Passive" : "Hairpin")} {call}";
        string said = string.Join(" | ", results.Select(r => $"{r.Verdict} {r.Cause}: {r.Evidence}{Taken(r.Assumptions)}").Distinct());
        var verdicts = results.Select(r => r.Verdict == ServiceVerdict.Inconclusive ? ServiceVerdict.Unknown : r.Verdict).Distinct().ToList();
        // A result is of the endpoint that chance leads to: a call that another one answered says nothing of it.
        if (isOneOfMany && truth.Works && !verdicts.Contains(ServiceVerdict.Unknown)
            && results.All(r => r.Verdict == ServiceVerdict.Works || !IPEndPoint.TryParse(r.Endpoint ?? "",
                out var end) || node.Find(end.Address)?.Name != truth.Server))
        {
            return new TruthFinding(question, TruthJudgement.Firm, truth, said);
        }

        if (truth.Kind == TruthKind.Sometimes && !verdicts.Contains(ServiceVerdict.Unknown))
        {
            return new TruthFinding(question, isOneOfMany || verdicts.Count > 1 ? TruthJudgement.Firm : TruthJudgement.Contradiction,
                truth, said);
        }

        if (verdicts is not [not ServiceVerdict.Unknown])
        {
            return new TruthFinding(question, TruthJudgement.Unknown, truth, said);
        }

        bool isRight = (verdicts[0] == ServiceVerdict.Works) == truth.Works;
        return new TruthFinding(question, Verdict(isRight, results.All(r => r.Assumptions.Count > 0),
            results.SelectMany(r => r.Assumptions)), truth, said);
    }

    private TruthJudgement Verdict(bool isRight, bool isAssumed, IEnumerable<string> assumptions) =>
        isRight ? isAssumed ? TruthJudgement.Assumed : TruthJudgement.Firm
        : assumptions.Any(a => node.False.Exists(f => a.Contains(f, StringComparison.OrdinalIgnoreCase))) ? TruthJudgement.Assumed
        : TruthJudgement.Contradiction;

    // Where only one direction was asked about, arriving is all.
    private static MatchOutcome Works(WalkBranch branch, bool oneWay) => !oneWay ? branch.Works : branch.Fate switch
    {
        PacketFate.Delivered or PacketFate.Sent => MatchOutcome.Yes,
        PacketFate.Dropped or PacketFate.Rejected => MatchOutcome.No,
        _ => MatchOutcome.Unknown,
    };

    private static string Show(WalkBranch b) => $"{b.Works} {b.Direction} {b.Fate}: {b.Reason}{Taken(b.Assumptions)}";

    private static string Taken(IReadOnlyList<string> assumptions) => assumptions.Count == 0 ? "" : $" [if {string.Join("; ", assumptions)}]";
}
