using K8sNetfilter.Snapshots.Archives;

namespace K8sNetfilter.Snapshots.Reading;

/// <summary>What holds a snapshot's files: a folder or an archive. Paths have no slash in front.</summary>
internal interface ISnapshotStore
{
    /// <summary>What stands at a path, every part of which but the last is a folder; for a link also its text.</summary>
    SnapshotEntryKind Look(string path, out string? target);

    /// <summary>Opens a regular file.</summary>
    Stream Open(string path);

    /// <summary>The size of a regular file in bytes.</summary>
    long Length(string path);

    /// <summary>The names in a folder.</summary>
    IReadOnlyList<string> List(string path);
}
