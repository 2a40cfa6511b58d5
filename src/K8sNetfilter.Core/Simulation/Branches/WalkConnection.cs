using K8sNetfilter.Simulation.Compiled;

namespace K8sNetfilter.Simulation.Branches;

/// <summary>
/// What connection tracking has of a branch's packet: the state that rules see, the entry's tuples and mark, and what nat did.
/// </summary>
internal struct WalkConnection
{
    public WalkConnection()
    {
    }

    public ConnectionState State;

    /// <summary>
    /// The CT target that has given the packet its template, which is all that rules see of a connection until connection tracking.
    /// </summary>
    public CompiledTarget? Template;

    /// <summary>The zone that the connection was opened in; null where none was seen, so that it fits any.</summary>
    public WalkZone? Zone;

    /// <summary>There is a connection entry that later packets find.</summary>
    public bool Tracked;

    /// <summary>The entry has seen an answer.</summary>
    public bool Answered;

    public bool OfReplyTuple;
    public uint Mark;
    public uint MarkKnown = uint.MaxValue;
    public bool DestinationNatDone;
    public bool SourceNatDone;
    public bool DestinationNat;

    public bool SourceNat;
    public WalkTuple Original;
    public WalkTuple Reply;

    public WalkTuple Opened;

    /// <summary>The connection is there: neither unseen, nor invalid, nor untracked.</summary>
    public bool Exists => State is ConnectionState.New or ConnectionState.Established or ConnectionState.Related;

    /// <summary>Rules see the template of a CT rule in place of a connection.</summary>
    public bool HasTemplate => Template is not null && State == ConnectionState.None;

    /// <summary>True where nothing that a later step looks at differs.</summary>
    public readonly bool SameAs(in WalkConnection other) =>
        State == other.State && Template == other.Template && Zone == other.Zone && Tracked == other.Tracked && Answered == other.Answered
        && OfReplyTuple == other.OfReplyTuple && Mark == other.Mark && MarkKnown == other.MarkKnown
        && DestinationNatDone == other.DestinationNatDone && SourceNatDone == other.SourceNatDone
        && DestinationNat == other.DestinationNat && SourceNat == other.SourceNat
        && Original == other.Original && Reply == other.Reply && Opened == other.Opened;
}
