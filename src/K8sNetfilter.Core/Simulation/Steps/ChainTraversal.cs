using System.Globalization;
using K8sNetfilter.Addressing;
using K8sNetfilter.Logic;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Compiled;
using K8sNetfilter.Simulation.Conditions;
using K8sNetfilter.Text;

namespace K8sNetfilter.Simulation.Steps;

/// <summary>
/// Follows branches through the rules of one base chain: calls, returns, the policy, and the forks over matches that are open.
/// </summary>
internal sealed class ChainTraversal(PacketSimulation run)
{
    private readonly List<BranchState> _inChain = [];
    private int _asked;

    /// <summary>How many branches are inside the chain.</summary>
    public int Count => _inChain.Count;

    /// <summary>Another walk begins.</summary>
    public void Restart() => _asked = 0;

    /// <summary>Lets a branch go on inside the chain.</summary>
    public void Add(BranchState state) => _inChain.Add(state);

    /// <summary>Lets a packet meet a base chain.</summary>
    public void Run(BranchState start, WalkHook entry)
    {
        var chain = entry.Chain!;
        start.Depth = 0;
        Enter(start);
        start.Call(chain, isGoto: false);
        _inChain.Add(start);
        while (_inChain.Count > 0)
        {
            var state = TakeHindmostInChain();
            if (Follow(state, entry))
            {
                Leave(state, entry);
            }
        }
    }

    /// <summary>Keeps what a base chain may change that routes are chosen by.</summary>
    public static void Enter(BranchState state) =>
        (state.ChainMark, state.ChainTos, state.ChainTtl, state.ChainSource, state.ChainDestination) =
            (state.Packet.Mark, state.Packet.Tos, state.Packet.Ttl, state.Packet.Source, state.Packet.Destination);

    /// <summary>The base chain has accepted the packet.</summary>
    public void Leave(BranchState state, WalkHook entry)
    {
        state.Depth = 0;

        // The mangle table asks for a new route where it changed what routes are chosen by (nf_route_table_hook4 in nft_chain_route.c,
        // ipt_mangle_out in iptable_mangle.c), of IPv6 also where it changed the hop limit. The new route sees what earlier tables changed.
        if (state.Stage == WalkStage.Output && entry.Reroutes && !run.IsHooksOnly && IsRerouted(state))
        {
            run.OwnRouting.Again(state);
            return;
        }

        run.Pass(state);
    }

    private static bool IsRerouted(BranchState state)
    {
        ref readonly var packet = ref state.Packet;
        return packet.Mark != state.ChainMark || packet.Tos != state.ChainTos || packet.Source != state.ChainSource
            || packet.Destination != state.ChainDestination || (packet.Family == IPFamily.IPv6 && packet.Ttl != state.ChainTtl);
    }

    private BranchState TakeHindmostInChain()
    {
        if (_inChain.Count == 1)
        {
            var only = _inChain[0];
            _inChain.Clear();
            return only;
        }

        int first = 0;
        for (int i = 1; i < _inChain.Count; i++)
        {
            if (_inChain[i].ComparePlace(_inChain[first]) < 0)
            {
                first = i;
            }
        }

        var state = _inChain[first];
        _inChain.RemoveAt(first);
        for (bool joined = true; joined;)
        {
            joined = false;
            for (int i = _inChain.Count - 1; i >= 0; i--)
            {
                if (state.SamePlace(_inChain[i]) && run.Joins.TryJoin(state, _inChain[i]))
                {
                    _inChain.RemoveAt(i);
                    joined = true;
                }
            }
        }

        return state;
    }

