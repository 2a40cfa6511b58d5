namespace K8sNetfilter.Commands;

/// <summary>
/// A cmdlet that only reads, and can therefore read a snapshot in place of this machine. <see cref="NodeCommand"/> does the rest: a cmdlet only
/// has the parameter.
/// </summary>
public interface ISnapshotReader
{
    /// <summary>A snapshot to read in place of this machine: a folder, .tar or .tar.gz (about_NodeSnapshot).</summary>
    string? Snapshot { get; set; }
}
