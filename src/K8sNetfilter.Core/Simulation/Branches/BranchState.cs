using K8sNetfilter.Addressing;
using K8sNetfilter.Hooks;
using K8sNetfilter.Logic;
using K8sNetfilter.Nftables.Evaluation;
using K8sNetfilter.Simulation.Compiled;
using K8sNetfilter.Simulation.Conditions;
using K8sNetfilter.Simulation.Steps;

namespace K8sNetfilter.Simulation.Branches;

/// <summary>
/// One branch of a walk in progress: the packet, its connection, and where it stands. It is changed in place while there is one way to
/// go and copied where the walk forks. Its parts are structs, so that a copy is one allocation.
/// </summary>
internal sealed class BranchState
{
    private WalkAside _aside = WalkAside.None;

    /// <summary>The packet: its header, its mark, and where it is on the node.</summary>
    public WalkPacket Packet = new();

    /// <summary>What connection tracking knows of it.</summary>
    public WalkConnection Connection = new();

    /// <summary>What became of it, and by what.</summary>
    public BranchEnd End = new();

    // Where it stands.
    public PacketDirection Direction;
    public WalkStage Stage;
    public int HookPosition;

    /// <summary>The mark, type of service and time to live as the present base chain found them.</summary>
    public uint ChainMark;
    public int ChainTos;
    public int ChainTtl;
    public Bits128 ChainSource;
    public Bits128 ChainDestination;
    public int Round;
    public WalkLayer2 Layer2;
    public string? Port;
    public Bits128 IngressDestination;

    /// <summary>The entry that was there before the packet came; null where the packet opens its own.</summary>
    public WalkEntry? Entry
    {
        get => _aside.Entry;
        set => _aside = _aside with { Entry = value };
    }

    /// <summary>The packet as it came to the first of two nat tables on one hook; see <see cref="WalkNatOrder"/>.</summary>
    public BranchState? BeforeNat
    {
        get => _aside.BeforeNat;
        set => _aside = _aside with { BeforeNat = value };
    }

    /// <summary>What rules added to sets of nf_tables and deleted from them on its way, newest first; null if nothing.</summary>
    public NftEffect? SetChanges
    {
        get => _aside.SetChanges;
        set => _aside = _aside with { SetChanges = value };
    }

    /// <summary>The second of two nat tables on one hook was met first.</summary>
    public bool SecondNatRan
    {
        get => _aside.SecondNatRan;
        set => _aside = _aside with { SecondNatRan = value };
    }

    /// <summary>The request as it arrived; null until the answer is sent.</summary>
    public BranchState? Request;

    /// <summary>The interface that the first packet came in by.</summary>
    public string? EntryInterface;
    public bool EntryLocal;

    /// <summary>The answer that this packet, the third of a handshake, follows; null for any other.</summary>
    public BranchState? Answer
    {
        get => _aside.Answer;
        set => _aside = _aside with { Answer = value };
    }

    /// <summary>Whether the handshake's third packet arrives too, and why not.</summary>
    public MatchOutcome Completes
    {
        get => _aside.Completes;
        set => _aside = _aside with { Completes = value };
    }
    public string? CompletesReason
    {
        get => _aside.CompletesReason;
        set => _aside = _aside with { CompletesReason = value };
    }

    // The branch.
    public int Branch = 1;
    public int Parent;
    public double Probability = 1;
    public Assumption? Assumptions;
    public WalkFrame[] Frames = [];
    public int Depth;

    public required WalkOptions Options;

    /// <summary>Set while the packet is a message to the sender of one that was too long: what became of that one.</summary>
    public string? TooLong
    {
        get => _aside.TooLong;
        set => _aside = _aside with { TooLong = value };
    }

    /// <summary>The chain that dropped it and that is not among the rules that are walked.</summary>
    public NftBaseChain? EndOther
    {
        get => _aside.EndOther;
        set => _aside = _aside with { EndOther = value };
    }

    /// <summary>
    /// Those of the node's other chains that it met on its way and that may have done something: <see cref="OtherChains.BitOf"/>.
    /// </summary>
    public ulong Others;

    public BranchState Fork()
    {
        var copy = (BranchState)MemberwiseClone();
        copy.Frames = Depth == 0 ? [] : (WalkFrame[])Frames.Clone();
        return copy;
    }

    /// <summary>The hook that it is at (<see cref="HookOrder.Names"/>).</summary>
    public int Hook => Stage switch
    {
        WalkStage.Prerouting => HookOrder.Prerouting,
        WalkStage.Input => HookOrder.Input,
        WalkStage.Forward => HookOrder.Forward,
        WalkStage.Output => HookOrder.Output,
        _ => HookOrder.Postrouting,
    };

    /// <summary>Where it is, as a step tells it.</summary>
    public string HookName => Stage is WalkStage.Output or WalkStage.LocalPostrouting or WalkStage.Prerouting or WalkStage.Input or WalkStage.Forward or WalkStage.Postrouting
        ? HookOrder.Names[Hook] : "ROUTING";