    /// <summary>Applies a base chain's policy. True where it accepts.</summary>
    public bool Policy(BranchState state, WalkHook entry)
    {
        state.Depth = 0;
        if (entry.Policy is { } policy and not ("ACCEPT" or "DROP"))
        {
            // Only text says such a thing: a kernel has these two.
            state.End.Hook = entry;
            run.End(state, PacketFate.Unknown, StepMessages.PolicyInvalid(entry.Label, Printable.Text(policy, 40)));
            return false;
        }

        bool drop = entry.Policy == "DROP";

        // A base chain without rules has nothing to tell but a policy that drops.
        if (run.Log.Keeps(state) && (drop || entry.HasRules || run.Options.AllSteps))
        {
            run.Log.Add(state, entry, MatchOutcome.Yes, StepMessages.NoRuleDecidedSoChains, entry.Policy);
        }

        if (drop)
        {
            state.End.Hook = entry;
            run.End(state, PacketFate.Dropped, StepMessages.DroppedByPolicyOf(entry.Label), EndCause.Policy);
        }

        return !drop;
    }

    /// <summary>
    /// Follows a branch through a base chain until it leaves it, or others have to catch up. True where the chain let it pass; the caller
    /// then lets it go on.
    /// </summary>
    private bool Follow(BranchState state, WalkHook entry)
    {
        while (true)
        {
            ref var frame = ref state.Frames[state.Depth - 1];
            var chain = frame.Chain;
            int index = run.Options.AllSteps ? frame.Next : chain.Next(frame.Next, state);
            if (index >= chain.FaultAt && frame.Next <= chain.FaultAt)
            {
                EndAtFault(state, entry, chain);
                return false;
            }

            if (index >= chain.Count)
            {
                if (!state.Return())
                {
                    return Policy(state, entry);
                }

                if (_inChain.Count > 0)
                {
                    _inChain.Add(state);
                    return false;
                }

                continue;
            }

            if (++_asked > run.Options.MaxRules)
            {
                EndTooLong(state);
                return false;
            }

            if ((_asked & 0xfff) == 0)
            {
                run.Cancellation.ThrowIfCancellationRequested();
            }

            frame.Next = index + 1;
            var rule = chain[index];
            if (run.Options.Without.Count > 0 && run.Options.Without.Contains(rule.Rule))
            {
                continue;
            }

            switch (Meet(state, new RulePosition(entry, chain, index, rule)))
            {
                case AfterRule.Passed:
                    return true;
                case AfterRule.Gone:
                    return false;
            }

            if (_inChain.Count > 0)
            {
                _inChain.Add(state);
                return false;
            }
        }
    }

    // Not all of the chain's rules are known.
    private void EndAtFault(BranchState state, WalkHook entry, CompiledChain chain)
    {
        run.Log.Between(state, state.HookName, chain.Chain.Fault!, null, MatchOutcome.Unknown);
        state.End.Hook = entry;
        run.End(state, PacketFate.Unknown, StepMessages.OnPacketMeetsWhatIs(entry.Label, chain.Chain.Fault));
    }

    private void EndTooLong(BranchState state)
    {
        run.Log.Between(
            state, state.HookName, StepMessages.TooManyRules(run.Options.MaxRules), null, MatchOutcome.Unknown);
        run.End(state, PacketFate.Unknown, StepMessages.WalkIsTooLong);
    }

    private AfterRule Meet(BranchState state, in RulePosition place)
    {
        var outcome = place.Rule.Test(state, out var open);
        if (outcome == MatchOutcome.Yes)
        {
            return run.Verdicts.Apply(state, place);
        }

        if (outcome == MatchOutcome.Unknown)
        {
            return Branch(state, place, open) ? AfterRule.Next : AfterRule.Gone;
        }

        if (run.Options.AllSteps && run.Log.Keeps(state))
        {
            run.Log.Add(state, place, outcome, place.Rule.Why(state, outcome), null);
        }

        return AfterRule.Next;
    }

