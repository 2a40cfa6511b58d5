using K8sNetfilter.Configuration;
using K8sNetfilter.Interop;
using K8sNetfilter.Interop.Files;
using K8sNetfilter.Text;

namespace K8sNetfilter.IO;

/// <summary>
/// Reads a node's configuration files. Nothing that is found there can make it wait, leave the root or fill the memory: what is not a
/// readable regular file comes back as a <see cref="ConfigFile"/> with a <see cref="ConfigFile.Problem"/> and no content.
/// </summary>
internal static class ConfigFolder
{
    /// <summary>The most names that are read of one directory.</summary>
    public const int MostNames = 10_000;

    /// <summary>
    /// The files with <paramref name="suffix"/> in <paramref name="directories"/>, merged by precedence (see <see cref="ConfigOrder"/>).
    /// A directory that is missing or unreadable counts as empty, as the tools take it.
    /// </summary>
    /// <param name="root">The node's root.</param>
    /// <param name="directories">Node paths, the highest precedence first.</param>
    /// <param name="suffix">What a name ends with, e.g. <c>.conf</c>.</param>
    /// <param name="withHidden">True where the tool also takes names that start with a dot.</param>
    /// <param name="instead">Contents that count in place of those on the disk, by the files' real paths; also of files that are not
    /// there.</param>
    /// <param name="stop">Stops the reading.</param>
    public static ConfigSet Read(
        KernelRoot root,
        IEnumerable<string> directories,
        string suffix,
        bool withHidden = false,
        IReadOnlyDictionary<string, byte[]>? instead = null,
        CancellationToken stop = default)
    {
        var listed = new List<ConfigDirectory>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (string directory in directories)
        {
            stop.ThrowIfCancellationRequested();
            var names = List(root, directory, out string realPath);

            // A directory that is not there yet comes with its first file.
            if (instead is not null)
            {
                string folder = realPath.Length == 0 ? directory : realPath;
                var added = instead.Keys.Where(p => p[..p.LastIndexOf('/')] == folder).Select(p => p[(p.LastIndexOf('/') + 1)..])
                    .Except(names ?? []).ToList();
                names = names is not null || added.Count != 0 ? [.. names ?? [], .. added] : null;
            }

            // /lib is a link to /usr/lib on most systems: the same directory counts once.
            if (names is not null && (realPath.Length == 0 || seen.Add(realPath)))
            {
                listed.Add(new ConfigDirectory(directory, names));
            }
        }

        var order = ConfigOrder.Merge(listed, suffix, withHidden);
        var files = new List<ConfigFile>(order.Files.Count);
        foreach (string path in order.Files)
        {
            stop.ThrowIfCancellationRequested();
            files.Add(ReadFile(root, path, instead));
        }

        return new ConfigSet(files, [.. order.Replaced.Select(r => new ReplacedContent(ReadFile(root, r.Path, instead), r.By))]);
    }

    /// <summary>Reads one file; a missing one, or one that can't be read, has a <see cref="ConfigFile.Problem"/>.</summary>
    public static ConfigFile ReadFile(KernelRoot root, string nodePath, IReadOnlyDictionary<string, byte[]>? instead = null)
    {
        using var path = RootedPath.Follow(root, nodePath, out int errno);
        if (instead is not null && instead.TryGetValue(path?.NodePath ?? nodePath, out byte[]? other))
        {
            return new ConfigFile(nodePath, other) { RealPath = path?.NodePath ?? nodePath };
        }

        if (path is null)
        {
            return Problem(nodePath, errno);
        }

        if (path.IsNullLink || (path.Exists && path.Status.IsNullDevice))
        {
            return new ConfigFile(nodePath, default) { IsMask = true };
        }

        using var file = path.OpenRegular(out errno);
        byte[]? content = file is null ? null : BoundedFile.ReadAll(file, BoundedFile.LargestConfiguration, out errno);
        return content is null ? Problem(nodePath, errno) : new ConfigFile(nodePath, content) { RealPath = path.NodePath };
    }

    /// <summary>
    /// The bytes of a regular file; null if there is none, it can't be read, or it has more than <paramref name="limit"/> bytes.
    /// </summary>
    public static byte[]? TryReadAll(KernelRoot root, string nodePath, int limit)
    {
        using var path = RootedPath.Follow(root, nodePath, out _);
        using var file = path?.OpenRegular(out _);
        return file is null ? null : BoundedFile.ReadAll(file, limit, out _);
    }

    /// <summary>True where a file, or anything else, has that path.</summary>
    public static bool Exists(KernelRoot root, string nodePath)
    {
        using var path = RootedPath.Follow(root, nodePath, out _);
        return path is { Exists: true };
    }

    private static ConfigFile Problem(string nodePath, int errno) => new(nodePath, default)
    {
        Problem = errno switch
        {
            Errno.ENOENT => Messages.ConfigProblem_Missing,
            Errno.EISDIR => Messages.ConfigProblem_Directory,
            Errno.EINVAL => Messages.ConfigProblem_NotRegular,
            Errno.EFBIG => Messages.ConfigProblem_TooLarge,
            Errno.ELOOP => Messages.ConfigProblem_Loop,
            _ => Errno.Describe(errno),
        },
    };

    /// <summary>The names in a directory; null where there is no such directory or it can't be read.</summary>
    internal static List<string>? List(KernelRoot root, string nodePath, out string realPath)
    {
        using var path = RootedPath.Follow(root, nodePath, out _);
        realPath = path?.NodePath ?? "";
        if (path is not { Exists: true } || !path.Status.IsDirectory)
        {
            return null;
        }

        using var directory = OpenAt.TryOpen(path.Directory, path.Name, OpenAt.O_RDONLY | OpenAt.O_NOFOLLOW | OpenAt.O_DIRECTORY, 0, out _);
        if (directory is null)
        {
            return null;
        }

        var names = new List<string>();
        byte[] buffer = new byte[32768];
        int length;
        while (names.Count < MostNames && (length = GetDents.Read((int)directory.DangerousGetHandle(), buffer)) > 0)
        {
            ReadOnlySpan<byte> entries = buffer.AsSpan(0, length);
            while (names.Count < MostNames && GetDents.Next(ref entries, out _, out var name))
            {
                names.Add(ByteText.Decode(name));
            }
        }

        return names;
    }
}
