using K8sNetfilter.Logic;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Compiled;

namespace K8sNetfilter.Simulation.Steps;

/// <summary>The steps that explain a walk, if they are kept.</summary>
internal sealed class WalkLog
{
    private List<TraceStep>? _steps;

    /// <summary>The steps in their order; empty if they are not kept.</summary>
    public IReadOnlyList<TraceStep> Steps => _steps is null ? [] : _steps;

    /// <summary>Starts another walk.</summary>
    public void Restart(bool keep) => _steps = keep ? [] : null;

    /// <summary>True if the steps of the branch's packet are kept; those of later packets of its connection are not.</summary>
    public bool Keeps(BranchState state) => _steps is not null && state.Round == 1;

    /// <summary>Adds a rule.</summary>
    public void Add(BranchState state, in RulePosition place, MatchOutcome outcome, string reason, string? verdict) =>
        Add(state, new Place(state.HookName, place.Hook, place.ChainName, place.Number, place.Source?.Text), outcome, reason, verdict);

    /// <summary>Adds what is on a hook beside rules: connection tracking, translation, a base chain's policy.</summary>
    public void Add(BranchState state, WalkHook hook, MatchOutcome outcome, string reason, string? verdict) =>
        Add(state, new Place(state.HookName, hook, hook.Chain?.Name ?? hook.Native?.Chain.Name), outcome, reason, verdict);

    /// <summary>Adds what happens between the hooks, if steps are kept.</summary>
    public void Between(BranchState state, string where, string reason, string? verdict = null, MatchOutcome outcome = MatchOutcome.Yes)
    {
        if (Keeps(state))
        {
            Add(state, new Place(where), outcome, reason, verdict);
        }
    }

    /// <summary>Adds the end of a branch, if steps are kept.</summary>
    public void AddEnd(BranchState state, WalkBranch end)
    {
        if (_steps is null)
        {
            return;
        }

        string verdict = end.Works switch
        {
            MatchOutcome.Yes => "WORKS",
            MatchOutcome.No => "FAILS",
            _ => end.Fate == PacketFate.Unknown || end.Direction == PacketDirection.Reply ? "UNKNOWN"
                : end.Fate.ToString().ToUpperInvariant(),
        };
        var outcome = verdict == "UNKNOWN" ? MatchOutcome.Unknown : MatchOutcome.Yes;
        Add(state, new Place("RESULT"), outcome, end.Reason + Assumption.Condition(state.Assumptions), verdict);
    }

    private void Add(BranchState state, in Place place, MatchOutcome outcome, string reason, string? verdict) => _steps!.Add(new TraceStep
    {
        Number = _steps.Count + 1,
        Direction = state.Direction,
        Hook = place.Where,
        Table = place.Hook is null ? null : place.Hook.Kind == WalkHookKind.Conntrack ? "conntrack" : place.Hook.Table,
        Backend = place.Hook?.Backend,
        Chain = place.Chain,
        RuleNumber = place.Number,
        Rule = place.Rule,
        Outcome = outcome,
        Reason = reason,
        Verdict = verdict,
        At = state.ToPacket(),
        Branch = state.Branch,
        Parent = state.Parent == 0 ? null : state.Parent,
        Probability = double.IsNaN(state.Probability) ? null : Math.Round(state.Probability, 12),
    });

    private readonly struct Place(string where, WalkHook? hook = null, string? chain = null, int? number = null, string? rule = null)
    {
        public string Where { get; } = where;

        public WalkHook? Hook { get; } = hook;

        public string? Chain { get; } = chain;

        public int? Number { get; } = number;

        public string? Rule { get; } = rule;
    }
}
