using System.Globalization;
using K8sNetfilter.Errors;
using K8sNetfilter.Interop;
using K8sNetfilter.Interop.Files;
using K8sNetfilter.Text;
using Microsoft.Win32.SafeHandles;

namespace K8sNetfilter.IO;

/// <summary>
/// Replaces a file as a whole: at every moment, also after a power cut, its name leads to all of the old content or all of the new.
/// The new file has the old one's owner, mode, access control list and security label. A link is followed (inside the root) and what
/// it leads to is replaced. Take <see cref="NodeLock"/> around it.
/// </summary>
internal sealed class AtomicFile
{
    private const uint NewFileMode = 0x1a4; // rw-r--r--
    private const uint NewDirectoryMode = 0x1ed; // rwxr-xr-x
    private const string TemporaryMark = ".k8snf-";

    private readonly KernelRoot _root;

    /// <summary>Makes a writer for one node's files.</summary>
    public AtomicFile(KernelRoot root)
    {
        ArgumentNullException.ThrowIfNull(root);
        _root = root;
    }

    /// <summary>A test's hook: called before each step, gives an error number that the step then fails with, or 0.</summary>
    internal Func<AtomicFileStep, int>? Fault { get; init; }

    /// <summary>The permissions of a file that is made; rw-r--r-- where nothing else is said.</summary>
    internal uint ModeOfNew { get; init; } = NewFileMode;

    /// <summary>Reads the file at <paramref name="nodePath"/> and gives its content; null if there is none.</summary>
    /// <exception cref="NodeException">It can't be read, is no regular file, or is too large.</exception>
    public byte[]? Read(string nodePath)
    {
        using var path = RootedPath.Follow(_root, nodePath, out int errno);
        if (path is null)
        {
            return errno == Errno.ENOENT ? null : throw FileFailure.From(_root, errno, Messages.Operation_Read, nodePath);
        }

        using var old = Open(path, nodePath);
        return old is null ? null : Content(old, nodePath);
    }

    /// <summary>
    /// Changes the file at <paramref name="nodePath"/>, or makes it (and the directories on the way) where it is missing.
    /// </summary>
    /// <param name="nodePath">The path as the node names it.</param>
    /// <param name="edit">Gets the old content (null where there is no file), gives the new; null or the same for no change.</param>
    /// <returns>True where the file was changed; false where there was nothing to change and nothing was written.</returns>
    /// <exception cref="NodeException">It failed, and the old file stands.</exception>
    public bool Edit(string nodePath, Func<byte[]?, byte[]?> edit)
    {
        var path = RootedPath.Follow(_root, nodePath, out int errno);
        if (path is null)
        {
            if (errno != Errno.ENOENT)
            {
                throw FileFailure.From(_root, errno, Messages.Operation_Open, nodePath);
            }

            // Ask first: a directory is not made for nothing.
            byte[]? first = edit(null);
            if (first is null)
            {
                return false;
            }

            MakeDirectories(nodePath);
            path = RootedPath.FollowOrFail(_root, nodePath, Messages.Operation_Open);
        }

        using (path)
        {
            using var old = Open(path, nodePath);
            byte[]? before = old is null ? null : Content(old, nodePath);
            byte[]? after = edit(before);
            if (after is null || (before is not null && after.AsSpan().SequenceEqual(before)))
            {
                return false;
            }

            // The O_PATH descriptor finds names; fsync wants a real one.
            using var directory = OpenAt.TryOpen(path.Directory, ".", OpenAt.O_RDONLY | OpenAt.O_DIRECTORY, 0, out errno)
                ?? throw FileFailure.From(_root, errno, Messages.Operation_Open, nodePath);
            Replace(directory, path.Name, old, before, after, path.NodePath);
            return true;
        }
    }

