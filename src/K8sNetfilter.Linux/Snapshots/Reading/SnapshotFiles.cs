using K8sNetfilter.Configuration;
using K8sNetfilter.Snapshots.Archives;
using K8sNetfilter.Snapshots.Writing;
using K8sNetfilter.Text;

namespace K8sNetfilter.Snapshots.Reading;

/// <summary>
/// The files of a snapshot, by the paths that they had on the node (<c>/etc/sysctl.d/k8s.conf</c>) or by a tool's name
/// (<c>ip-link.json</c>). A link is followed by its text and only within the snapshot: nothing is asked of the system for that.
/// </summary>
internal sealed class SnapshotFiles : INodeFiles
{
    private readonly ISnapshotStore _store;
    private readonly string _prefix;
    private readonly HashSet<string> _missing = new(StringComparer.Ordinal);

    private readonly SnapshotList _list;
    private readonly HashSet<string> _lost;
    private readonly SnapshotBudget _budget;

    private SnapshotFiles(string path, ISnapshotStore store, string prefix)
    {
        Path = path;
        _store = store;
        _prefix = prefix;
        _budget = new SnapshotBudget(path);
        _list = SnapshotList.Read(TryRead(SnapshotLimits.Mark, out _, SnapshotTarget.Mark) is { } mark ? ByteText.Decode(mark) : null,
            SizeOf);
        _lost = new HashSet<string>(_list.Lost, StringComparer.Ordinal);
        _missing.Clear();
    }

    /// <summary>Where the snapshot is, for messages.</summary>
    public string Path { get; }

    /// <summary>The files that were asked for and are not there, in documented names.</summary>
    public IReadOnlyCollection<string> Missing => _missing;

