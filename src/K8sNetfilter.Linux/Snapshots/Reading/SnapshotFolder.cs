using K8sNetfilter.IO;
using K8sNetfilter.Interop;
using K8sNetfilter.Interop.Files;
using K8sNetfilter.Snapshots.Archives;

namespace K8sNetfilter.Snapshots.Reading;

/// <summary>
/// A snapshot that lies in a folder of this machine. No link in it is followed by the system, so that none leads out of it.
/// </summary>
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

            return (attributes & FileAttributes.Directory) != 0 ? SnapshotEntryKind.Folder
                // A FIFO, a socket or a device tells nothing of a node, and opening one could wait for ever.
                : LiveKernel.IsThere && Statx.OfLink(info.FullName, out var status) == 0 && !status.IsRegular ? SnapshotEntryKind.Other
                : SnapshotEntryKind.File;
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
            string local = Local(path);
            var file = LiveKernel.IsThere ? OpenRegular(local)
                : new FileStream(local, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1 << 16);
            if (file.Length > SnapshotLimits.File)
            {
                file.Dispose();
                throw SnapshotFailure.TooLarge(local, path, SnapshotLimits.File);
            }

            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SnapshotFailure.Unreadable(Local(path), e);
        }
    }

    // What was a file when it was looked at can be a FIFO by now: it is opened without waiting, and looked at again.
    private static FileStream OpenRegular(string path)
    {
        var handle = OpenAt.TryOpen(null, path, OpenAt.O_RDONLY | OpenAt.O_NOFOLLOW | OpenAt.O_NONBLOCK | OpenAt.O_NOCTTY, 0, out int errno)
            ?? throw new IOException(Errno.Describe(errno));
        if (Statx.Of(handle, out var status) == 0 && status.IsRegular)
        {
            return new FileStream(handle, FileAccess.Read, bufferSize: 1 << 16);
        }

        handle.Dispose();
        throw new IOException(Messages.ConfigProblem_NotRegular);
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

    private string Local(string path) => path.Length == 0
        ? _root : Path.Combine(_root, Path.DirectorySeparatorChar == '/' ? path : path.Replace('/', Path.DirectorySeparatorChar));
}
