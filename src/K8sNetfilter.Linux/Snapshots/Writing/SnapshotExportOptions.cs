namespace K8sNetfilter.Snapshots.Writing;

/// <summary>How a snapshot is taken.</summary>
public sealed record SnapshotExportOptions
{
    /// <summary>Also what stands in the network namespaces at the other ends of the node's veth pairs.</summary>
    public bool IncludePods { get; init; }

    /// <summary>Replaces addresses, names and comments, each by the same everywhere.</summary>
    public bool Redact { get; init; }

    /// <summary>Replaces a snapshot that is there already.</summary>
    public bool Force { get; init; }

    /// <summary>Told of what could not be captured.</summary>
    public Action<string> Warn { get; init; } = _ => { };

    /// <summary>Told of what is captured next, and how much is done, in per cent.</summary>
    public Action<string, int> Progress { get; init; } = (_, _) => { };
}
