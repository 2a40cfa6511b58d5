using K8sNetfilter.Addressing;
using K8sNetfilter.Hooks;
using K8sNetfilter.Logic;
using K8sNetfilter.Rulesets;
using K8sNetfilter.Simulation.Branches;
using K8sNetfilter.Simulation.Steps;

namespace K8sNetfilter.Simulation;

/// <summary>
/// How a branch of a walk ended, for those who explain it. Immutable: nothing of the walk in progress can be reached or changed.
/// </summary>
internal sealed class WalkEnd
{
    private readonly BranchState _branch;

    public WalkEnd(BranchState branch)
    {
        _branch = branch;
        Request = branch.Request is null ? null : new(branch.Request);
    }

    /// <summary>The request as it arrived; null if it did not, or no reply was walked.</summary>
    public WalkEnd? Request { get; }

    /// <summary>Which direction the packet had when it ended.</summary>
    public PacketDirection Direction => _branch.Direction;

    /// <summary>Where it ended.</summary>
    public PacketFate Fate => _branch.End.Fate;

    /// <summary>What ended it.</summary>
    public EndCause Cause => _branch.End.Cause;

    /// <summary>Why it ended there, as text.</summary>
    public string Reason => _branch.End.Reason;

    /// <summary>The rule that decided; null for a policy, and for what is not decided by rules.</summary>
    public NetfilterRule? Rule => _branch.End.Rule;

    /// <summary>The base chain that decided; null for what is not decided by rules.</summary>
    public string? BaseChain => _branch.End.Hook?.Chain?.Name;

    /// <summary>The backend of <see cref="BaseChain"/>.</summary>
    public NetfilterBackend? Backend => _branch.End.Hook?.Backend;

    /// <summary>The chain that dropped the packet and that is not among the rules that are walked.</summary>
    public NftBaseChain? OtherChain => _branch.EndOther;

    /// <summary>Which of the node's other chains it met, as <see cref="Compiled.OtherChains"/> numbers them.</summary>
    public ulong Others => _branch.Others;

    /// <summary>The bridge that forwarded the frame past the IP hooks.</summary>
    public string? PassedBridge => _branch.End.PassedBridge;

    /// <summary>The rule of the nat table that let the request leave as it was.</summary>
    public NetfilterRule? LeftAsItWas => _branch.End.LeftAsItWas;

    /// <summary>The rule that changed the request's source.</summary>
    public NetfilterRule? SourceNatBy => _branch.End.SourceNatBy;

    /// <summary>The rule that kept the request or its reply from connection tracking.</summary>
    public NetfilterRule? NotTrackedBy => _branch.End.NotTrackedBy;

    /// <summary>What rules see of the connection.</summary>
    public ConnectionState State => _branch.Connection.State;

    /// <summary>The tuple that the connection was opened with.</summary>
    public WalkTuple Opened => _branch.Connection.Opened;

    /// <summary>The connection's destination is translated.</summary>
    public bool HasDestinationNat => _branch.Connection.DestinationNat;

    /// <summary>The connection's source is translated.</summary>
    public bool HasSourceNat => _branch.Connection.SourceNat;

    /// <summary>The reply arrived, and a later packet of the connection did not.</summary>
    public bool EndsLater => _branch.Completes != MatchOutcome.Yes;

    /// <summary>The protocol of the packet as it left.</summary>
    public byte Protocol => _branch.Packet.Protocol;

    /// <summary>Its source; null if a rewrite chose one that is not known.</summary>
    public Bits128? Source => _branch.Packet.SourceKnown ? _branch.Packet.Source : null;

    /// <summary>Its destination.</summary>
    public Bits128 Destination => _branch.Packet.Destination;

    /// <summary>Its destination port; -1 if that is not known or the protocol has none.</summary>
    public int DestinationPort => _branch.Packet.DestinationPort;

    /// <summary>Its mark, as far as <see cref="MarkKnown"/> says.</summary>
    public uint Mark => _branch.Packet.Mark;

    /// <summary>The bits of <see cref="Mark"/> that are known.</summary>
    public uint MarkKnown => _branch.Packet.MarkKnown;

    /// <summary>Where the route sends it.</summary>
    public Bits128 NextHop => _branch.Packet.NextHop;

    /// <summary>The interface that it came in through; empty for a packet of this node, null if that is not known.</summary>
    public string? In => _branch.Packet.In;

    /// <summary>The bridge port that it came in through; empty for none, null if that is not known.</summary>
    public string? PortIn => _branch.Packet.PhysicalIn;

    /// <summary>The bridge port that it is sent to; null for none.</summary>
    public string? PortOut => _branch.Port;

    /// <summary>A bridge forwards it, and hands it to the IP hooks.</summary>
    public bool IsBridgedThroughHooks => _branch is { Layer2: WalkLayer2.Port, Packet.HasBridgeInfo: true };

    /// <summary>It depends on a question that the data does not answer.</summary>
    public bool IsOpen => Assumption.HasQuestions(_branch.Assumptions);

    /// <summary>What it holds for only if it is true, in the order of the walk.</summary>
    public string[] Assumptions => Assumption.Texts(_branch.Assumptions);

    /// <summary>What the packet is and where it is: branches with the same text go on alike from here.</summary>
    public string Place => $"{Destination} {DestinationPort} {Protocol} {Mark:x}/{MarkKnown:x} {_branch.Connection.Mark:x} {HasSourceNat} {LeftAsItWas?.Number} {_branch.Stage}";

    /// <summary>Whether the connection comes about, and why.</summary>
    public (MatchOutcome Works, string Reason) Outcome() => ReplyCheck.Outcome(_branch);

    /// <summary>The ends of a walk.</summary>
    public static WalkEnd[] Of(IReadOnlyList<BranchState> branches)
    {
        var ends = new WalkEnd[branches.Count];
        for (int i = 0; i < ends.Length; i++)
        {
            ends[i] = new(branches[i]);
        }

        return ends;
    }
}
