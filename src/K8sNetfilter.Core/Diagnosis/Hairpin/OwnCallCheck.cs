using K8sNetfilter.Diagnosis.Remedies;
using K8sNetfilter.Nodes;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Simulation;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Text;

namespace K8sNetfilter.Diagnosis.Hairpin;

/// <summary>
/// A pod got a call from its own address. Either no rule masquerades the call, or an earlier rule keeps it from the one that would: the
/// call is walked again without the rules that let it leave as it was.
/// </summary>
internal sealed class OwnCallCheck(PacketWalk walk)
{
    // More rules than this that each accept before the masquerading rule are not taken away one by one.
    private const int MostRulesAhead = 8;

    // A jump after more rules than this is not moved.
    private const int MostRulesBefore = 200;

    /// <summary>Restarts kube-proxy, which writes its rules again.</summary>
    public static Remedy Restart { get; } = Remedy.Cluster("kubectl -n kube-system rollout restart daemonset kube-proxy");

    /// <summary>Why the pod got the call from its own address.</summary>
    public (ServiceHairpinCause Cause, string Evidence, Remedy Remedy) Explain(WalkEnd end, in WalkedCall call)
    {
        var without = new List<NetfilterRule>();
        for (var tried = end; tried is { LeftAsItWas: { } ahead } && without.Count < MostRulesAhead && !without.Contains(ahead);)
        {
            without.Add(ahead);
            var again = walk.Ends(call.Packet, call.Options with { Without = without }, call.Cancellation);
            if (Array.Find(again, e => e.SourceNatBy is not null) is { SourceNatBy: { } masquerade })
            {
                return OutOfOrder(without, masquerade, call);
            }

            tried = Array.Find(again, e => e.Cause == EndCause.OwnAddress);
        }

        bool isMarked = end.Mark != 0 && end.MarkKnown != 0;
        string mark = isMarked ? HairpinMessages.ItHasMark0xWhich(end.Mark) : "";
        return (
            ServiceHairpinCause.MasqueradeMissing,
            HairpinMessages.NoRuleMasqueradesCallSo(mark, end.Reason),
            (isMarked ? CallRemedies.JumpToMasquerade(walk.Rules, call.Service)
                : CallRemedies.MarkOwnCall(call.Options.Chosen, call.Packet.Source!)) ?? Restart);
    }

    private (ServiceHairpinCause Cause, string Evidence, Remedy Remedy) OutOfOrder(
        List<NetfilterRule> ahead, NetfilterRule masquerade, in WalkedCall call)
    {
        var first = ahead[0];
        return (
            ServiceHairpinCause.RuleOrder,
            HairpinMessages.AcceptsCallBeforeMasqueradesIt(CallJudge.Name(first), CallJudge.Name(masquerade), Printable.Text(first.Bare, 200), Printable.Text(masquerade.Bare, 200)),
            Reorder(ahead, masquerade, call));
    }

    /// <summary>
    /// What puts the rules into an order in which the call is masqueraded: the jump to the masquerading chain goes to the front, which is
    /// where kube-proxy puts its own. Tried by walking without the rules before that jump. If no jump helps, the rules that accept earlier
    /// are deleted.
    /// </summary>
    private Remedy Reorder(List<NetfilterRule> ahead, NetfilterRule masquerade, in WalkedCall call)
    {
        var jumps = masquerade.InChain.Owner.FindChain("POSTROUTING")?.GetRules()
            .Where(r => r.JumpsTo is { } to && CommandPlace.IsWord(to.Name) && r.Number <= MostRulesBefore) ?? [];
        foreach (var jump in jumps.OrderByDescending(r => r.JumpsTo!.Name == "KUBE-POSTROUTING").Take(MostRulesAhead))
        {
            var before = jump.InChain.GetRules().Take(jump.Number - 1).ToList();
            var ends = before.Count == 0 ? [] : walk.Ends(call.Packet, call.Options with { Without = before }, call.Cancellation);
            if (ends.Any(e => e.SourceNatBy is not null) && ends.All(e => e.Cause != EndCause.OwnAddress))
            {
                return CallRemedies.MoveFirst(jump);
            }
        }

        return CallRemedies.Delete(ahead);
    }
}
