namespace K8sNetfilter.Snapshots.Writing;

/// <summary>
/// Where a snapshot is written to. Nothing has its final name before <see cref="Complete"/>; what is not completed leaves nothing.
/// </summary>
internal interface ISnapshotWriter : IDisposable
{
    /// <summary>Begins a file; it is in the snapshot once the stream is closed.</summary>
    Stream Create(string name);

    /// <summary>Adds a symbolic link.</summary>
    void Link(string name, string target);

    /// <summary>Gives the whole its final name.</summary>
    void Complete();
}
