using K8sNetfilter.Rulesets;

namespace K8sNetfilter.Packets;

/// <summary>
/// One walk at a time. Branches go forward in step: the one that is furthest behind moves, so that branches that have become the same meet
/// and join. What it is made of is used again for the next walk: there are two for each Service of a node.
/// </summary>
internal sealed class WalkRun
{
    private readonly PacketWalk _walk;
    private readonly WalkStart _start;
    private readonly WalkHooks _atHooks;
    private readonly WalkAnswer _answer;
    private readonly WalkDeparture _departure;
    private readonly WalkHandshake _handshake;
    private readonly WalkReceiver _receiver;
    private readonly List<WalkState> _live = [];
    private List<WalkState> _done = [];
    private List<TraceStep>? _steps;
    private int _branches;

    public WalkRun(PacketWalk walk)
    {
        _walk = walk;
        Network = walk.Network;
        Rules = new(this);
        Verdicts = new(this);
        Nat = new(this);
        Routing = new(this);
        Bridging = new(this);
        Mtu = new(this);
        Reach = new(this);
        Others = new(this, walk.Others);
        _start = new(this);
        _atHooks = new(this);
        _answer = new(this);
        _departure = new(this);
        _handshake = new(this, _start);
        _receiver = new(this);
    }

    public NodeNetwork Network { get; }

    public Packet Packet { get; private set; } = null!;

    public WalkOptions Options { get; private set; } = WalkOptions.Default;

    public CancellationToken Cancellation { get; private set; }

    public bool V6 { get; private set; }

    /// <summary>Whether the kernel tracks connections, where it says so.</summary>
    public bool? IsTracking => _walk.IsTracking;

    /// <summary>Whether rules may keep a later packet of a connection that they let come about.</summary>
    public bool MayStopLater => _walk.MayStopLater(V6);

    public WalkRules Rules { get; }

    public WalkVerdicts Verdicts { get; }

    public WalkNat Nat { get; }

    public WalkRouting Routing { get; }

    public WalkBridging Bridging { get; }

    public WalkMtu Mtu { get; }

    public WalkReach Reach { get; }

    public WalkOthers Others { get; }

    /// <summary>Walks, and gives each branch as it ended.</summary>
    public IReadOnlyList<WalkState> Follow(Packet packet, WalkOptions options, CancellationToken cancellation)
    {
        (Packet, Options, Cancellation, V6) = (packet, options, cancellation, packet.IsIPv6);
        _atHooks.Hooks = _walk.Hooks(V6);
        _done = [];
        _steps = options.KeepSteps ? [] : null;
        _branches = 1;
        Rules.Restart();
        _live.Add(_start.First());
        while (_live.Count > 0)
        {
            Cancellation.ThrowIfCancellationRequested();
            var state = TakeHindmost();
            Advance(state);
        }

        JoinAll(_done);
        return _done;
    }

    public WalkResult Run(Packet packet, WalkOptions options, CancellationToken cancellation)
    {
        Follow(packet, options, cancellation);
        var branches = new WalkBranch[_done.Count];
        for (int i = 0; i < branches.Length; i++)
        {
            branches[i] = WalkBranchEnd.Of(_done[i], _walk.Others, Network.KnowsRoutes(V6));
            if (_steps is not null)
            {
                var end = branches[i];
                string verdict = end.Works switch
                {
                    MatchOutcome.Yes => "WORKS",
                    MatchOutcome.No => "FAILS",
                    _ => end.Fate == PacketFate.Unknown || end.Direction == PacketDirection.Reply ? "UNKNOWN" : end.Fate.ToString().ToUpperInvariant(),
                };
                Tell(_done[i], "RESULT", null, null, null, verdict == "UNKNOWN" ? MatchOutcome.Unknown : MatchOutcome.Yes, end.Reason + Assumption.Condition(_done[i].Assumptions), verdict);
            }
        }

        return new WalkResult(branches, _steps is null ? [] : _steps);
    }

    private static int Order(WalkState state) =>
        (((((state.Round * 2) + (int)state.Direction) * 16) + (int)state.Stage) * 64) + state.HookPosition;

