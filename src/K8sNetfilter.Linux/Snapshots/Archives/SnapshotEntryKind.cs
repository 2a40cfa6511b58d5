namespace K8sNetfilter.Snapshots.Archives;

/// <summary>What stands at a path of a snapshot.</summary>
internal enum SnapshotEntryKind
{
    /// <summary>Nothing.</summary>
    Missing,

    /// <summary>A regular file.</summary>
    File,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A symbolic link. Its text is kept; it is never followed on this machine.</summary>
    Link,

    /// <summary>A device, a FIFO, a hard link: there is nothing to read.</summary>
    Other,
}
