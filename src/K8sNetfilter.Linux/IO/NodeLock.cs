using K8sNetfilter.Errors;
using K8sNetfilter.Interop;
using K8sNetfilter.Interop.Files;
using Microsoft.Win32.SafeHandles;

namespace K8sNetfilter.IO;

/// <summary>
/// The lock that writers of one node's files take, so that the change of none of them is lost: from reading a file until its
/// replacement stands there is held by one process (and one thread) alone.
/// </summary>
/// <remarks>
/// The lock file is in /run, where only root writes, so nobody else can hold things up; the same file serves a process on the host and
/// one in a container that sees the host under <c>-Root /host</c>. It is removed with the lock, so that an image stays free of it.
/// A root without /run is locked by its own directory.
/// </remarks>
internal sealed class NodeLock : IDisposable
{
    private const string LockDirectory = "/run";
    private const string LockName = "k8snetfilter.lock";
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(50);

    private readonly SafeFileHandle _directory;
    private readonly SafeFileHandle _file;
    private readonly bool _isOwnFile;

    private NodeLock(SafeFileHandle directory, SafeFileHandle file, bool isOwnFile)
    {
        _directory = directory;
        _file = file;
        _isOwnFile = isOwnFile;
    }

    /// <summary>Takes the lock; waits until whoever has it is done.</summary>
    /// <param name="root">The node's root.</param>
    /// <param name="stop">Ends the waiting.</param>
    /// <param name="waiting">Called once when somebody else has the lock.</param>
    /// <exception cref="NodeException">The lock file can't be made.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public static NodeLock Take(KernelRoot root, CancellationToken stop, Action? waiting = null)
    {
        ArgumentNullException.ThrowIfNull(root);
        var directory = OpenDirectory(root);
        try
        {
            var pause = TimeSpan.FromMilliseconds(1);
            while (true)
            {
                stop.ThrowIfCancellationRequested();
                if (TryTake(root, directory) is { } taken)
                {
                    return taken;
                }

                waiting?.Invoke();
                waiting = null;
                stop.WaitHandle.WaitOne(pause);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isOwnFile)
        {
            // While it is still locked: whoever waits for it sees, once it is let go, that its name is gone, and makes a new one.
            _ = LinkAt.Unlink(_directory, LockName);
        }

        _file.Dispose();
        _directory.Dispose();
    }

    private static SafeFileHandle OpenDirectory(KernelRoot root)
    {
        using var path = RootedPath.Follow(root, LockDirectory, out int errno);
        if (path is { Exists: true } && path.Status.IsDirectory)
        {
            return OpenAt.TryOpen(path.Directory, path.Name, OpenAt.O_RDONLY | OpenAt.O_NOFOLLOW | OpenAt.O_DIRECTORY, 0, out errno)
                ?? throw FileFailure.From(root, errno, Messages.Operation_Lock, LockDirectory);
        }

        return OpenAt.TryOpen(null, root.Path, OpenAt.O_RDONLY | OpenAt.O_DIRECTORY, 0, out errno)
            ?? throw FileFailure.From(root, errno, Messages.Operation_Lock, root.Path);
    }

    /// <summary>One try; null where somebody else has the lock.</summary>
    private static NodeLock? TryTake(KernelRoot root, SafeFileHandle directory)
    {
        bool isOwnFile = true;
        var file = OpenAt.TryOpen(directory, LockName, OpenAt.O_RDWR | OpenAt.O_CREAT | OpenAt.O_NOFOLLOW | OpenAt.O_NONBLOCK, 0x180,
            out int errno);
        if (file is null && errno is Errno.EROFS or Errno.EACCES or Errno.EPERM)
        {
            // No lock file can be made here. What follows will fail for the same reason and say so better, or writes elsewhere.
            isOwnFile = false;
            file = OpenAt.TryOpen(directory, ".", OpenAt.O_RDONLY | OpenAt.O_DIRECTORY, 0, out errno);
        }

        if (file is null)
        {
            throw FileFailure.From(root, errno, Messages.Operation_Lock, $"{LockDirectory}/{LockName}");
        }

        errno = Flock.TryTake(file);
        if (errno == Errno.EAGAIN)
        {
            file.Dispose();
            return null;
        }

        if (errno != 0)
        {
            file.Dispose();
            throw FileFailure.From(root, errno, Messages.Operation_Lock, $"{LockDirectory}/{LockName}");
        }

        // The name may have been removed between opening and locking: then this lock is on a file that nobody else will ever open.
        if (isOwnFile && (Statx.Of(file, out var mine) != 0 || Statx.Of(directory, LockName, out var named) != 0
            || mine.Inode != named.Inode || mine.Device != named.Device))
        {
            file.Dispose();
            return null;
        }

        return new NodeLock(directory, file, isOwnFile);
    }
}
