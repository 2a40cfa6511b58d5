using K8sNetfilter.Logic;
using K8sNetfilter.Text;

namespace K8sNetfilter.Simulation;

/// <summary>One way that a packet can take, with where it ends.</summary>
public sealed record WalkBranch
{
    /// <summary>The branch's number, from 1.</summary>
    public required int Branch { get; init; }

    /// <summary>
    /// Which direction the packet went when it ended: the reply, where the way there was completed and the reply was asked for.
    /// </summary>
    public required PacketDirection Direction { get; init; }

    /// <summary>Where it ends.</summary>
    public required PacketFate Fate { get; init; }

    /// <summary>Why it ends there.</summary>
    public required string Reason { get; init; }

    /// <summary>The packet as it ends; of the reply where <see cref="Direction"/> says so.</summary>
    public TracedPacket Packet => new(End);

    /// <summary>The packet as it reached its destination on the way there; null where it did not.</summary>
    public TracedPacket? Request => Arrived is null ? null : new(Arrived);

    /// <summary><see cref="Packet"/>, for those who go on with it.</summary>
    internal Packet End { get; init; } = null!;

    /// <summary><see cref="Request"/>, for those who go on with it.</summary>
    internal Packet? Arrived { get; init; }

    /// <summary>
    /// Whether the connection comes about on this branch: the packet arrives and its answer reaches the side that opened the connection
    /// as an answer to what it sent. Unknown where the data does not decide it, or only one direction was walked.
    /// </summary>
    public required MatchOutcome Works { get; init; }

    /// <summary>How probable the branch is, given <see cref="Assumptions"/>; null where that cannot be said.</summary>
    public double? Probability { get; init; }

    /// <summary>What the branch takes for granted where a match was unknown, in the order of the walk.</summary>
    public required ValueList<string> Assumptions { get; init; }
}
