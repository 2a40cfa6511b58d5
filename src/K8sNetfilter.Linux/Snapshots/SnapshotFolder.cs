using K8sNetfilter.Errors;

namespace K8sNetfilter.Snapshots;

/// <summary>A snapshot that lies in a folder of this machine. No link in it is followed by the system, so that none leads out of it.</summary>
internal sealed class SnapshotFolder : ISnapshotStore
{
    private readonly string _root;

    /// <summary>Makes a store.</summary>
    /// <param name="root">The folder.</param>
    public SnapshotFolder(string root) => _root = root;

    /// <inheritdoc/>
    public SnapshotEntryKind Look(string path, out string? target)
    {
        target = null;
        try
        {
            var info = new FileInfo(Local(path));
            var attributes = info.Attributes;
            if ((int)attributes == -1)
            {
                return SnapshotEntryKind.Missing;
            }

            if (info.LinkTarget is { } link)
            {
                target = link;
                return SnapshotEntryKind.Link;
            }

            return (attributes & FileAttributes.Directory) != 0 ? SnapshotEntryKind.Folder : SnapshotEntryKind.File;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return SnapshotEntryKind.Missing;
        }
    }

    /// <inheritdoc/>
    public Stream Open(string path)
    {
        try
        {
            // A FIFO or a device has no length, and opening one could wait for ever: what is empty is not opened at all.
            var info = new FileInfo(Local(path));
            if (info.Length == 0)
            {
                return Stream.Null;
            }

            if (info.Length > SnapshotLimits.File)
            {
                throw SnapshotFailure.TooLarge(info.FullName, path, SnapshotLimits.File);
            }

            return new FileStream(info.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1 << 16);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SnapshotFailure.Unreadable(Local(path), e);
        }
    }

    /// <inheritdoc/>
    public long Length(string path)
    {
        try
        {
            return new FileInfo(Local(path)).Length;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> List(string path)
    {
        try
        {
            return [.. new DirectoryInfo(Local(path)).EnumerateFileSystemInfos().Take(SnapshotLimits.Entries).Select(i => i.Name)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SnapshotFailure.Unreadable(Local(path), e);
        }
    }

    private string Local(string path) => path.Length == 0 ? _root : Path.Combine(_root, Path.DirectorySeparatorChar == '/' ? path : path.Replace('/', Path.DirectorySeparatorChar));
}