    /// <summary>
    /// What the file at <paramref name="nodePath"/> is, and the path with all links followed; null if there is none. Says nothing of its content.
    /// </summary>
    /// <exception cref="NodeException">It can't be told, is no regular file, or masks another.</exception>
    public FileStatus? Describe(string nodePath, out string realPath)
    {
        realPath = nodePath;
        using var path = RootedPath.Follow(_root, nodePath, out int errno);
        if (path is null)
        {
            return errno == Errno.ENOENT ? null : throw FileFailure.From(_root, errno, Messages.Operation_Open, nodePath);
        }

        realPath = path.NodePath;
        using var file = Open(path, nodePath);
        return file is null ? null : path.Status;
    }

    /// <summary>Gives a file an owner and permissions.</summary>
    /// <exception cref="NodeException">The kernel refused.</exception>
    public void Relabel(string nodePath, uint uid, uint gid, uint mode)
    {
        using var path = RootedPath.FollowOrFail(_root, nodePath, Messages.Operation_Open);
        using var file = Open(path, nodePath) ?? throw FileFailure.From(_root, Errno.ENOENT, Messages.Operation_Open, nodePath);
        int errno = path.Status.Uid == uid && path.Status.Gid == gid ? 0 : Ownership.Change(file, uid, gid);
        errno = errno == 0 ? Ownership.ChangeMode(file, mode) : errno;
        if (errno != 0)
        {
            throw FileFailure.From(_root, errno, Messages.Operation_Replace, nodePath, "CAP_CHOWN");
        }
    }

    /// <summary>Removes the file at <paramref name="nodePath"/>, and what a killed process left of making it. Nothing there is no failure.</summary>
    /// <returns>True where a file was removed.</returns>
    /// <exception cref="NodeException">The kernel refused, or it is no regular file.</exception>
    public bool Remove(string nodePath)
    {
        using var path = RootedPath.Follow(_root, nodePath, out int errno);
        if (path is null)
        {
            return errno == Errno.ENOENT ? false : throw FileFailure.From(_root, errno, Messages.Operation_Open, nodePath);
        }

        using var directory = OpenAt.TryOpen(path.Directory, ".", OpenAt.O_RDONLY | OpenAt.O_DIRECTORY, 0, out errno)
            ?? throw FileFailure.From(_root, errno, Messages.Operation_Open, nodePath);
        RemoveLeftovers(directory, path.Name);
        bool isThere;
        using (var file = Open(path, nodePath))
        {
            isThere = file is not null;
        }

        errno = isThere ? LinkAt.Unlink(directory, path.Name) : 0;
        errno = errno == 0 ? Fsync.Wait(directory) : errno;
        return errno == 0 ? isThere : throw FileFailure.From(_root, errno, Messages.Operation_Remove, nodePath, "CAP_DAC_OVERRIDE");
    }

    /// <summary>Removes what a killed process left of replacing the file at <paramref name="nodePath"/>. Take <see cref="NodeLock"/> around it.</summary>
    public void RemoveLeftovers(string nodePath)
    {
        using var path = RootedPath.Follow(_root, nodePath, out _);
        using var directory = path is null ? null : OpenAt.TryOpen(path.Directory, ".", OpenAt.O_RDONLY | OpenAt.O_DIRECTORY, 0, out _);
        if (directory is not null)
        {
            RemoveLeftovers(directory, path!.Name);
        }
    }

    /// <summary>The directories above a file that are not there, the uppermost first.</summary>
    public IReadOnlyList<string> MissingDirectories(string nodePath)
    {
        var missing = new List<string>();
        string[] names = nodePath.Split('/', StringSplitOptions.RemoveEmptyEntries);
        string way = "";
        foreach (string name in names[..^1])
        {
            way += "/" + name;
            using var path = RootedPath.Follow(_root, way, out _);
            if (path is not { Exists: true })
            {
                missing.Add(way);
            }
        }

        return missing;
    }

    /// <summary>Removes a directory if it is empty; anything else is left as it is.</summary>
    public void RemoveEmptyDirectory(string nodePath)
    {
        using var path = RootedPath.Follow(_root, nodePath, out _);
        if (path is { Exists: true } && path.Status.IsDirectory && path.Name != ".")
        {
            _ = LinkAt.RemoveDirectory(path.Directory, path.Name);
        }
    }

