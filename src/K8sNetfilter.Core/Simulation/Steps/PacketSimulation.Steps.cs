using K8sNetfilter.Logic;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Compiled;

namespace K8sNetfilter.Simulation.Steps;

/// <content>The steps that explain a walk.</content>
internal sealed partial class PacketSimulation
{
    /// <summary>True where the branch's steps are kept.</summary>
    public bool Told(BranchState state) => _steps is not null && state.Round == 1;

    /// <summary>Tells of a rule.</summary>
    public void Tell(BranchState state, in RulePosition place, MatchOutcome outcome, string reason, string? verdict) =>
        Tell(state, state.HookName, place.Hook, place.ChainName, place.Number, place.Source?.Text, outcome, reason, verdict);

    /// <summary>Tells of what stands on a hook beside rules: connection tracking, translation, a base chain's policy.</summary>
    public void Tell(BranchState state, WalkHook hook, MatchOutcome outcome, string reason, string? verdict) =>
        Tell(state, state.HookName, hook, hook.Chain?.Name ?? hook.Native?.Chain.Name, null, null, outcome, reason, verdict);

    private void Tell(
        BranchState state, string where, WalkHook? hook, string? chain, int? number, string? rule, MatchOutcome outcome, string reason, string? verdict) => _steps!.Add(new TraceStep
        {
            Number = _steps.Count + 1,
            Direction = state.Direction,
            Hook = where,
            Table = hook is null ? null : hook.Kind == WalkHookKind.Conntrack ? "conntrack" : hook.Table,
            Backend = hook?.Backend,
            Chain = chain,
            RuleNumber = number,
            Rule = rule,
            Outcome = outcome,
            Reason = reason,
            Verdict = verdict,
            At = state.ToPacket(),
            Branch = state.Branch,
            Parent = state.Parent == 0 ? null : state.Parent,
            Probability = double.IsNaN(state.Probability) ? null : Math.Round(state.Probability, 12),
        });

    /// <summary>Tells of what happens between the hooks.</summary>
    public void TellRouting(BranchState state, string hook, string reason, string? verdict = null, MatchOutcome outcome = MatchOutcome.Yes)
    {
        if (Told(state))
        {
            Tell(state, hook, null, null, null, null, outcome, reason, verdict);
        }
    }
}