    /// <summary>True where both are the same packet at the same place with the same connection: from here on they do the same.</summary>
    /// <remarks>A part compares its own fields. The place inside a base chain is compared by <see cref="SamePlace"/>.</remarks>
    public bool SameAs(BranchState other) =>
        Packet.SameAs(in other.Packet) && Connection.SameAs(in other.Connection) && End.SameAs(in other.End)
        && Stage == other.Stage && HookPosition == other.HookPosition && Round == other.Round && Direction == other.Direction
        && Layer2 == other.Layer2 && Port == other.Port && IngressDestination == other.IngressDestination && Others == other.Others
        && _aside.SameAs(other._aside) && SameRequest(other) && (!End.Ended || ReferenceEquals(EndOther, other.EndOther));

    // Of the request, what the end of the branch is judged and explained by.
    private bool SameRequest(BranchState other) =>
        ReferenceEquals(Request, other.Request)
        || (Request is { } own && other.Request is { } its && own.Packet.Tuple == its.Packet.Tuple
            && own.Packet.Protocol == its.Packet.Protocol
            && own.Packet.Mark == its.Packet.Mark && own.Packet.MarkKnown == its.Packet.MarkKnown
            && own.Connection.State == its.Connection.State
            && own.Connection.DestinationNat == its.Connection.DestinationNat && own.Connection.SourceNat == its.Connection.SourceNat
            && own.End.Fate == its.End.Fate && own.End.Reason == its.End.Reason && own.End.Taker == its.End.Taker
            && own.End.TakerReason == its.End.TakerReason && ReferenceEquals(own.End.NotTrackedBy, its.End.NotTrackedBy));

    /// <summary>Compares where two branches stand inside one base chain; a branch only ever moves forward in this order.</summary>
    public int ComparePlace(BranchState other)
    {
        int common = Math.Min(Depth, other.Depth);
        for (int i = 0; i < common; i++)
        {
            int order = Frames[i].Next.CompareTo(other.Frames[i].Next);
            if (order != 0)
            {
                return order;
            }
        }

        // A caller's frame already points after the call, so the branch that is still inside the called chain comes first.
        return other.Depth.CompareTo(Depth);
    }

    public bool SamePlace(BranchState other)
    {
        if (Depth != other.Depth)
        {
            return false;
        }

        for (int i = 0; i < Depth; i++)
        {
            if (Frames[i].Next != other.Frames[i].Next || !ReferenceEquals(Frames[i].Chain, other.Frames[i].Chain))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Goes into a chain.</summary>
    public void Call(CompiledChain chain, bool isGoto)
    {
        if (Depth == Frames.Length)
        {
            Array.Resize(ref Frames, Math.Max(8, Depth * 2));
        }

        Frames[Depth++] = new WalkFrame { Chain = chain, Next = 0, Goto = isGoto };
    }

    /// <summary>
    /// Returns to the caller; false if there is no caller. A chain that was entered by goto does not return to the chain that jumped.
    /// </summary>
    public bool Return()
    {
        while (--Depth > 0)
        {
            if (!Frames[Depth].Goto)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Asks a condition; where it is unknown, the user's word and the branch's own assumptions decide it.</summary>
    public MatchOutcome Settle(Condition condition)
    {
        var outcome = condition.Test(this);
        if (outcome != MatchOutcome.Unknown)
        {
            return outcome;
        }

        if (Options.Settle(condition) is { } said)
        {
            return MatchOutcomes.Is(said);
        }

        return Assumptions is not null && condition.Lasting && Assumption.Find(Assumptions, Question(condition)) is { } taken
            ? MatchOutcomes.Is(taken != condition.Negated)
            : outcome;
    }

    /// <summary>Names the question that a lasting condition asks of this packet, so that the same question is answered once.</summary>
    public string Question(Condition condition)
    {
        string text = condition.Negated && condition.Text.IndexOf("! ", StringComparison.Ordinal) is >= 0 and int at
            ? condition.Text.Remove(at, 2) : condition.Text;
        return $"{text}|{Packet.Source:x}|{Packet.Destination:x}|{Packet.Protocol}|{Packet.SourcePort}|{Packet.DestinationPort}|{Packet.In}|{Packet.Out}|{Direction}";
    }

    public Packet ToPacket()
    {
        return new Packet
        {
            Source = Packet.SourceKnown ? AddressBits.ToAddress(Packet.Source, Packet.Family) : null,
            Destination = AddressBits.ToAddress(Packet.Destination, Packet.Family),
            Protocol = IPProtocolName.Of(Packet.Protocol),
            SourcePort = Packet.SourcePort < 0 ? null : Packet.SourcePort,
            DestinationPort = Packet.DestinationPort < 0 || !Packet.HasPorts ? null : Packet.DestinationPort,
            IcmpType = Packet.IcmpType < 0 ? null : Packet.IcmpType,
            IcmpCode = Packet.IcmpCode < 0 ? null : Packet.IcmpCode,
            TcpFlags = Packet.TcpFlags < 0 ? null : Packet.TcpFlags,
            Length = Packet.Length < 0 ? null : Packet.Length,
            Ttl = Packet.Ttl < 0 ? null : Packet.Ttl,
            Tos = Packet.Tos < 0 ? null : Packet.Tos,
            Mark = Packet.MarkKnown == uint.MaxValue ? Packet.Mark : null,
            ConnectionMark = Connection.MarkKnown == uint.MaxValue ? Connection.Mark : null,
            InInterface = Packet.In,
            OutInterface = Packet.Out,
            PhysicalIn = Packet.PhysicalIn,
            PhysicalOut = Packet.PhysicalOut,
            State = Connection.State,
        };
    }
}