    /// <summary>Opens what is there; null where nothing is.</summary>
    private SafeFileHandle? Open(RootedPath path, string nodePath)
    {
        if (path.IsNullLink || path.Status.IsNullDevice)
        {
            throw Failure(nameof(Messages.FileIsMask), NodeErrorCategory.InvalidData, nodePath);
        }

        if (!path.Exists)
        {
            return null;
        }

        var file = path.OpenRegular(out int errno);
        return file ?? (path.Status.IsRegular
            ? throw FileFailure.From(_root, errno, Messages.Operation_Open, nodePath)
            : throw Failure(nameof(Messages.FileNotRegular), NodeErrorCategory.InvalidData, nodePath));
    }

    private byte[] Content(SafeFileHandle file, string nodePath) =>
        BoundedFile.ReadAll(file, BoundedFile.LargestConfiguration, out int errno)
        ?? (errno == Errno.EFBIG
            ? throw Failure(nameof(Messages.FileTooLarge), NodeErrorCategory.InvalidData, nodePath)
            : throw FileFailure.From(_root, errno, Messages.Operation_Read, nodePath));

    private static NodeException Failure(string id, NodeErrorCategory category, string nodePath)
    {
        var failure = NodeException.Create(Messages.ResourceManager, id, category, Printable.Text(nodePath), BoundedFile.LargestConfiguration >> 20);
        failure.Subject = nodePath;
        return failure;
    }

    /// <summary>Makes what is missing of the directories above a file, one by one, so that no link leads a new one out of the root.</summary>
    private void MakeDirectories(string nodePath)
    {
        string[] names = nodePath.Split('/', StringSplitOptions.RemoveEmptyEntries);
        string way = "";
        foreach (string name in names[..^1])
        {
            way += "/" + name;
            using var path = RootedPath.FollowOrFail(_root, way, Messages.Operation_Open);
            if (!path.Exists)
            {
                int errno = OpenAt.MakeDirectory(path.Directory, path.Name, NewDirectoryMode);
                if (errno is not (0 or Errno.EEXIST))
                {
                    throw FileFailure.From(_root, errno, Messages.Operation_MakeDirectory, way);
                }
            }
        }
    }

    private void Replace(SafeFileHandle directory, string name, SafeFileHandle? old, byte[]? before, byte[] after, string nodePath)
    {
        RemoveLeftovers(directory, name);
        string temporary = string.Create(CultureInfo.InvariantCulture, $".{Shorten(name)}{TemporaryMark}{Guid.NewGuid():N}");
        bool renamed = false;
        try
        {
            WriteTemporary(directory, temporary, old, after, nodePath);
            Check(AtomicFileStep.Rename, nodePath, () => LinkAt.Rename(directory, temporary, name));
            renamed = true;
            Check(AtomicFileStep.FlushDirectory, nodePath, () => Fsync.Wait(directory));
        }
        catch when (renamed)
        {
            // The new file is visible, but whether it would survive a power cut nobody knows, and the caller is told that it failed:
            // so the old content comes back.
            Restore(directory, name, temporary, before, nodePath);
            throw;
        }
        catch
        {
            _ = LinkAt.Unlink(directory, temporary);
            throw;
        }
    }

    private void WriteTemporary(SafeFileHandle directory, string temporary, SafeFileHandle? old, byte[] content, string nodePath)
    {
        SafeFileHandle? made = null;
        Check(AtomicFileStep.Create, nodePath, () =>
        {
            const int Flags = OpenAt.O_WRONLY | OpenAt.O_CREAT | OpenAt.O_EXCL;
            made = OpenAt.TryOpen(directory, temporary, Flags | OpenAt.O_NOFOLLOW, 0x180, out int errno);
            return errno;
        });
        using var file = made!;
        Check(AtomicFileStep.Write, nodePath, () => WriteAll(file, content));
        Check(AtomicFileStep.Label, nodePath, () => Label(file, old, ModeOfNew));
        Check(AtomicFileStep.Flush, nodePath, () => Fsync.Wait(file));
    }

