using System.Globalization;
using System.Runtime.CompilerServices;
using K8sNetfilter.Logic;
using K8sNetfilter.Nftables;
using K8sNetfilter.Nftables.Evaluation;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Compiled;
using K8sNetfilter.Simulation.Steps;

namespace K8sNetfilter.Simulation.Nftables;

/// <summary>
/// Follows branches through a base chain of nf_tables (nft_do_chain): <c>accept</c> ends the base chain, <c>drop</c> all; jumps come back,
/// gotos do not; at its end the policy decides.
/// </summary>
internal sealed class NativeTraversal(PacketSimulation run)
{
    private readonly List<NativePosition> _inChain = [];
    private readonly ConditionalWeakTable<NftTable, RuleEvaluator> _evaluators = [];
    private readonly WalkNftPacket _packet = new(run.Network);
    private int _asked;

    /// <summary>How many branches are inside the chain.</summary>
    public int Count => _inChain.Count;

    /// <summary>Another walk begins.</summary>
    public void Restart()
    {
        _asked = 0;
        _inChain.Clear();
    }

    /// <summary>Lets a packet meet a base chain.</summary>
    public void Run(BranchState start, WalkHook entry)
    {
        var hook = entry.Native!;
        start.Depth = 0;
        ChainTraversal.Enter(start);
        var evaluator = _evaluators.GetValue(hook.Table, table => new RuleEvaluator(table));
        _inChain.Add(new NativePosition(start, hook.Chain));
        while (_inChain.Count > 0)
        {
            Follow(TakeHindmost(), entry, evaluator);
        }
    }

    private NativePosition TakeHindmost()
    {
        int first = 0;
        for (int i = 1; i < _inChain.Count; i++)
        {
            first = _inChain[i].CompareTo(_inChain[first]) < 0 ? i : first;
        }

        var position = _inChain[first];
        _inChain.RemoveAt(first);
        for (bool joined = _inChain.Count > 0; joined;)
        {
            joined = false;
            for (int i = _inChain.Count - 1; i >= 0; i--)
            {
                if (position.IsAt(_inChain[i]) && run.Joins.TryJoin(position.State, _inChain[i].State))
                {
                    _inChain.RemoveAt(i);
                    joined = true;
                }
            }
        }

        return position;
    }

    // Until it leaves the chain, or others have to catch up.
    private void Follow(NativePosition position, WalkHook entry, RuleEvaluator evaluator)
    {
        var state = position.State;
        while (true)
        {
            int index = position.Next();
            if (index < 0)
            {
                if (!position.Return())
                {
                    Policy(state, entry);
                    return;
                }
            }
            else if (++_asked > run.Options.MaxRules)
            {
                run.End(state, PacketFate.Unknown, "the walk is too long");
                return;
            }
            else
            {
                if ((_asked & 0xfff) == 0)
                {
                    run.Cancellation.ThrowIfCancellationRequested();
                }

                _packet.State = state;
                var rule = position.Chain.Rules[index];
                var outcome = evaluator.Evaluate(rule, _packet);
                if (ReferenceEquals(outcome, NftResult.Broken) && !run.Options.AllSteps)
                {
                    continue;
                }

                Apply(position, new(entry.Native!, position.Chain, index, rule), entry, outcome, null, MatchOutcome.Yes);
                return;
            }

            if (_inChain.Count > 0)
            {
                _inChain.Add(position);
                return;
            }
        }
    }

    private void Policy(BranchState state, WalkHook entry)
    {
        if (run.Rules.Policy(state, entry))
        {
            run.Rules.Leave(state, entry);
        }
    }

    // Follows each way that a rule may lead; the branch is in the list again where it goes on in the chain.
    private void Apply(NativePosition position, NativeRule at, WalkHook entry, NftOutcome outcome, string? why, MatchOutcome certainty)
    {
        switch (outcome)
        {
            case NftResult result:
                Apply(position, at, entry, result, why, certainty);
                break;
            case NftEither either:
                Apply(position, at, entry, either);
                break;
            case NftChance chance:
                Apply(position, at, entry, chance);
                break;
        }
    }