    private WalkState TakeHindmost()
    {
        if (_live.Count == 1)
        {
            var only = _live[0];
            _live.Clear();
            return only;
        }

        int first = 0;
        for (int i = 1; i < _live.Count; i++)
        {
            if (Order(_live[i]) < Order(_live[first]))
            {
                first = i;
            }
        }

        var state = _live[first];
        _live.RemoveAt(first);
        int order = Order(state);
        for (bool joined = true; joined;)
        {
            joined = false;
            for (int i = _live.Count - 1; i >= 0; i--)
            {
                if (Order(_live[i]) == order && TryJoin(state, _live[i]))
                {
                    _live.RemoveAt(i);
                    joined = true;
                }
            }
        }

        return state;
    }

    private void JoinAll(List<WalkState> states)
    {
        for (bool joined = states.Count > 1; joined;)
        {
            joined = false;
            for (int i = 0; i < states.Count; i++)
            {
                for (int j = states.Count - 1; j > i; j--)
                {
                    if (TryJoin(states[i], states[j]))
                    {
                        states.RemoveAt(j);
                        joined = true;
                    }
                }
            }
        }
    }

    /// <summary>Lets <paramref name="other"/> go on as <paramref name="state"/> where both do the same from here on.</summary>
    public bool TryJoin(WalkState state, WalkState other)
    {
        if (!Options.JoinBranches || !state.SameAs(other) || !Assumption.TryJoin(state.Assumptions, other.Assumptions, out var joined, out bool sameCase))
        {
            return false;
        }

        // Two outcomes of chance add up; two answers to a question are different cases, each with a probability of its own.
        double probability = sameCase ? state.Probability + other.Probability
            : state.Probability == other.Probability ? state.Probability : double.NaN;
        if (other.Branch < state.Branch)
        {
            (state.Branch, other.Branch) = (other.Branch, state.Branch);
            (state.Parent, other.Parent) = (other.Parent, state.Parent);
        }

        state.Probability = Math.Min(probability, 1);
        state.Assumptions = joined;
        if (Told(other) && !state.Ended)
        {
            TellRouting(other, state.HookName, $"from here on the same as branch {state.Branch}, which it joins");
        }

        return true;
    }

    private void Advance(WalkState state)
    {
        switch (state.Stage)
        {
            case WalkStage.LocalRoute:
                Routing.Local(state);
                break;
            case WalkStage.Ingress:
                Bridging.Enter(state);
                break;
            case WalkStage.Decide:
                Routing.Decide(state);
                break;
            case WalkStage.Egress:
                _departure.Leave(state);
                break;
            default:
                _atHooks.Meet(state);
                break;
        }
    }

    /// <summary>Lets a branch go on with the next function of its hook.</summary>
    public void Pass(WalkState state)
    {
        state.HookPosition++;
        _live.Add(state);
    }

    /// <summary>Lets a branch go on with another stage.</summary>
    public void GoTo(WalkState state, WalkStage stage)
    {
        state.Stage = stage;
        state.HookPosition = 0;
        _live.Add(state);
    }

    /// <summary>Ends a packet's way; where it arrived and the answer was asked for, the answer goes on.</summary>
    public void End(WalkState state, PacketFate fate, string reason, WalkEnd end = WalkEnd.None)
    {
        if (state.TooLong is not null)
        {
            Mtu.FinishTelling(state, fate, reason);
            return;
        }

        state.Fate = fate;
        state.End = end;
        state.EndReason = reason;
        if (state.Round == 0)
        {
            // The packet that went ahead: whatever became of it, the connection stands as far as it got.
            _live.Add(_start.Again(state));
            return;
        }

        if (state.Round == 2)
        {
            Finish(WalkHandshake.Complete(state));
            return;
        }

        fate = _receiver.Meet(state);
        if (Options.Reply && state.Direction == PacketDirection.Original && fate is PacketFate.Delivered or PacketFate.Sent && state.Request is null)
        {
            _answer.Give(state);
            return;
        }

        if (state.Request is not null)
        {
            _answer.Compare(state);
            if (_handshake.IsDue(state))
            {
                _live.Add(_handshake.Make(state));
                return;
            }
        }

        Finish(state);
    }

