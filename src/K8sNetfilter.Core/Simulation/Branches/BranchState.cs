using System.Globalization;
using K8sNetfilter.Addressing;
using K8sNetfilter.Forwarding;
using K8sNetfilter.Hooks;
using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Simulation.Compiled;
using K8sNetfilter.Simulation.Conditions;
using K8sNetfilter.Simulation.Pods;
using K8sNetfilter.Simulation.Steps;

namespace K8sNetfilter.Simulation.Branches;

/// <summary>
/// One branch of a walk in progress: the packet, its connection, and where it stands. It is changed in place while there is one way to
/// go and copied where the walk forks. -1 stands for a number that is not known, null for an interface that is not, "" for none.
/// </summary>
internal sealed class BranchState
{
    private WalkAside _aside = WalkAside.None;

    // The packet.
    public bool V6;
    public bool SourceKnown = true;
    public Bits128 Source;
    public Bits128 Destination;
    public byte Protocol;
    public int SourcePort = -1;
    public int DestinationPort = -1;
    public int IcmpType = -1;
    public int IcmpCode = -1;
    public int TcpFlags = -1;
    public int Length = -1;

    /// <summary>The most bytes that a fragment of it has, where it is in fragments on the links (hooks see it whole); 0 where it is in one piece.</summary>
    public int Fragments;
    public int Ttl = -1;
    public int Tos = -1;
    public uint Mark;
    public uint MarkKnown = uint.MaxValue;

    // Where it is.
    public PacketDirection Direction;
    public string? In = "";
    public string? Out = "";
    public string? PhysicalIn = "";
    public string? PhysicalOut = "";

    /// <summary>Bridge netfilter handed the packet to the IP hooks (skb->nf_bridge), so that <c>-m physdev</c> has something to look at.</summary>
    public bool HasBridgeInfo;

    /// <summary>The packet was made on this node (it still has its socket).</summary>
    public bool Local;

    public WalkStage Stage;
    public int HookPosition;

    /// <summary>The mark, type of service and time to live as the present base chain found them.</summary>
    public uint ChainMark;
    public int ChainTos;
    public int ChainTtl;
    public int Round;
    public WalkLayer2 Layer2;
    public string? Port;
    public Bits128 IngressDestination;

    /// <summary>The interface that the route chose; differs from <see cref="Out"/> while the OUTPUT hook still shows the first route's.</summary>
    public string? RouteDevice;
    public Bits128 NextHop;

    /// <summary>It was made on this node and came back in through lo; <see cref="RouteKept"/> where it also still has its route.</summary>
    public bool Looped;
    public bool RouteKept;

    // Its connection.
    public ConnectionState State;

    /// <summary>The CT target that has given the packet its template, which is all that rules see of a connection until connection tracking.</summary>
    public CompiledTarget? Template;

    /// <summary>The zone that the connection was opened in; null where none was seen, so that it fits any.</summary>
    public WalkZone? Zone;

    /// <summary>There is a connection entry that later packets find.</summary>
    public bool Tracked;

    /// <summary>The entry has seen an answer.</summary>
    public bool Answered;

    /// <summary>The entry that was there before the packet came; null where the packet opens its own.</summary>
    public WalkEntry? Entry
    {
        get => _aside.Entry;
        set => _aside = _aside with { Entry = value };
    }
    public bool OfReplyTuple;
    public uint ConnectionMark;
    public uint ConnectionMarkKnown = uint.MaxValue;
    public bool DestinationNatDone;
    public bool SourceNatDone;
    public bool DestinationNat;

    /// <summary>The packet as it came to the first of two nat tables on one hook; see <see cref="WalkNatOrder"/>.</summary>
    public BranchState? BeforeNat
    {
        get => _aside.BeforeNat;
        set => _aside = _aside with { BeforeNat = value };
    }

    /// <summary>The second of two nat tables on one hook was met first.</summary>
    public bool SecondNatRan
    {
        get => _aside.SecondNatRan;
        set => _aside = _aside with { SecondNatRan = value };
    }
    public bool SourceNat;
    public WalkTuple Original;
    public WalkTuple Reply;

