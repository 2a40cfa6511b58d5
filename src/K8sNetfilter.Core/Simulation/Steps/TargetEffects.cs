using System.Globalization;
using K8sNetfilter.Hooks;
using K8sNetfilter.Logic;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Compiled;
using K8sNetfilter.Text;

namespace K8sNetfilter.Simulation.Steps;

/// <summary>Where the target of a rule that matches sends a branch: on, into another chain, out, or to an end.</summary>
internal sealed class TargetEffects(PacketSimulation run)
{
    // A jump deeper than this is no ruleset that a kernel would load: nf_tables allows 16, ip_tables as many as it has chains without
    // loops.
    private const int MaxDepth = 512;

    private readonly NatTargets _nat = new(run);

    /// <summary>Does what the rule's target says.</summary>
    public AfterRule Apply(BranchState state, in RulePosition place, MatchOutcome outcome = MatchOutcome.Yes, string? why = null)
    {
        var target = place.Target;
        switch (target.Action)
        {
            case WalkAction.Accept:
                LeaveAsItWas(state, place);
                Tell(state, place, outcome, why);
                return AfterRule.Passed;
            case WalkAction.Drop:
                return End(state, place, outcome, why, PacketFate.Dropped, "dropped");
            case WalkAction.Reject:
                return End(state, place, outcome, why, PacketFate.Rejected, StepMessages.RejectedWith(target.Detail));
            case WalkAction.Return:
                return Return(state, place, outcome, why);
            case WalkAction.Jump or WalkAction.Goto:
                return Call(state, place, outcome, why);
            case WalkAction.Tproxy:
                return Tproxy(state, place, outcome, why);
            case WalkAction.Queue:
                return Undecided(state, place, StepMessages.ProgramDecidesWhatBecomesOf, canContinue: false);
            case WalkAction.Unread:
                return Unread(state, place, target.Detail, why);
            case WalkAction.Unknown when place.Hook.Kind == WalkHookKind.NatChain:
                // It may translate to any address.
                return Unread(state, place, StepMessages.HasTargetWhichIsNot(Printable.Text(target.Name, 40)), why);
            case WalkAction.Unknown:
                return Undecided(state, place, StepMessages.WhatTargetDoesIsNot(target.Name), canContinue: true);
            case WalkAction.DestinationNat or WalkAction.SourceNat or WalkAction.Masquerade or WalkAction.Redirect or WalkAction.Netmap:
                return _nat.Apply(state, place, outcome, why);
            default:
                PacketEdits.Make(state, place.Rule);
                Tell(state, place, outcome, why);
                return AfterRule.Next;
        }
    }

    private void Tell(BranchState state, in RulePosition place, MatchOutcome outcome, string? why)
    {
        if (run.Log.Keeps(state))
        {
            string reason = why ?? place.Why(state, outcome);
            string? change = place.IsNative ? null : PacketEdits.Tell(state, place.Rule);
            run.Log.Add(state, place, outcome, change is null ? reason : $"{reason}; {change}", place.Target.Verdict);
        }
    }

    private AfterRule End(BranchState state, in RulePosition place, MatchOutcome outcome, string? why, PacketFate fate, string end)
    {
        Tell(state, place, outcome, why);
        (state.End.Rule, state.End.Hook) = (place.Source, place.Hook);
        run.End(state, fate, StepMessages.EndedByRule(end, place), EndCause.Rule);
        return AfterRule.Gone;
    }

    private AfterRule Return(BranchState state, in RulePosition place, MatchOutcome outcome, string? why)
    {
        if (run.Log.Keeps(state))
        {
            run.Log.Add(state, place, outcome, why ?? place.Why(state, outcome), "RETURN");
        }

        if (state.Return())
        {
            return AfterRule.Next;
        }

        LeaveAsItWas(state, place);
        return run.Rules.Policy(state, place.Hook) ? AfterRule.Passed : AfterRule.Gone;
    }

