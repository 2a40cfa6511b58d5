using System.Globalization;

namespace K8sNetfilter.Packets;

/// <summary>The hooks, their chains and their rules.</summary>
internal sealed partial class WalkRun
{
    private readonly List<WalkState> _inChain = [];

    private static int HookOf(WalkState state) => state.Stage switch
    {
        WalkStage.Prerouting => PacketWalk.PreroutingHook,
        WalkStage.Input => PacketWalk.InputHook,
        WalkStage.Forward => PacketWalk.ForwardHook,
        WalkStage.Output => PacketWalk.OutputHook,
        _ => PacketWalk.PostroutingHook,
    };

    private void RunHook(WalkState state)
    {
        int hook = HookOf(state);
        var entries = _hooks[hook];
        if (state.HookPosition >= entries.Length)
        {
            AfterHook(state);
            return;
        }

        var entry = entries[state.HookPosition];
        switch (entry.Kind)
        {
            case WalkHookKind.Conntrack:
                Track(state, entry);
                break;
            case WalkHookKind.NatApply:
                ApplyNat(state, entry, hook);
                break;
            case WalkHookKind.NatChain when !MeetsNatChain(state, hook):
                Pass(state);
                break;
            default:
                RunChain(state, entry);
                break;
        }
    }

    private void Pass(WalkState state)
    {
        state.HookPosition++;
        _live.Add(state);
    }

