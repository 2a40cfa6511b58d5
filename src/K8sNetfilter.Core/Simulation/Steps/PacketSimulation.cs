using K8sNetfilter.Addressing;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Logic;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Delivery;
using K8sNetfilter.Simulation.Nftables;
using K8sNetfilter.Simulation.Pods;

namespace K8sNetfilter.Simulation.Steps;

/// <summary>
/// One walk at a time. Branches go forward in step: the one that is furthest behind moves, so that branches that have become the same meet
/// and join. What it is made of is used again for the next walk: there are two for each Service of a node.
/// </summary>
internal sealed class PacketSimulation
{
    private readonly PacketWalk _walk;
    private readonly PacketEntry _start;
    private readonly HookTraversal _atHooks;
    private readonly ReplyCheck _answer;
    private readonly WalkDeparture _departure;
    private readonly WalkHandshake _handshake;
    private readonly WalkReceiver _receiver;
    private readonly List<BranchState> _live = [];
    private List<BranchState> _done = [];
    private int _branches;

    public PacketSimulation(PacketWalk walk)
    {
        _walk = walk;
        Network = walk.Network;
        Rules = new(this);
        Native = new(this);
        Verdicts = new(this);
        Nat = new(this);
        Routing = new(this);
        OwnRouting = new(this);
        Bridging = new(this);
        Mtu = new(this);
        Reach = new(this);
        Discovery = new(this, walk.Discovery);
        Others = new(this, walk.Others);
        Joins = new(this);
        _start = new(this);
        _atHooks = new(this);
        _answer = new(this);
        _departure = new(this);
        _handshake = new(this, _start, _answer);
        _receiver = new(this);
    }

    public ForwardingModel Network { get; }

    public Packet Packet { get; private set; } = null!;

    public WalkOptions Options { get; private set; } = WalkOptions.Default;

    public CancellationToken Cancellation { get; private set; }

    public IPFamily Family { get; private set; }

    public bool IsIPv6 => Family == IPFamily.IPv6;

    /// <summary>Whether the kernel tracks connections, where it says so.</summary>
    public bool? IsTracking => _walk.IsTracking;

    /// <summary>Whether rules may keep a later packet of a connection that they let come about.</summary>
    public bool MayStopLater => _walk.MayStopLater(Family);

    /// <summary>Whether rules can tell a packet with data from those of a TCP handshake.</summary>
    public bool TellsData => _walk.TellsData(Family);

    /// <summary>The steps that explain the walk.</summary>
    public WalkLog Log { get; } = new();

    public ChainTraversal Rules { get; }

    public NativeTraversal Native { get; }

    public TargetEffects Verdicts { get; }

    public WalkNat Nat { get; }

    public WalkRouting Routing { get; }

    public OwnRouting OwnRouting { get; }

    public WalkBridging Bridging { get; }

    public WalkMtu Mtu { get; }

    public WalkReach Reach { get; }

    public WalkDiscovery Discovery { get; }

    public WalkOthers Others { get; }

    public BranchJoins Joins { get; }

    /// <summary>A message of neighbour discovery is followed through hooks: nothing else becomes of it.</summary>
    public bool IsHooksOnly { get; private set; }

    /// <summary>Walks, and gives each branch as it ended.</summary>
    public IReadOnlyList<BranchState> Follow(Packet packet, WalkOptions options, CancellationToken cancellation)
    {
        (Packet, Options, Cancellation, Family) = (packet, options, cancellation, packet.Family);
        _atHooks.Hooks = _walk.Hooks(Family);
        return FollowFrom(_start.First);
    }

    /// <summary>Follows a message of neighbour discovery through the hooks on its way, and gives each branch as it ended.</summary>
    public IReadOnlyList<BranchState> FollowHooks(BranchState start, WalkOptions options, CancellationToken cancellation)
    {
        (Packet, Options, Cancellation, Family, IsHooksOnly) = (
            start.ToPacket() with { State = ConnectionState.None }, options, cancellation, start.Packet.Family, true);
        _atHooks.Hooks = _walk.Hooks(Family);
        return FollowFrom(() => start);
    }

    private List<BranchState> FollowFrom(Func<BranchState> first)
    {
        _done = [];
        Log.Restart(Options.KeepSteps);
        _branches = 1;
        _live.Clear();
        Rules.Restart();
        Native.Restart();
        _live.Add(first());
        while (_live.Count > 0)
        {
            Cancellation.ThrowIfCancellationRequested();
            var state = TakeHindmost();
            Advance(state);
        }

        Joins.JoinAll(_done);
        return _done;
    }