    // What the client sent, and the request as it arrived.
    public WalkTuple Opened;
    public BranchState? Request;
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

    // Its end.
    public PacketFate Fate;
    public bool Ended;
    public string EndReason = "";

    // What explains it.
    public EndCause End;

    /// <summary>Whether somebody takes the packet where it arrived.</summary>
    public WalkTaker Taker;

    /// <summary>What is known of that, where nobody takes it or it is not known.</summary>
    public string? TakerReason;

    /// <summary>The rule that decided its end, or the rule whose base chain's policy did.</summary>
    public NetfilterRule? EndRule;

    /// <summary>The base chain at the end: <c>filter FORWARD</c>.</summary>
    public WalkHook? EndHook;

    /// <summary>The rule of the nat table that let the request leave as it was.</summary>
    public NetfilterRule? LeftAsItWas;

    /// <summary>The rule that changed the request's source.</summary>
    public NetfilterRule? SourceNatBy;

    /// <summary>The rule that kept the request or its answer from connection tracking.</summary>
    public NetfilterRule? NotTrackedBy;

    /// <summary>The chain that dropped it and that is not among the rules that are walked.</summary>
    public NftBaseChain? EndOther
    {
        get => _aside.EndOther;
        set => _aside = _aside with { EndOther = value };
    }

    /// <summary>Those of the node's other chains that it met on its way and that may have done something: <see cref="OtherChains.BitOf"/>.</summary>
    public ulong Others;

    /// <summary>The bridge that forwarded the frame past the IP hooks.</summary>
    public string? PassedBridge;

    public BranchState Fork()
    {
        var copy = (BranchState)MemberwiseClone();
        copy.Frames = Depth == 0 ? [] : (WalkFrame[])Frames.Clone();
        return copy;
    }

    public bool HasPorts => Protocol is 6 or 17 or 132 or 33 or 136;

    /// <summary>The connection is there: neither unseen, nor invalid, nor untracked.</summary>
    public bool HasConnection => State is ConnectionState.New or ConnectionState.Established or ConnectionState.Related;

    /// <summary>Rules see the template of a CT rule in place of a connection.</summary>
    public bool HasTemplate => Template is not null && State == ConnectionState.None;

    /// <summary>What a route lookup sees of the packet.</summary>
    /// <param name="input">The interface that it comes in by; empty for a packet that is made here, null if not known.</param>
    public FibQuery Query(string? input) => new()
    {
        V6 = V6, Destination = Destination, Source = Source, SourceKnown = SourceKnown, Mark = Mark, MarkKnown = MarkKnown, Input = input, HasSocket = input is null or { Length: 0 },
        Protocol = Protocol, HasPorts = HasPorts, SourcePort = HasPorts ? SourcePort : 0, DestinationPort = HasPorts ? DestinationPort : 0, Tos = Tos, Looped = Looped,
    };

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

    public WalkTuple Tuple => new(SourceKnown, Source, Destination, SourcePort, DestinationPort);

    /// <summary>Why its source keeps it on its link: one that means nothing on another (ip6_forward, net/ipv6/ip6_output.c). Null where nothing does.</summary>
    public (string Reason, bool IsTold)? NotOnward =>
        !SourceKnown ? null
        : Source <= Bits128.One || Source >> 120 == 0xff ? ("its source is no host's address: the kernel does not forward it", false)
        : Source >> 118 == 0x3fa ? ("its source is a link-local address, which is not forwarded to another link: the sender is told", true)
        : null;