    /// <summary>The branch is at its end.</summary>
    public void Finish(WalkState state)
    {
        state = WalkReceiver.Conclude(state);
        state.Ended = true;
        _done.Add(state);
    }

    /// <summary>True where the branch's steps are kept.</summary>
    public bool Told(WalkState state) => _steps is not null && state.Round == 1;

    /// <summary>Tells of a rule.</summary>
    public void Tell(WalkState state, in WalkPlace place, MatchOutcome outcome, string reason, string? verdict) =>
        Tell(state, state.HookName, place.Hook, place.Chain.Name, place.Rule.Rule, outcome, reason, verdict);

    /// <summary>Tells of what stands on a hook beside rules: connection tracking, translation, a base chain's policy.</summary>
    public void Tell(WalkState state, WalkHook hook, MatchOutcome outcome, string reason, string? verdict) =>
        Tell(state, state.HookName, hook, hook.Chain?.Name, null, outcome, reason, verdict);

    private void Tell(
        WalkState state, string where, WalkHook? hook, string? chain, NetfilterRule? rule, MatchOutcome outcome, string reason, string? verdict) => _steps!.Add(new TraceStep
        {
            Number = _steps.Count + 1,
            Direction = state.Direction,
            Hook = where,
            Table = hook is null ? null : hook.Kind == WalkHookKind.Conntrack ? "conntrack" : hook.Table,
            Backend = hook?.Backend,
            Chain = chain,
            RuleNumber = rule?.Number,
            Rule = rule?.Text,
            Outcome = outcome,
            Reason = reason,
            Verdict = verdict,
            At = state.ToPacket(),
            Branch = state.Branch,
            Parent = state.Parent == 0 ? null : state.Parent,
            Probability = double.IsNaN(state.Probability) ? null : Math.Round(state.Probability, 12),
        });

    /// <summary>Tells of what happens between the hooks.</summary>
    public void TellRouting(WalkState state, string hook, string reason, string? verdict = null, MatchOutcome outcome = MatchOutcome.Yes)
    {
        if (Told(state))
        {
            Tell(state, hook, null, null, null, outcome, reason, verdict);
        }
    }

    /// <summary>Makes a second branch. Null where there are as many as the walk may follow; then this one ends here as unknown.</summary>
    public WalkState? Fork(WalkState state)
    {
        // Those that have ended are put together at last; chains that call each other twice would make as many as there are ways through.
        if (_live.Count + Rules.Count >= Options.MaxBranches || _done.Count >= Options.MaxBranches * 64)
        {
            return null;
        }

        var copy = state.Fork();
        copy.Branch = ++_branches;
        copy.Parent = state.Branch;
        return copy;
    }

    /// <summary>Ends a branch that may not fork.</summary>
    public void TooMany(WalkState state)
    {
        TellRouting(state, state.HookName, $"the walk has forked into {Options.MaxBranches} branches; this one is not followed further", null, MatchOutcome.Unknown);
        End(state, PacketFate.Unknown, $"more than {Options.MaxBranches} branches");
    }

    /// <summary>Notes that a branch's end holds only if <paramref name="text"/> is true. The opposite is not followed: see <see cref="Assumption"/>.</summary>
    public static void Grant(WalkState state, string key, string text) => state.Assumptions = Assumption.Grant(state.Assumptions, key, text);

    /// <summary>
    /// Forks over a question that the data does not decide. The first result takes it as so, the second as not; what was assumed before, or
    /// a limit, can leave one of them out.
    /// </summary>
    public (WalkState? Yes, WalkState? No) Ask(WalkState state, string key, string yes, string no)
    {
        if (Assumption.Find(state.Assumptions, key) is { } known)
        {
            return known ? (state, null) : (null, state);
        }

        if (Fork(state) is not { } other)
        {
            TooMany(state);
            return (null, null);
        }

        other.Assumptions = new Assumption(key, yes, no, true, state.Assumptions);
        state.Assumptions = new Assumption(key, no, yes, false, state.Assumptions);
        return (other, state);
    }
}