    private static int WriteAll(SafeFileHandle file, ReadOnlySpan<byte> content)
    {
        while (!content.IsEmpty)
        {
            int n = ReadWrite.Write((int)file.DangerousGetHandle(), content);
            if (n < 0)
            {
                return -n;
            }

            content = content[n..];
        }

        GC.KeepAlive(file);
        return 0;
    }

    private static int Label(SafeFileHandle file, SafeFileHandle? old, uint modeOfNew)
    {
        if (old is null)
        {
            return Ownership.ChangeMode(file, modeOfNew);
        }

        int errno = Statx.Of(old, out var was);
        FileStatus now = default;
        errno = errno == 0 ? Statx.Of(file, out now) : errno;
        if (errno == 0 && (was.Uid != now.Uid || was.Gid != now.Gid))
        {
            errno = Ownership.Change(file, was.Uid, was.Gid);
        }

        // The mode after the owner, which clears its upper bits; the access control list, an attribute, after the mode.
        errno = errno == 0 ? Ownership.ChangeMode(file, was.Permissions) : errno;
        return errno == 0 ? ExtendedAttributes.Copy(old, file, out _) : errno;
    }

    private void Restore(SafeFileHandle directory, string name, string temporary, byte[]? before, string nodePath)
    {
        if (before is null)
        {
            _ = LinkAt.Unlink(directory, name);
            return;
        }

        try
        {
            using var current = OpenAt.TryOpen(directory, name, OpenAt.O_RDONLY | OpenAt.O_NOFOLLOW | OpenAt.O_NONBLOCK, 0, out _);
            using (var file = OpenAt.TryOpen(directory, temporary, OpenAt.O_WRONLY | OpenAt.O_CREAT | OpenAt.O_EXCL, 0x180, out int errno)
                ?? throw FileFailure.From(_root, errno, Messages.Operation_Replace, nodePath))
            {
                errno = WriteAll(file, before);
                errno = errno == 0 ? Label(file, current, ModeOfNew) : errno;
                if (errno != 0)
                {
                    throw FileFailure.From(_root, errno, Messages.Operation_Replace, nodePath);
                }
            }

            _ = LinkAt.Rename(directory, temporary, name);
        }
        catch (NodeException)
        {
            _ = LinkAt.Unlink(directory, temporary);
        }
    }

    /// <summary>
    /// Removes what a killed process left. The lock is held, so no such file is in use; none ever counted, since every tool wants a name
    /// that ends in .conf.
    /// </summary>
    private static void RemoveLeftovers(SafeFileHandle directory, string name)
    {
        using var listing = OpenAt.TryOpen(directory, ".", OpenAt.O_RDONLY | OpenAt.O_DIRECTORY, 0, out _);
        if (listing is null)
        {
            return;
        }

        string start = $".{Shorten(name)}{TemporaryMark}";
        byte[] buffer = new byte[32768];
        int length;
        while ((length = GetDents.Read((int)listing.DangerousGetHandle(), buffer)) > 0)
        {
            ReadOnlySpan<byte> entries = buffer.AsSpan(0, length);
            while (GetDents.Next(ref entries, out _, out var entry))
            {
                string found = ByteText.Decode(entry);
                if (found.Length == start.Length + 32 && found.StartsWith(start, StringComparison.Ordinal))
                {
                    _ = LinkAt.Unlink(directory, found);
                }
            }
        }
    }

    /// <summary>NAME_MAX is 255 bytes and the mark takes 40 of them.</summary>
    private static string Shorten(string name) => name.Length > 60 ? name[..60] : name;

    private void Check(AtomicFileStep step, string nodePath, Func<int> action)
    {
        int errno = Fault?.Invoke(step) ?? 0;
        errno = errno == 0 ? action() : errno;
        if (errno != 0)
        {
            throw FileFailure.From(_root, errno, Messages.Operation_Replace, nodePath, "CAP_DAC_OVERRIDE");
        }
    }
}
