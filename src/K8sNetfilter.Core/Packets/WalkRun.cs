namespace K8sNetfilter.Packets;

/// <summary>
/// One walk. Branches go forward in step: the one that is furthest behind moves, so that branches that have become the same meet and join.
/// </summary>
internal sealed partial class WalkRun
{
    // A jump deeper than this is no ruleset that a kernel would load: nf_tables allows 16, ip_tables as many as it has chains without loops.
    private const int MaxDepth = 512;

    private readonly PacketWalk _walk;
    private readonly NodeNetwork _network;
    private readonly WalkOptions _options;
    private readonly CancellationToken _cancellation;
    private readonly Packet _packet;
    private readonly WalkHook[][] _hooks;
    private readonly List<WalkState> _live = [];
    private readonly List<WalkState> _done = [];
    private readonly List<TraceStep>? _steps;
    private readonly bool _v6;
    private int _branches = 1;
    private int _asked;

    public WalkRun(PacketWalk walk, Packet packet, WalkOptions options, CancellationToken cancellation)
    {
        _walk = walk;
        _network = walk.Network;
        _packet = packet;
        _options = options;
        _cancellation = cancellation;
        _v6 = packet.IsIPv6;
        _hooks = walk.Hooks(_v6);
        _steps = options.KeepSteps ? [] : null;
    }

    /// <summary>Walks, and gives each branch as it ended.</summary>
    public IReadOnlyList<WalkState> Follow()
    {
        _live.Add(Start());
        while (_live.Count > 0)
        {
            _cancellation.ThrowIfCancellationRequested();
            var state = TakeHindmost();
            Advance(state);
        }

        JoinAll(_done);
        return _done;
    }

    public WalkResult Run()
    {
        Follow();
        var branches = new WalkBranch[_done.Count];
        for (int i = 0; i < branches.Length; i++)
        {
            branches[i] = ToBranch(_done[i]);
            if (_steps is not null)
            {
                var end = branches[i];
                string verdict = end.Works switch
                {
                    MatchOutcome.Yes => "WORKS",
                    MatchOutcome.No => "FAILS",
                    _ => end.Fate == PacketFate.Unknown || end.Direction == PacketDirection.Reply ? "UNKNOWN" : end.Fate.ToString().ToUpperInvariant(),
                };
                Tell(_done[i], "RESULT", null, null, verdict == "UNKNOWN" ? MatchOutcome.Unknown : MatchOutcome.Yes, end.Reason, verdict);
            }
        }

        return new WalkResult(branches, _steps is null ? [] : _steps);
    }

    private WalkState Start()
    {
        if (!IPProtocolName.TryParse(_packet.Protocol, out byte protocol))
        {
            throw new ArgumentException($"'{_packet.Protocol}' is no protocol.", nameof(_packet));
        }

        bool icmp = protocol is IPProtocolName.Icmp or IPProtocolName.IcmpV6;
        var state = new WalkState
        {
            Options = _options,
            V6 = _v6,
            SourceKnown = _packet.Source is not null,
            Source = _packet.Source is null ? 0 : AddressBits.From(_packet.Source),
            Destination = AddressBits.From(_packet.Destination),
            Protocol = protocol,
            SourcePort = _packet.SourcePort ?? -1,
            DestinationPort = icmp ? _packet.SourcePort ?? -1 : _packet.DestinationPort ?? -1,
            IcmpType = icmp ? _packet.IcmpType ?? (_v6 ? 128 : 8) : -1,
            IcmpCode = icmp ? _packet.IcmpCode ?? (_packet.IcmpType is null or 8 or 0 or 128 or 129 ? 0 : -1) : -1,
            TcpFlags = protocol == IPProtocolName.Tcp
                ? _packet.TcpFlags ?? (_packet.State is ConnectionState.None or ConnectionState.New ? 0x02 : 0x10)
                : -1,
            Length = _packet.Length ?? -1,
            Ttl = _packet.Ttl ?? -1,
            Tos = _packet.Tos ?? -1,
            Mark = _packet.Mark ?? 0,
            MarkKnown = _packet.Mark is null ? 0 : uint.MaxValue,
            ConnectionMark = _packet.ConnectionMark ?? 0,
            ConnectionMarkKnown = _packet.ConnectionMark is null ? 0 : uint.MaxValue,
        };
        string? input = _packet.InInterface;
        if (input is null)
        {
            // Where it comes from is where an answer would go to.
            if (!state.SourceKnown || _network.IsLocal(_v6, state.Source) == true)
            {
                input = state.SourceKnown || _network.KnowsRoutes ? "" : null;
            }
            else if (_network.Route(_v6, state.Destination, true, state.Source, 0, uint.MaxValue, "") is { Kind: RouteVerdict.Unicast, Device: { } device })
            {
                input = _network.Find(device)?.IsBridge == true ? _network.PortOf(device, state.Source) ?? device : device;
            }
        }

        state.EntryInterface = input;
        state.EntryLocal = input is { Length: 0 };
        state.Local = state.EntryLocal;
        state.In = input;
        state.Stage = state.EntryLocal ? WalkStage.LocalRoute : WalkStage.Ingress;
        state.Opened = state.Tuple;

        // An established connection is one that these rules let come about: its first packet goes ahead, untold.
        state.Round = _packet.State == ConnectionState.Established ? 0 : 1;
        return state;
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
    private bool TryJoin(WalkState state, WalkState other)
    {
        if (!_options.JoinBranches || !state.SameAs(other) || !Assumption.TryJoin(state.Assumptions, other.Assumptions, out var joined, out bool sameCase))
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
            Tell(other, HookName(state), null, null, MatchOutcome.Yes, $"from here on the same as branch {state.Branch}, which it joins", null);
        }

        return true;
    }