    /// <summary>Opens a snapshot.</summary>
    /// <param name="path">A folder, a .tar or a .tar.gz of this machine.</param>
    /// <param name="stop">Stops the reading of an archive.</param>
    public static SnapshotFiles Open(string path, CancellationToken stop)
    {
        if (Directory.Exists(path))
        {
            return Enter(path, new SnapshotFolder(path));
        }

        if (!File.Exists(path))
        {
            throw SnapshotFailure.NotFound(path);
        }

        try
        {
            // A FIFO or a device has no length.
            if (new FileInfo(path).Length == 0)
            {
                throw SnapshotFailure.NoSnapshot(path, SnapshotMessages.Empty);
            }

            using var source = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete,
                bufferSize: 1 << 16);
            return Open(path, source, stop);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SnapshotFailure.Unreadable(path, e);
        }
    }

    /// <summary>Opens an archive.</summary>
    internal static SnapshotFiles Open(string path, Stream source, CancellationToken stop) =>
        Enter(path, SnapshotArchive.Read(path, source, stop));

    /// <summary>
    /// True for a snapshot that lists its files, has them all, and has all of the node: what is not in it, the node did not have.
    /// </summary>
    public bool IsComplete => _list.IsComplete;

    /// <summary>
    /// The first file that the snapshot had when it was made, and that is not there now or was cut short; null if there is none.
    /// </summary>
    /// <param name="names">Files, and folders with a slash at their end.</param>
    public string? FindLost(params string[] names) =>
        _lost.Count == 0 ? null
            : _list.Lost.FirstOrDefault(l =>
            Array.Exists(names, n => n.EndsWith('/') ? l.StartsWith(n, StringComparison.Ordinal) : l == n));

    /// <summary>The same, and says that it is missing.</summary>
    public string? NoteLost(params string[] names)
    {
        string? lost = FindLost(names);
        if (lost is not null)
        {
            AddMissing(lost);
        }

        return lost;
    }

    /// <summary>What is the file at a path, links followed. One that was cut short counts as not there.</summary>
    public bool Exists(string path) =>
        Follow(path, out string found) is SnapshotEntryKind.File or SnapshotEntryKind.Folder or SnapshotEntryKind.Other && !IsLost(found);

    private bool IsLost(string found) => _lost is { Count: > 0 } && _lost.Contains(found);

    private long? SizeOf(string name) => _store.Look(_prefix + name, out _) switch
    {
        SnapshotEntryKind.File => _store.Length(_prefix + name),
        SnapshotEntryKind.Link => 0,
        _ => null,
    };

    /// <summary>True for a file with something in it: a command that failed leaves an empty one behind.</summary>
    public bool HasContent(string path)
    {
        if (Follow(path, out string found) != SnapshotEntryKind.File || IsLost(found))
        {
            return false;
        }

        using var source = _store.Open(_prefix + found);
        return source.ReadByte() >= 0;
    }

    /// <summary>Says that a file does not tell what it should.</summary>
    public void AddMissing(string name) => _missing.Add(name);

    /// <summary>The names in a folder; null where it is not there.</summary>
    /// <param name="path">The folder as the node names it.</param>
    /// <param name="realPath">Its path with links followed.</param>
    public IReadOnlyList<string>? List(string path, out string realPath)
    {
        if (Follow(path, out string found) != SnapshotEntryKind.Folder)
        {
            realPath = "";
            return null;
        }

        realPath = "/" + found;
        return _store.List((_prefix + found).TrimEnd('/'));
    }

    /// <summary>Opens the first of the files that is there; null where none is, and then the first is <see cref="Missing"/>.</summary>
    public Stream? TryOpen(out string name, params string[] names)
    {
        foreach (string candidate in names)
        {
            if (Follow(candidate, out string found) == SnapshotEntryKind.File && !IsLost(found))
            {
                name = candidate;
                return _store.Open(_prefix + found);
            }
        }

        name = names[0];
        _missing.Add(names[0]);
        return null;
    }

    /// <summary>The first of the files that is there, whole; null where none is.</summary>
    public byte[]? TryRead(int limit, out string name, params string[] names)
    {
        using var source = TryOpen(out name, names);
        return source is null ? null : ReadAll(source, name, limit);
    }

    /// <summary>The same as text, of a file that is short on every node.</summary>
    public string? TryReadText(out string name, params string[] names) =>
        TryRead(SnapshotLimits.Text, out name, names) is { } bytes ? ByteText.Decode(bytes) : null;

    /// <summary>The same of a file with a line for each link, address, key or socket.</summary>
    public string? TryReadListing(out string name, params string[] names)
    {
        if (TryRead(SnapshotLimits.Listing, out name, names) is not { } bytes)
        {
            return null;
        }

        _budget.CountLines(name, bytes);
        return ByteText.Decode(bytes);
    }

    /// <summary>The same of an index of modules.</summary>
    public byte[]? TryReadIndex(string name)
    {
        if (TryRead(SnapshotLimits.ModuleIndex, out _, name) is not { } bytes)
        {
            return null;
        }

        _budget.CountLines(name, bytes, SnapshotLimits.ModuleLines);
        return bytes;
    }

    /// <summary>The first of the files that is there, whole, of a tool that prints JSON.</summary>
    public byte[]? TryReadJson(out string name, params string[] names)
    {
        if (TryRead(SnapshotLimits.Json, out name, names) is not { } bytes)
        {
            return null;
        }

        _budget.CountJson(name, bytes);
        return bytes;
    }

    /// <summary>The same of nft, which can have all rules of a node in it.</summary>
    public byte[]? TryReadNft(out string name, params string[] names)
    {
        if (TryRead(SnapshotLimits.Nft, out name, names) is not { } bytes)
        {
            return null;
        }

        _budget.CountNft(name, bytes);
        return bytes;
    }

    /// <summary>A file of the node's, as <see cref="ConfigFile"/> says.</summary>
    public ConfigFile ReadConfiguration(string nodePath)
    {
        var kind = Follow(nodePath, out string found);
        if (kind == SnapshotEntryKind.File)
        {
            using var source = _store.Open(_prefix + found);
            byte[] content = ReadAll(source, nodePath, SnapshotLimits.Configuration);
            _budget.CountConfiguration(found, content.Length);
            return new ConfigFile(nodePath, content) { RealPath = "/" + found };
        }

        return found == "dev/null" ? new ConfigFile(nodePath, default) { IsMask = true }
            : new ConfigFile(nodePath, default)
            {
                Problem = kind switch
                {
                    SnapshotEntryKind.Folder => Messages.ConfigProblem_Directory,
                    SnapshotEntryKind.Other => Messages.ConfigProblem_NotRegular,
                    SnapshotEntryKind.Link => Messages.ConfigProblem_Loop,
                    _ => Messages.ConfigProblem_Missing,
                },
            };
    }

    /// <inheritdoc/>
    ConfigFile INodeFiles.Read(string path) => ReadConfiguration(path);

    /// <inheritdoc/>
    IReadOnlyList<string> INodeFiles.List(string folder) => List(folder, out _) ?? [];

    /// <summary>Configuration directories merged, as <see cref="ConfigOrder"/> says.</summary>
    public ConfigSet ReadConfiguration(IEnumerable<string> directories, string suffix, bool withHidden = false)
    {
        var listed = new List<ConfigDirectory>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (string directory in directories)
        {
            if (List(directory, out string realPath) is { } names && seen.Add(realPath))
            {
                listed.Add(new ConfigDirectory(directory, names));
            }
        }

        var order = ConfigOrder.Merge(listed, suffix, withHidden);
        return new ConfigSet([.. order.Files.Select(ReadConfiguration)],
            [.. order.Replaced.Select(r => new ReplacedContent(ReadConfiguration(r.Path), r.By))]);
    }

    private byte[] ReadAll(Stream source, string name, int limit)
    {
        // A file that grows meanwhile is taken as long as it was.
        long length = source.Length;
        if (length > limit)
        {
            throw SnapshotFailure.TooLarge(Path, name, limit);
        }

        byte[] all = GC.AllocateUninitializedArray<byte>((int)length);
        int got = source.ReadAtLeast(all, all.Length, throwOnEndOfStream: false);
        return got == all.Length ? all : all[..got];
    }

    // Finds a path part by part, as the kernel does, with the snapshot as the root.
    private SnapshotEntryKind Follow(string path, out string found)
    {
        var rest = new Stack<string>(Enumerable.Reverse(path.Split('/', StringSplitOptions.RemoveEmptyEntries)));
        var way = new List<string>();
        int links = 0;
        var kind = SnapshotEntryKind.Folder;
        while (rest.TryPop(out string? part))
        {
            if (part == ".")
            {
                continue;
            }

            if (part == "..")
            {
                if (way.Count > 0)
                {
                    way.RemoveAt(way.Count - 1);
                }

                kind = SnapshotEntryKind.Folder;
                continue;
            }

            if (kind != SnapshotEntryKind.Folder)
            {
                found = string.Join('/', way.Append(part).Concat(rest));
                return SnapshotEntryKind.Missing;
            }

            way.Add(part);
            kind = _store.Look(_prefix + string.Join('/', way), out string? target);
            if (kind == SnapshotEntryKind.Link)
            {
                way.RemoveAt(way.Count - 1);
                string[] parts = (target ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
                if (++links > SnapshotLimits.Links || parts.Length + rest.Count > SnapshotLimits.Path)
                {
                    found = path;
                    return SnapshotEntryKind.Link;
                }

                if (target!.StartsWith('/'))
                {
                    way.Clear();
                }

                for (int i = parts.Length - 1; i >= 0; i--)
                {
                    rest.Push(parts[i]);
                }

                kind = SnapshotEntryKind.Folder;
            }
        }

        found = string.Join('/', way);
        return kind;
    }

    // "tar czf node.tar.gz node1" and sos put everything into one folder.
    private static SnapshotFiles Enter(string path, ISnapshotStore store)
    {
        string prefix = "";
        for (int depth = 0; depth < 3; depth++)
        {
            var names = store.List(prefix.TrimEnd('/'));
            if (names.Any(SnapshotNames.IsTopLevel))
            {
                return new SnapshotFiles(path, store, prefix);
            }

            var folders = names.Where(n => store.Look(prefix + n, out _) == SnapshotEntryKind.Folder).Take(2).ToList();
            if (folders.Count != 1)
            {
                break;
            }

            prefix += folders[0] + "/";
        }

        throw SnapshotFailure.NoSnapshot(path, Messages.SnapshotNoKnownFile);
    }
}