    private AfterRule Call(BranchState state, in RulePosition place, MatchOutcome outcome, string? why)
    {
        var target = place.Target;
        if (state.Depth >= MaxDepth)
        {
            return End(
                state, place, outcome, why, PacketFate.Unknown,
                StepMessages.ChainsCallEachOtherMore(MaxDepth));
        }

        if (run.Log.Keeps(state))
        {
            run.Log.Add(state, place, outcome, why ?? place.Why(state, outcome), target.Verdict);
        }

        state.Call(target.Chain!, target.Action == WalkAction.Goto);
        return AfterRule.Next;
    }

    // Anything may follow: one end says so, in the place of a branch for each thing that could.
    private AfterRule Unread(BranchState state, in RulePosition place, string what, string? why)
    {
        string source = place.DumpPlace;
        if (run.Log.Keeps(state))
        {
            run.Log.Add(state, place, MatchOutcome.Unknown, why ?? what, null);
        }

        state.End.Hook = place.Hook;
        run.End(state, PacketFate.Unknown, $"{place}{(source.Length == 0 ? "" : $" ({source})")} {what}");
        return AfterRule.Gone;
    }

    // A rule that ends the base chain: those after it do not change the source.
    private static void LeaveAsItWas(BranchState state, in RulePosition place)
    {
        if (place.Hook.Kind == WalkHookKind.NatChain && state.Direction == PacketDirection.Original && state.Hook == HookOrder.Postrouting)
        {
            state.End.LeftAsItWas = place.Source;
        }
    }

    private AfterRule Tproxy(BranchState state, in RulePosition place, MatchOutcome outcome, string? why)
    {
        var target = place.Target;
        string what = StepMessages.TransparentSocketListensOnPort(target.LowPort == 0 ? state.Packet.DestinationPort.ToString(CultureInfo.InvariantCulture) : target.Detail);
        var (yes, no) = run.Ask(state, "tproxy " + what, what, "no " + what[2..]);
        if (no is not null)
        {
            if (run.Log.Keeps(no))
            {
                run.Log.Add(no, place, MatchOutcome.Unknown, StepMessages.TakenForNoSocket(what), "DROP");
            }

            run.End(no, PacketFate.Dropped, StepMessages.NoTransparentSocketFor(place));
        }

        if (yes is null)
        {
            return AfterRule.Gone;
        }

        yes.Packet.SetMark(target.Value, target.Mask);
        if (run.Log.Keeps(yes))
        {
            run.Log.Add(yes, place, MatchOutcome.Unknown,
                StepMessages.TakenForSocket(why ?? place.Why(yes, outcome), what), "TPROXY");
        }

        if (ReferenceEquals(yes, state))
        {
            return AfterRule.Passed;
        }

        run.Rules.Leave(yes, place.Hook);
        return AfterRule.Gone;
    }

    private AfterRule Undecided(BranchState state, in RulePosition place, string why, bool canContinue)
    {
        string question = place.Question(state);
        string name = $"{place.Target.Name} of {place}";
        if (canContinue)
        {
            var (goesOn, decides) = run.Ask(state, question + "|continue", StepMessages.TargetContinues(name),
                StepMessages.TargetDecides(name));
            if (goesOn is not null)
            {
                if (run.Log.Keeps(goesOn))
                {
                    run.Log.Add(goesOn, place, MatchOutcome.Unknown, StepMessages.TakenToContinue(why), "CONTINUE");
                }

                run.Rules.Add(goesOn);
            }

            if (decides is null)
            {
                return AfterRule.Gone;
            }

            state = decides;
        }

        var (accepts, drops) = run.Ask(state, question + "|accept", StepMessages.TargetAccepts(name), StepMessages.TargetDrops(name));
        if (drops is not null)
        {
            if (run.Log.Keeps(drops))
            {
                run.Log.Add(drops, place, MatchOutcome.Unknown, StepMessages.TakenToDrop(why), "DROP");
            }

            run.End(drops, PacketFate.Dropped, StepMessages.DroppedBy(name));
        }

        if (accepts is not null)
        {
            if (run.Log.Keeps(accepts))
            {
                run.Log.Add(accepts, place, MatchOutcome.Unknown, StepMessages.TakenToAccept(why), "ACCEPT");
            }

            run.Rules.Leave(accepts, place.Hook);
        }

        return AfterRule.Gone;
    }
}