    private void Advance(WalkState state)
    {
        switch (state.Stage)
        {
            case WalkStage.LocalRoute:
                RouteLocal(state);
                break;
            case WalkStage.Ingress:
                Ingress(state);
                break;
            case WalkStage.Decide:
                Decide(state);
                break;
            case WalkStage.Egress:
                Egress(state);
                break;
            default:
                RunHook(state);
                break;
        }
    }

    private void GoTo(WalkState state, WalkStage stage)
    {
        state.Stage = stage;
        state.HookPosition = 0;
        _live.Add(state);
    }

    private void End(WalkState state, PacketFate fate, string reason, WalkEnd end = WalkEnd.None)
    {
        state.Fate = fate;
        state.End = end;
        state.EndReason = reason;
        if (state.Round == 0)
        {
            // The packet that went ahead: whatever became of it, the connection stands as far as it got.
            Restart(state);
            return;
        }

        if (_options.Reply && state.Direction == PacketDirection.Original && fate is PacketFate.Delivered or PacketFate.Sent && state.Request is null)
        {
            Answer(state);
            return;
        }

        state.Ended = true;
        _done.Add(state);
    }

    /// <summary>Whether the connection comes about on a branch, and why.</summary>
    public static (MatchOutcome Works, string Reason) Outcome(WalkState state) =>
        state.Fate is PacketFate.Dropped or PacketFate.Rejected ? (MatchOutcome.No, state.EndReason)
        : Arrived(state) && state.Direction == PacketDirection.Reply ? Answers(state)
        : (MatchOutcome.Unknown, state.EndReason);

    private static bool Arrived(WalkState state) => state.Fate is PacketFate.Delivered or PacketFate.Sent;

    private static WalkBranch ToBranch(WalkState state)
    {
        var (works, reason) = Outcome(state);
        return new WalkBranch
        {
            Branch = state.Branch,
            Direction = state.Direction,
            Fate = state.Fate,
            Reason = reason,
            Packet = state.ToPacket(),
            Request = state.Request?.ToPacket() ?? (state.Direction == PacketDirection.Original && Arrived(state) ? state.ToPacket() : null),
            Works = works,
            Probability = double.IsNaN(state.Probability) ? null : Math.Round(state.Probability, 12),
            Assumptions = Assumption.Texts(state.Assumptions),
        };
    }

    private bool Told(WalkState state) => _steps is not null && state.Round != 0;

    private static string HookName(WalkState state) => state.Stage switch
    {
        WalkStage.Output => "OUTPUT",
        WalkStage.LocalPostrouting or WalkStage.Postrouting => "POSTROUTING",
        WalkStage.Prerouting => "PREROUTING",
        WalkStage.Input => "INPUT",
        WalkStage.Forward => "FORWARD",
        _ => "ROUTING",
    };

    private void Tell(
        WalkState state, string hook, WalkHook? entry, (WalkChain Chain, int Index)? place, MatchOutcome outcome, string reason, string? verdict)
    {
        var rule = place is { Index: >= 0 } at ? at.Chain[at.Index].Rule : null;
        _steps!.Add(new TraceStep
        {
            Number = _steps.Count + 1,
            Direction = state.Direction,
            Hook = hook,
            Table = entry is null ? null : entry.Kind == WalkHookKind.Conntrack ? "conntrack" : entry.Table,
            Backend = entry?.Backend,
            Chain = place?.Chain.Name,
            RuleNumber = rule?.Number,
            Rule = rule?.Text,
            Outcome = outcome,
            Reason = reason,
            Verdict = verdict,
            Packet = state.ToPacket(),
            Branch = state.Branch,
            Parent = state.Parent == 0 ? null : state.Parent,
            Probability = double.IsNaN(state.Probability) ? null : Math.Round(state.Probability, 12),
        });
    }

    private void TellRouting(WalkState state, string hook, string reason, string? verdict = null, MatchOutcome outcome = MatchOutcome.Yes)
    {
        if (Told(state))
        {
            Tell(state, hook, null, null, outcome, reason, verdict);
        }
    }

    /// <summary>Makes a second branch. Null where there are as many as the walk may follow; then this one ends here as unknown.</summary>
    private WalkState? Fork(WalkState state)
    {
        if (_live.Count + _inChain.Count >= _options.MaxBranches)
        {
            return null;
        }

        var copy = state.Fork();
        copy.Branch = ++_branches;
        copy.Parent = state.Branch;
        return copy;
    }

    private void TooMany(WalkState state)
    {
        TellRouting(state, HookName(state), $"the walk has forked into {_options.MaxBranches} branches; this one is not followed further", null, MatchOutcome.Unknown);
        End(state, PacketFate.Unknown, $"more than {_options.MaxBranches} branches");
    }

    /// <summary>
    /// Forks over a question that the data does not decide. The first result takes it as so, the second as not; what was assumed before, or
    /// a limit, can leave one of them out.
    /// </summary>
    private (WalkState? Yes, WalkState? No) Ask(WalkState state, string key, string yes, string no)
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
