using K8sNetfilter.Errors;
using K8sNetfilter.Interop.Files;
using Microsoft.Win32.SafeHandles;

namespace K8sNetfilter.IO;

/// <summary>
/// Where a node's path really leads, found without ever leaving the root: every link is read and followed here, by its text, as if the
/// root were <c>/</c>. So a link to /etc/passwd in an image leads to the image's own, and none leads to this machine's. What is
/// found is held open, which makes it the same thing when it is used, whoever renames what in between.
/// </summary>
internal sealed class RootedPath : IDisposable
{
    // What the kernel allows: MAXSYMLINKS in include/linux/namei.h; PATH_MAX bounds how many names there can be.
    private const int MostLinks = 40;
    private const int MostNames = 2048;
    private const string NullDevice = "/dev/null";

    private RootedPath(SafeFileHandle directory, string name, string nodePath, int errno, FileStatus status, bool isNullLink)
    {
        Directory = directory;
        Name = name;
        NodePath = nodePath;
        Errno = errno;
        Status = status;
        IsNullLink = isNullLink;
    }

    /// <summary>The directory that holds the last name, opened with O_PATH.</summary>
    public SafeFileHandle Directory { get; }

    /// <summary>The last name; not a link. <c>.</c> where the path is the root itself.</summary>
    public string Name { get; }

    /// <summary>The path with all links followed, as the node names it.</summary>
    public string NodePath { get; }

    /// <summary>0 where the file exists; ENOENT where its directory exists and it does not.</summary>
    public int Errno { get; }

    /// <summary>True where the file exists.</summary>
    public bool Exists => Errno == 0;

    /// <summary>What the file is, where it exists.</summary>
    public FileStatus Status { get; }

    /// <summary>
    /// True where the path is a link to /dev/null: configuration is masked that way, also in an image that has no devices. What
    /// <see cref="Directory"/> and <see cref="Name"/> say is then the link.
    /// </summary>
    public bool IsNullLink { get; }

    /// <summary>Follows <paramref name="nodePath"/>.</summary>
    /// <param name="root">The node's root.</param>
    /// <param name="nodePath">An absolute path as the node names it.</param>
    /// <param name="errno">Why null is given: ENOENT (a directory on the way is missing), ELOOP, ENOTDIR, EACCES...</param>
    /// <returns>What was found, also when only the last name is missing; null when the way there fails.</returns>
    public static RootedPath? Follow(KernelRoot root, string nodePath, out int errno)
    {
        ArgumentNullException.ThrowIfNull(root);
        var way = new List<(SafeFileHandle Directory, string Name)>();
        var names = new Stack<string>();
        int links = 0;
        try
        {
            var top = OpenAt.TryOpen(null, root.FolderOf(nodePath), OpenAt.O_PATH | OpenAt.O_DIRECTORY, 0, out errno);
            if (top is null)
            {
                return null;
            }

            way.Add((top, ""));
            Push(names, nodePath);
            while (names.TryPop(out string? name))
            {
                var here = way[^1].Directory;
                if (name == "..")
                {
                    if (way.Count > 1)
                    {
                        way[^1].Directory.Dispose();
                        way.RemoveAt(way.Count - 1);
                    }

                    continue;
                }

                errno = Statx.Of(here, name, out var status);
                if (errno == 0 && status.IsLink)
                {
                    string? target = ++links > MostLinks ? null : LinkAt.ReadLink(here, name, out errno);
                    if (target is null)
                    {
                        errno = errno == 0 ? Interop.Errno.ELOOP : errno;
                        return null;
                    }

                    if (target == NullDevice && names.Count == 0)
                    {
                        errno = 0;
                        return new RootedPath(Take(way), name, NullDevice, Interop.Errno.ENOENT, default, isNullLink: true);
                    }

                    if (target.StartsWith('/'))
                    {
                        Truncate(way, 1);
                    }

                    Push(names, target);
                    if (names.Count > MostNames)
                    {
                        errno = Interop.Errno.ELOOP;
                        return null;
                    }

                    continue;
                }

                if (names.Count == 0)
                {
                    if (errno is not (0 or Interop.Errno.ENOENT))
                    {
                        return null;
                    }

                    string path = string.Join('/', way.Select(w => w.Name)) + "/" + name;
                    int found = errno;
                    errno = 0;
                    return new RootedPath(Take(way), name, path, found, status, path == NullDevice);
                }

                var next = errno != 0 ? null : OpenAt.TryOpen(here, name, OpenAt.O_PATH | OpenAt.O_NOFOLLOW | OpenAt.O_DIRECTORY, 0, out errno);
                if (next is null)
                {
                    return null;
                }

                way.Add((next, name));
            }

            // The path ended in "..", or was "/".
            errno = Statx.Of(way[^1].Directory, out var end);
            string last = way.Count == 1 ? "/" : string.Join('/', way.Select(w => w.Name));
            return errno != 0 ? null : new RootedPath(Take(way), ".", last, 0, end, isNullLink: false);
        }
        finally
        {
            Truncate(way, 0);
        }
    }

    /// <summary>The same, and a failure where the way there fails.</summary>
    /// <exception cref="NodeException">The kernel's answer.</exception>
    public static RootedPath FollowOrFail(KernelRoot root, string nodePath, string operation) =>
        Follow(root, nodePath, out int errno) ?? throw FileFailure.From(root, errno, operation, nodePath);

    /// <summary>
    /// Opens the file for reading if it is a regular file; else null and the error number. Never waits for the other end of a FIFO and
    /// never touches a device: what is not a regular file is not opened at all.
    /// </summary>
    public SafeFileHandle? OpenRegular(out int errno)
    {
        if (!Exists)
        {
            errno = Errno;
            return null;
        }

        if (!Status.IsRegular)
        {
            errno = Status.IsDirectory ? Interop.Errno.EISDIR : Interop.Errno.EINVAL;
            return null;
        }

        const int Flags = OpenAt.O_RDONLY | OpenAt.O_NONBLOCK | OpenAt.O_NOCTTY;
        var file = OpenAt.TryOpen(Directory, Name, Flags | OpenAt.O_NOFOLLOW, 0, out errno);
        if (file is null)
        {
            return null;
        }

        // Somebody may have put something else there since it was looked at.
        errno = Statx.Of(file, out var status);
        if (errno == 0 && !status.IsRegular)
        {
            errno = Interop.Errno.EINVAL;
        }

        if (errno != 0)
        {
            file.Dispose();
            return null;
        }

        return file;
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Dispose();

    private static void Push(Stack<string> names, string path)
    {
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (int i = parts.Length - 1; i >= 0; i--)
        {
            if (parts[i] != ".")
            {
                names.Push(parts[i]);
            }
        }
    }

    private static SafeFileHandle Take(List<(SafeFileHandle Directory, string Name)> way)
    {
        var last = way[^1].Directory;
        way.RemoveAt(way.Count - 1);
        return last;
    }

    private static void Truncate(List<(SafeFileHandle Directory, string Name)> way, int count)
    {
        for (int i = way.Count - 1; i >= count; i--)
        {
            way[i].Directory.Dispose();
            way.RemoveAt(i);
        }
    }
}