    public WalkResult Run(Packet packet, WalkOptions options, CancellationToken cancellation)
    {
        Follow(packet, options, cancellation);
        _done = Joins.Arrange(_done);
        var branches = new WalkBranch[_done.Count];
        for (int i = 0; i < branches.Length; i++)
        {
            branches[i] = WalkBranchEnd.Of(_done[i], _walk.Others, Network.KnowsRoutes(Family));
            Log.AddEnd(_done[i], branches[i]);
        }

        return new WalkResult(branches, Log.Steps);
    }

    private static int Order(BranchState state) =>
        (((((state.Round * 2) + (int)state.Direction) * 16) + (int)state.Stage) * 64) + state.HookPosition;

    private BranchState TakeHindmost()
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
                if (Order(_live[i]) == order && Joins.TryJoin(state, _live[i]))
                {
                    _live.RemoveAt(i);
                    joined = true;
                }
            }
        }

        return state;
    }

    private void Advance(BranchState state)
    {
        if (IsHooksOnly && state.Stage is WalkStage.Decide or WalkStage.Egress)
        {
            PassBetween(state);
            return;
        }

        switch (state.Stage)
        {
            case WalkStage.LocalRoute:
                OwnRouting.Local(state);
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

    private void PassBetween(BranchState state)
    {
        if (state.Stage == WalkStage.Egress)
        {
            End(state, PacketFate.Sent, StepMessages.Leaves);
            return;
        }

        GoTo(state, state.Layer2 == WalkLayer2.Port ? WalkStage.Forward : WalkStage.Input);
    }

    /// <summary>Lets a branch go on with the next function of its hook.</summary>
    public void Pass(BranchState state)
    {
        state.HookPosition++;
        _live.Add(state);
    }

    /// <summary>Lets a branch go on with another stage.</summary>
    public void GoTo(BranchState state, WalkStage stage)
    {
        state.Stage = stage;
        state.HookPosition = 0;
        _live.Add(state);
    }

    /// <summary>Ends a packet's way; where it arrived and the answer was asked for, the answer goes on.</summary>
    public void End(BranchState state, PacketFate fate, string reason, EndCause end = EndCause.None)
    {
        if (state.TooLong is not null)
        {
            Mtu.FinishTelling(state, fate, reason);
            return;
        }

        state.End.Fate = fate;
        state.End.Cause = end;
        state.End.Reason = reason;
        if (IsHooksOnly)
        {
            state.End.Ended = true;
            _done.Add(state);
            return;
        }

        if (state.Round == 0)
        {
            // The packet that went ahead: whatever became of it, the connection stands as far as it got.
            _live.Add(_start.Again(state));
            return;
        }

        if (state.Round > 1)
        {
            EndLater(state);
            return;
        }

        fate = _receiver.Meet(state);
        if (Options.Reply && state.Direction == PacketDirection.Original && fate is PacketFate.Delivered or PacketFate.Sent
            && state.Request is null)
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

    private void EndLater(BranchState state)
    {
        var (next, complete) = _handshake.End(state);
        if (next is not null)
        {
            _live.Add(next);
        }
        else
        {
            Finish(complete!);
        }
    }

    /// <summary>The branch is at its end.</summary>
    public void Finish(BranchState state)
    {
        state = WalkReceiver.Conclude(state);
        state.End.Ended = true;
        _done.Add(state);
    }

    /// <summary>Makes a second branch. Null where there are as many as the walk may follow; then this one ends here as unknown.</summary>
    public BranchState? Fork(BranchState state)
    {
        // Those that have ended are put together at last; chains that call each other twice would make as many as there are ways through.
        if (_live.Count + Rules.Count + Native.Count >= Options.MaxBranches || _done.Count >= Options.MaxBranches * 64)
        {
            return null;
        }

        var copy = state.Fork();
        copy.Branch = ++_branches;
        copy.Parent = state.Branch;
        return copy;
    }

    /// <summary>Ends a branch that may not fork.</summary>
    public void TooMany(BranchState state)
    {
        Log.Between(
            state, state.HookName, StepMessages.WalkHasForkedIntoBranches(Options.MaxBranches), null,
            MatchOutcome.Unknown);
        End(state, PacketFate.Unknown, StepMessages.TooManyBranches(Options.MaxBranches));
    }

    /// <summary>
    /// Notes that a branch's end holds only if <paramref name="text"/> is true. The opposite is not followed: see <see cref="Assumption"/>.
    /// </summary>
    public static void Grant(BranchState state, string key, string text) =>
        state.Assumptions = Assumption.Grant(state.Assumptions, key, text);

    /// <summary>
    /// Forks over a question that the data does not decide. The first result takes it as so, the second as not; what was assumed before, or
    /// a limit, can leave one of them out.
    /// </summary>
    public (BranchState? Yes, BranchState? No) Ask(BranchState state, string key, string yes, string no)
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