    private void RunChain(WalkState start, WalkHook entry)
    {
        var chain = entry.Chain!;
        start.Depth = 0;
        (start.ChainMark, start.ChainTos) = (start.Mark, start.Tos);
        Push(start, chain, isGoto: false);
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

    /// <summary>The base chain has accepted the packet.</summary>
    private void Leave(WalkState state, WalkHook entry)
    {
        state.Depth = 0;

        // The mangle table asks for a new route where it changed what routes are chosen by (ipt_mangle_out in iptable_mangle.c).
        if (state.Stage == WalkStage.Output && entry.Table == "mangle" && (state.Mark != state.ChainMark || state.Tos != state.ChainTos))
        {
            Reroute(state);
            return;
        }

        Pass(state);
    }

    private WalkState TakeHindmostInChain()
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
                if (state.SamePlace(_inChain[i]) && TryJoin(state, _inChain[i]))
                {
                    _inChain.RemoveAt(i);
                    joined = true;
                }
            }
        }

        return state;
    }

    private static void Push(WalkState state, WalkChain chain, bool isGoto)
    {
        if (state.Depth == state.Frames.Length)
        {
            Array.Resize(ref state.Frames, state.Depth * 2);
        }

        state.Frames[state.Depth++] = new WalkFrame { Chain = chain, Next = 0, Goto = isGoto };
    }

    /// <summary>Applies a base chain's policy. True where it accepts.</summary>
    private bool Policy(WalkState state, WalkHook entry)
    {
        state.Depth = 0;
        bool drop = entry.Policy == "DROP";

        // A base chain without rules has nothing to tell but a policy that drops.
        if (Told(state) && (drop || entry.Chain!.Count > 0 || _options.AllSteps))
        {
            Tell(state, HookName(state), entry, (entry.Chain!, -1), MatchOutcome.Yes, "no rule decided, so the chain's policy does", entry.Policy);
        }

        if (drop)
        {
            state.EndHook = entry;
            End(state, PacketFate.Dropped, $"dropped by the policy of {entry.Table} {entry.Chain!.Name}", WalkEnd.Policy);
        }

        return !drop;
    }

    /// <summary>
    /// Follows a branch through a base chain until it leaves it, or others have to catch up. True where the chain let it pass; the caller
    /// then lets it go on.
    /// </summary>
    private bool Follow(WalkState state, WalkHook entry)
    {
        while (true)
        {
            ref var frame = ref state.Frames[state.Depth - 1];
            var chain = frame.Chain;
            int index = _options.AllSteps ? frame.Next : chain.Next(frame.Next, state);
            if (index >= chain.Count)
            {
                if (!Return(state))
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

            if (++_asked > _options.MaxRules)
            {
                TellRouting(state, HookName(state), $"the walk has asked {_options.MaxRules} rules and stops here", null, MatchOutcome.Unknown);
                End(state, PacketFate.Unknown, "the walk is too long");
                return false;
            }

            if ((_asked & 0xfff) == 0)
            {
                _cancellation.ThrowIfCancellationRequested();
            }

            frame.Next = index + 1;
            var rule = chain[index];
            if (_options.Without.Count > 0 && _options.Without.Contains(rule.Rule))
            {
                continue;
            }

            var outcome = rule.Test(state, out var open);
            if (outcome == MatchOutcome.Yes)
            {
                switch (Apply(state, entry, chain, index, rule))
                {
                    case Flow.Next:
                        break;
                    case Flow.Passed:
                        return true;
                    default:
                        return false;
                }
            }
            else if (outcome == MatchOutcome.No)
            {
                if (_options.AllSteps && Told(state))
                {
                    Tell(state, HookName(state), entry, (chain, index), outcome, rule.Why(state, outcome), null);
                }
            }
            else if (!Branch(state, entry, chain, index, rule, open))
            {
                return false;
            }

            if (_inChain.Count > 0)
            {
                _inChain.Add(state);
                return false;
            }
        }
    }

    // Back to the caller; false where there is none. A chain that was entered by goto has no place of its own to come back to.
    private static bool Return(WalkState state)
    {
        while (--state.Depth > 0)
        {
            if (!state.Frames[state.Depth].Goto)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Handles a match that is open. False where the branch ended.</summary>
    private bool Branch(WalkState state, WalkHook entry, WalkChain chain, int index, WalkRule rule, Condition? open)
    {
        if (rule.Target.LeavesNoTrace)
        {
            // Both ways go on alike.
            if (Told(state))
            {
                Tell(state, HookName(state), entry, (chain, index), MatchOutcome.Unknown, Open(state, rule), rule.Target.Verdict);
            }

            return true;
        }

        double? chance = rule.Chance(state);
        if (chance is { } share && _options.Chosen is { } chosen && rule.Target.Chain?.Chain is { } offered
            && (offered == chosen || chosen.Referrers.Contains(chain.Chain)))
        {
            if (offered != chosen)
            {
                state.Probability *= 1 - share;
                return true;
            }

            state.Probability *= share;
            switch (Apply(state, entry, chain, index, rule, MatchOutcome.Yes, "chosen among what chance can lead to"))
            {
                case Flow.Next:
                    return true;
                case Flow.Passed:
                    Leave(state, entry);
                    break;
            }

            return false;
        }

        string why = Told(state) ? rule.Why(state, MatchOutcome.Unknown) : "";
        WalkState? match;
        if (chance is { } p)
        {
            match = Fork(state);
            if (match is not null)
            {
                match.Probability *= p;
                state.Probability *= 1 - p;
            }
        }
        else
        {
            string place = $"{entry.Backend} {entry.Table} {chain.Name} {index + 1}";
            match = Fork(state);
            if (match is not null)
            {
                bool lasting = open is { Lasting: true } && rule.CountOpen(state) == 1;
                string key = lasting ? state.Question(open!) : $"{place}|{state.Direction}|{state.Round}|{HookName(state)}";
                string rest = $"({entry.Table} {chain.Name} rule {index + 1})";
                string yes = lasting ? $"'{open!.Text}' holds {rest}" : $"rule {index + 1} of {entry.Table} {chain.Name} matches: {open?.Text ?? "the packet fits"}";
                string no = lasting ? $"'{open!.Text}' does not hold {rest}" : $"rule {index + 1} of {entry.Table} {chain.Name} does not match: {open?.Text ?? "the packet does not fit"}";
                bool value = !lasting || !open!.Negated;
                match.Assumptions = new Assumption(key, yes, no, value, state.Assumptions);
                state.Assumptions = new Assumption(key, no, yes, !value, state.Assumptions);
            }
        }

        if (match is null)
        {
            TooMany(state);
            return false;
        }

        if (Told(state))
        {
            string missed = chance is { } q ? string.Create(CultureInfo.InvariantCulture, $"left to chance: not taken with probability {1 - q:0.######}") : $"{why}; this branch takes it for a miss";
            Tell(state, HookName(state), entry, (chain, index), chance is null ? MatchOutcome.Unknown : MatchOutcome.No, missed, null);
        }

        string met = Told(state)
            ? chance is { } c ? string.Create(CultureInfo.InvariantCulture, $"left to chance: taken with probability {c:0.######}") : $"{why}; this branch takes it for a match"
            : "";
        switch (Apply(match, entry, chain, index, rule, chance is null ? MatchOutcome.Unknown : MatchOutcome.Yes, met))
        {
            case Flow.Next:
                _inChain.Add(match);
                break;
            case Flow.Passed:
                Leave(match, entry);
                break;
        }

        return true;
    }

    private static string Open(WalkState state, WalkRule rule) =>
        rule.Chance(state) is { } p
            ? string.Create(CultureInfo.InvariantCulture, $"left to chance: with probability {p:0.######}; it changes nothing for the packet")
            : rule.Why(state, MatchOutcome.Unknown) + "; it changes nothing for the packet";

    private enum Flow
    {
        /// <summary>On with the next rule of whatever chain the branch is in now.</summary>
        Next,

        /// <summary>The base chain accepts.</summary>
        Passed,

        /// <summary>The branch has ended or gone elsewhere.</summary>
        Gone,
    }

    private Flow Apply(
        WalkState state, WalkHook entry, WalkChain chain, int index, WalkRule rule, MatchOutcome outcome = MatchOutcome.Yes, string? why = null)
    {
        var target = rule.Target;
        string? detail = null;
        Flow flow = Flow.Next;
        PacketFate fate = PacketFate.Unknown;
        string? end = null;
        switch (target.Action)
        {
            case WalkAction.Continue:
                break;
            case WalkAction.Tee:
                detail = $"a copy goes to {target.Detail}";
                break;
            case WalkAction.Accept:
                flow = Flow.Passed;
                if (entry.Kind == WalkHookKind.NatChain && state.Direction == PacketDirection.Original && HookOf(state) == PacketWalk.PostroutingHook)
                {
                    state.LeftAsItWas = rule.Rule;
                }

                break;
            case WalkAction.Drop:
                (fate, end) = (PacketFate.Dropped, "dropped");
                break;
            case WalkAction.Reject:
                (fate, end) = (PacketFate.Rejected, $"rejected with {target.Detail}");
                break;
            case WalkAction.Return:
                if (Told(state))
                {
                    Tell(state, HookName(state), entry, (chain, index), outcome, why ?? rule.Why(state, outcome), "RETURN");
                }

                if (!Return(state))
                {
                    return Policy(state, entry) ? Flow.Passed : Flow.Gone;
                }

                return Flow.Next;
            case WalkAction.Jump or WalkAction.Goto:
                if (state.Depth >= MaxDepth)
                {
                    (fate, end) = (PacketFate.Unknown, $"chains call each other more than {MaxDepth} deep: no kernel would load this");
                    break;
                }

                if (Told(state))
                {
                    Tell(state, HookName(state), entry, (chain, index), outcome, why ?? rule.Why(state, outcome), target.Verdict);
                }

                Push(state, target.Chain!, target.Action == WalkAction.Goto);
                return Flow.Next;
            case WalkAction.Mark:
                state.SetMark(target.Value, target.Mask);
                detail = MarkText("mark", state.Mark, state.MarkKnown);
                break;
            case WalkAction.UnknownMark:
                (state.Mark, state.MarkKnown) = (0, 0);
                detail = "the mark becomes a hash of the connection, which is not computed here";
                break;
            case WalkAction.ConnmarkSet or WalkAction.ConnmarkSave or WalkAction.ConnmarkRestore:
                detail = Connmark(state, target);
                break;
            case WalkAction.NoTrack:
                // A packet that already has a connection, as on its second way through lo, keeps it (xt_CT.c, xt_ct_target).
                if (state.State == ConnectionState.None)
                {
                    state.State = ConnectionState.Untracked;
                    state.NotTrackedBy = rule.Rule;
                    detail = "connection tracking and address translation leave the packet alone";
                }

                break;
            case WalkAction.Ttl:
                if (state.Ttl >= 0 || target.Mode == 0)
                {
                    state.Ttl = Math.Clamp(target.Mode == 0 ? (int)target.Value : state.Ttl + (target.Mode * (int)target.Value), 0, 255);
                    detail = $"time to live {state.Ttl}";
                }

                break;
            case WalkAction.Tos:
                if (target.Mode < 0)
                {
                    state.Tos = -1;
                }
                else if (state.Tos >= 0 || target.Mask == 0xff)
                {
                    state.Tos = (Math.Max(state.Tos, 0) & ~(int)target.Mask) ^ (int)target.Value;
                    detail = $"type of service 0x{state.Tos:x2}";
                }

                break;
            case WalkAction.Tproxy:
                return Tproxy(state, entry, chain, index, rule, outcome, why);
            case WalkAction.Queue:
                return Undecided(state, entry, chain, index, rule, "a program decides what becomes of the packet", canContinue: false);
            case WalkAction.Unknown:
                return Undecided(state, entry, chain, index, rule, $"what the target {target.Name} does is not known here", canContinue: true);
            default:
                return Nat(state, entry, chain, index, rule, outcome, why);
        }

        if (Told(state))
        {
            string reason = why ?? rule.Why(state, outcome);
            Tell(state, HookName(state), entry, (chain, index), outcome, detail is null ? reason : $"{reason}; {detail}", target.Verdict);
        }

        if (end is not null)
        {
            (state.EndRule, state.EndHook) = (rule.Rule, entry);
            End(state, fate, $"{end} by rule {index + 1} of {entry.Table} {chain.Name}", WalkEnd.Rule);
            return Flow.Gone;
        }

        return flow;
    }

    private static string MarkText(string name, uint mark, uint known) => known == uint.MaxValue ? $"{name} 0x{mark:x}" : $"{name} not fully known";

    // net/netfilter/xt_connmark.c, connmark_tg_shift
    private static string Connmark(WalkState state, WalkTarget target)
    {
        if (!state.HasConnection)
        {
            return "without a connection there is no connection mark";
        }

        switch (target.Action)
        {
            case WalkAction.ConnmarkSet:
                state.ConnectionMark = (state.ConnectionMark & ~target.Mask) ^ target.Value;
                state.ConnectionMarkKnown |= target.Mask;
                return MarkText("connection mark", state.ConnectionMark, state.ConnectionMarkKnown);
            case WalkAction.ConnmarkSave:
                // Outside the connection's mask the bits are xored, so a bit is known where both are.
                state.ConnectionMark = (state.ConnectionMark & ~target.Mask) ^ (state.Mark & target.PacketMask);
                state.ConnectionMarkKnown = (state.ConnectionMarkKnown | target.Mask) & (state.MarkKnown | ~target.PacketMask);
                return MarkText("connection mark", state.ConnectionMark, state.ConnectionMarkKnown);
            default:
                state.Mark = (state.Mark & ~target.PacketMask) ^ (state.ConnectionMark & target.Mask);
                state.MarkKnown = (state.MarkKnown | target.PacketMask) & (state.ConnectionMarkKnown | ~target.Mask);
                return MarkText("mark", state.Mark, state.MarkKnown);
        }
    }

    private Flow Tproxy(WalkState state, WalkHook entry, WalkChain chain, int index, WalkRule rule, MatchOutcome outcome, string? why)
    {
        var target = rule.Target;
        string what = $"a transparent socket listens on port {(target.LowPort == 0 ? state.DestinationPort.ToString(CultureInfo.InvariantCulture) : target.Detail)}";
        var (yes, no) = Ask(state, "tproxy " + what, what, "no " + what[2..]);
        if (no is not null)
        {
            if (Told(no))
            {
                Tell(no, HookName(no), entry, (chain, index), MatchOutcome.Unknown, $"whether {what} is not known; this branch takes it that none does", "DROP");
            }

            End(no, PacketFate.Dropped, $"no transparent socket for rule {index + 1} of {entry.Table} {chain.Name}");
        }

        if (yes is null)
        {
            return Flow.Gone;
        }

        yes.SetMark(target.Value, target.Mask);
        if (Told(yes))
        {
            Tell(yes, HookName(yes), entry, (chain, index), MatchOutcome.Unknown, $"{why ?? rule.Why(yes, outcome)}; whether {what} is not known; this branch takes it that one does", "TPROXY");
        }

        if (ReferenceEquals(yes, state))
        {
            return Flow.Passed;
        }

        Leave(yes, entry);
        return Flow.Gone;
    }

    private Flow Undecided(WalkState state, WalkHook entry, WalkChain chain, int index, WalkRule rule, string why, bool canContinue)
    {
        string place = $"{entry.Backend} {entry.Table} {chain.Name} {index + 1}|{state.Direction}|{state.Round}|{HookName(state)}";
        string name = $"{rule.Target.Name} of rule {index + 1} in {entry.Table} {chain.Name}";
        if (canContinue)
        {
            var (goesOn, decides) = Ask(state, place + "|continue", $"{name} lets the next rule decide", $"{name} decides");
            if (goesOn is not null)
            {
                if (Told(goesOn))
                {
                    Tell(goesOn, HookName(goesOn), entry, (chain, index), MatchOutcome.Unknown, $"{why}; this branch takes it that the next rule decides", "CONTINUE");
                }

                _inChain.Add(goesOn);
            }

            if (decides is null)
            {
                return Flow.Gone;
            }

            state = decides;
        }

        var (accepts, drops) = Ask(state, place + "|accept", $"{name} accepts", $"{name} drops");
        if (drops is not null)
        {
            if (Told(drops))
            {
                Tell(drops, HookName(drops), entry, (chain, index), MatchOutcome.Unknown, $"{why}; this branch takes it that it is dropped", "DROP");
            }

            End(drops, PacketFate.Dropped, $"dropped by {name}");
        }

        if (accepts is not null)
        {
            if (Told(accepts))
            {
                Tell(accepts, HookName(accepts), entry, (chain, index), MatchOutcome.Unknown, $"{why}; this branch takes it that it is accepted", "ACCEPT");
            }

            Leave(accepts, entry);
        }

        return Flow.Gone;
    }
}