    /// <summary>True where both are the same packet at the same place with the same connection: from here on they do the same.</summary>
    public bool SameAs(BranchState other)
    {
        return Destination == other.Destination && Source == other.Source && SourceKnown == other.SourceKnown
            && Mark == other.Mark && MarkKnown == other.MarkKnown && State == other.State
            && SourcePort == other.SourcePort && DestinationPort == other.DestinationPort
            && Stage == other.Stage && HookPosition == other.HookPosition && Round == other.Round && Direction == other.Direction
            && Protocol == other.Protocol && IcmpType == other.IcmpType && IcmpCode == other.IcmpCode && TcpFlags == other.TcpFlags
            && Length == other.Length && Fragments == other.Fragments && Ttl == other.Ttl && Tos == other.Tos
            && In == other.In && Out == other.Out && PhysicalIn == other.PhysicalIn && PhysicalOut == other.PhysicalOut
            && HasBridgeInfo == other.HasBridgeInfo && Local == other.Local
            && RouteDevice == other.RouteDevice && NextHop == other.NextHop && IngressDestination == other.IngressDestination
            && Layer2 == other.Layer2 && Port == other.Port && Looped == other.Looped && RouteKept == other.RouteKept
            && Template == other.Template && Zone == other.Zone && Tracked == other.Tracked && OfReplyTuple == other.OfReplyTuple
            && ConnectionMark == other.ConnectionMark && ConnectionMarkKnown == other.ConnectionMarkKnown
            && DestinationNatDone == other.DestinationNatDone && SourceNatDone == other.SourceNatDone
            && DestinationNat == other.DestinationNat && SourceNat == other.SourceNat
            && Original == other.Original && Reply == other.Reply && Others == other.Others && Answered == other.Answered && _aside.SameAs(other._aside)
            && Fate == other.Fate && Ended == other.Ended && SameRequest(other)
            && (!Ended || EndReason == other.EndReason);
    }

    private bool SameRequest(BranchState other) =>
        ReferenceEquals(Request, other.Request)
        || (Request is not null && other.Request is not null && Request.Tuple == other.Request.Tuple && Request.Mark == other.Request.Mark
            && Request.Fate == other.Request.Fate && Request.EndReason == other.Request.EndReason
            && Request.Taker == other.Request.Taker && Request.TakerReason == other.Request.TakerReason);

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

        // A caller's frame already stands behind the call, so the branch that is still inside the called chain comes first.
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

    public void SetMark(uint value, uint mask)
    {
        Mark = (Mark & ~mask) ^ value;
        MarkKnown |= mask;
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

    /// <summary>Back to the caller; false where there is none. A chain that was entered by goto has no place of its own to come back to.</summary>
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
        string text = condition.Negated && condition.Text.IndexOf("! ", StringComparison.Ordinal) is >= 0 and int at ? condition.Text.Remove(at, 2) : condition.Text;
        return $"{text}|{Source:x}|{Destination:x}|{Protocol}|{SourcePort}|{DestinationPort}|{In}|{Out}|{Direction}";
    }

    /// <summary>An address, with its port where the protocol has ports.</summary>
    public string Endpoint(Bits128 address, int port)
    {
        string text = AddressBits.ToAddress(address, V6).ToString();
        return !HasPorts ? text : (V6 ? $"[{text}]:" : text + ":") + (port < 0 ? "?" : port.ToString(CultureInfo.InvariantCulture));
    }

    public Packet ToPacket()
    {
        return new Packet
        {
            Source = SourceKnown ? AddressBits.ToAddress(Source, V6) : null,
            Destination = AddressBits.ToAddress(Destination, V6),
            Protocol = IPProtocolName.Of(Protocol),
            SourcePort = SourcePort < 0 ? null : SourcePort,
            DestinationPort = DestinationPort < 0 || !HasPorts ? null : DestinationPort,
            IcmpType = IcmpType < 0 ? null : IcmpType,
            IcmpCode = IcmpCode < 0 ? null : IcmpCode,
            TcpFlags = TcpFlags < 0 ? null : TcpFlags,
            Length = Length < 0 ? null : Length,
            Ttl = Ttl < 0 ? null : Ttl,
            Tos = Tos < 0 ? null : Tos,
            Mark = MarkKnown == uint.MaxValue ? Mark : null,
            ConnectionMark = ConnectionMarkKnown == uint.MaxValue ? ConnectionMark : null,
            InInterface = In,
            OutInterface = Out,
            PhysicalIn = PhysicalIn,
            PhysicalOut = PhysicalOut,
            State = State,
        };
    }
}