    /// <summary>Handles a match that is open. False where the branch ended.</summary>
    private bool Branch(BranchState state, in RulePosition place, Condition? open)
    {
        var (entry, chain, rule) = (place.Hook, place.Chain, place.Rule);
        if (rule.Target.Action == WalkAction.Unread)
        {
            run.Verdicts.Apply(state, place, MatchOutcome.Unknown);
            return false;
        }

        if (rule.Target.LeavesNoTrace)
        {
            // Both ways go on alike.
            if (run.Log.Keeps(state))
            {
                run.Log.Add(state, place, MatchOutcome.Unknown, Open(state, rule), rule.Target.Verdict);
            }

            return true;
        }

        double? chance = rule.Chance(state);
        if (chance is { } share && run.Options.Chosen is { } chosen && rule.Target.Next is { } offered
            && (offered == chosen || chosen.IsReferencedBy(chain.Chain)))
        {
            return Choose(state, place, share, isChosen: offered == chosen);
        }

        string why = run.Log.Keeps(state) ? rule.Why(state, MatchOutcome.Unknown) : "";
        if (run.Fork(state) is not { } match)
        {
            run.TooMany(state);
            return false;
        }

        if (chance is { } p)
        {
            match.Probability *= p;
            state.Probability *= 1 - p;
        }
        else
        {
            Assume(state, match, place, open);
        }

        LogMiss(state, place, chance, why);
        string met = !run.Log.Keeps(state) ? ""
            : chance is { } c ? Chance("left to chance: taken with probability ", c) : StepMessages.TakenForMatch(why);
        switch (run.Verdicts.Apply(match, place, chance is null ? MatchOutcome.Unknown : MatchOutcome.Yes, met))
        {
            case AfterRule.Next:
                _inChain.Add(match);
                break;
            case AfterRule.Passed:
                Leave(match, entry);
                break;
        }

        return true;
    }

    private void LogMiss(BranchState state, in RulePosition place, double? chance, string why)
    {
        if (run.Log.Keeps(state))
        {
            string missed = chance is { } q ? Chance("left to chance: not taken with probability ", 1 - q)
                : StepMessages.TakenForMiss(why);
            run.Log.Add(state, place, chance is null ? MatchOutcome.Unknown : MatchOutcome.No, missed, null);
        }
    }

    // Chance offers several chains, and the walk is about one of them. False where the branch is not in the chain any more.
    private bool Choose(BranchState state, in RulePosition place, double share, bool isChosen)
    {
        if (!isChosen)
        {
            state.Probability *= 1 - share;
            return true;
        }

        state.Probability *= share;
        switch (run.Verdicts.Apply(state, place, MatchOutcome.Yes, StepMessages.ChosenAmongWhatChanceCan))
        {
            case AfterRule.Next:
                return true;
            case AfterRule.Passed:
                Leave(state, place.Hook);
                break;
        }

        return false;
    }

    // One branch assumes that the rule matches, the other that it does not. Of a lasting condition that holds for the same question later.
    private static void Assume(BranchState state, BranchState match, in RulePosition place, Condition? open)
    {
        bool lasting = open is { Lasting: true } && place.Rule.CountOpen(state) == 1;
        string key = lasting ? state.Question(open!) : place.Question(state);
        string rest = $"({place.Hook.Table} {place.Chain.Name} rule {place.Rule.Rule.Number})";
        string yes = lasting ? StepMessages.HoldsAtRule(open!.Text, rest) : StepMessages.RuleMatches(place,
            open?.Text ?? StepMessages.PacketFits);
        string no = lasting ? StepMessages.DoesNotHoldAtRule(open!.Text, rest) : StepMessages.RuleDoesNotMatch(place,
            open?.Text ?? StepMessages.PacketDoesNotFit);
        bool value = !lasting || !open!.Negated;
        match.Assumptions = new Assumption(key, yes, no, value, state.Assumptions);
        state.Assumptions = new Assumption(key, no, yes, !value, state.Assumptions);
    }

    private static string Chance(string text, double probability) =>
        string.Create(CultureInfo.InvariantCulture, $"{text}{probability:0.######}");

    private static string Open(BranchState state, CompiledRule rule) =>
        rule.Chance(state) is { } p
            ? StepMessages.LeftToChanceWithProbability(p)
            : StepMessages.ChangesNothing(rule.Why(state, MatchOutcome.Unknown));
}