    private void Apply(NativePosition position, NativeRule at, WalkHook entry, NftEither either)
    {
        var state = position.State;
        string question = string.Create(
            CultureInfo.InvariantCulture,
                $"nft {at.Hook.Label}/{position.Path}|{either.Place}.{either.Choice}|{state.Direction}|{state.Round}|{state.HookName}");
        var (yes, no) = run.Ask(state, question, $"{at} goes on: {either.Why}", $"{at} does not go on: {either.Why}");
        if (yes is not null)
        {
            Apply(ReferenceEquals(yes, state) ? position : position.Fork(yes), at, entry, either.Yes,
                $"{either.Why}; this branch takes it that the rule goes on", MatchOutcome.Unknown);
        }

        if (no is not null)
        {
            Apply(position, at, entry, either.No, $"{either.Why}; this branch takes it that the rule breaks", MatchOutcome.Unknown);
        }
    }

    private void Apply(NativePosition position, NativeRule at, WalkHook entry, NftChance chance)
    {
        var state = position.State;
        for (int i = 0; i < chance.Cases.Length; i++)
        {
            var one = chance.Cases[i];
            bool isLast = i == chance.Cases.Length - 1;
            var branch = isLast ? state : run.Fork(state);
            if (branch is null)
            {
                run.TooMany(state);
                return;
            }

            branch.Probability = (isLast ? state.Probability : branch.Probability) * one.Share;
            string why = string.Create(CultureInfo.InvariantCulture, $"{chance.Why}: with probability {one.Share:0.######}");
            Apply(isLast ? position : position.Fork(branch), at, entry, one.Outcome, why, MatchOutcome.Yes);
        }
    }

    private void Apply(NativePosition position, NativeRule at, WalkHook entry, NftResult result, string? why, MatchOutcome certainty)
    {
        var state = position.State;
        if (NativeEffects.Apply(state, result.Effects) is { } lost)
        {
            state.End.Hook = entry;
            run.End(state, PacketFate.Unknown, $"{lost} ({at})");
            return;
        }

        string reason = why ?? (result.Action == NftAction.Broken ? "does not match" : "matches");
        switch (result.Action)
        {
            case NftAction.Next or NftAction.Broken:
                Tell(state, at, entry, result, reason, certainty, "CONTINUE");
                _inChain.Add(position);
                break;
            case NftAction.Return:
                Tell(state, at, entry, result, reason, certainty, "RETURN");
                if (position.Return())
                {
                    _inChain.Add(position);
                }
                else
                {
                    Policy(state, entry);
                }

                break;
            case NftAction.Jump or NftAction.Goto:
                Call(position, at, entry, result, reason, certainty);
                break;
            default:
                var place = new RulePosition(entry, at with { Target = NativeTargets.Of(result, state.Packet.Family), Why = reason });
                if (run.Verdicts.Apply(state, place, certainty, reason) == AfterRule.Passed)
                {
                    run.Rules.Leave(state, entry);
                }

                break;
        }
    }

    private void Call(NativePosition position, NativeRule at, WalkHook entry, NftResult result, string reason, MatchOutcome certainty)
    {
        var state = position.State;
        bool isGoto = result.Action == NftAction.Goto;
        Tell(state, at, entry, result, reason, certainty, $"{(isGoto ? "GOTO" : "JUMP")} {result.Detail}");
        if (at.Hook.Table.FindChain(result.Detail!) is not { } chain)
        {
            state.End.Hook = entry;
            run.End(state, PacketFate.Unknown, $"{at} leads to the chain {result.Detail}, which was not read");
        }
        else if (!position.Call(chain, isGoto))
        {
            run.End(state, PacketFate.Unknown, "chains jump deeper than the kernel allows");
        }
        else
        {
            _inChain.Add(position);
        }
    }

    private void Tell(BranchState state, NativeRule at, WalkHook entry, NftResult result, string reason, MatchOutcome certainty,
        string verdict)
    {
        if (run.Log.Keeps(state))
        {
            bool isBroken = result.Action == NftAction.Broken;
            if (result.Doubt is not null)
            {
                (reason, certainty) = ($"{result.Doubt}; it changes nothing for the packet", MatchOutcome.Unknown);
            }

            string text = NativeEffects.Text(state, result.Effects) is { } change ? $"{reason}; {change}" : reason;
            run.Log.Add(state, new RulePosition(entry, at), isBroken && certainty == MatchOutcome.Yes ? MatchOutcome.No : certainty,
                text, isBroken ? null : verdict);
        }
    }
}
