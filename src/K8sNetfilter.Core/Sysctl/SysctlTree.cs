using K8sNetfilter.Configuration;

namespace K8sNetfilter.Sysctl;

/// <summary>The keys that a kernel has, so that patterns can be matched as glob(3) matches them: directory by directory.</summary>
public sealed class SysctlTree
{
    private readonly HashSet<string> _paths;
    private readonly Dictionary<string, string[]> _interfaces = new(StringComparer.Ordinal);
    private Folder? _top;

    /// <summary>Makes the tree.</summary>
    /// <param name="paths">Paths below /proc/sys, files only.</param>
    public SysctlTree(IEnumerable<string> paths)
    {
        _paths = new HashSet<string>(paths, StringComparer.Ordinal);
    }

    /// <summary>All the paths.</summary>
    public IReadOnlyCollection<string> Paths => _paths;

    /// <summary>True where the kernel has the key.</summary>
    public bool Contains(string path) => _paths.Contains(path);

    /// <summary>The keys that a pattern matches, sorted by their bytes.</summary>
    public IEnumerable<string> Match(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        return Match(_top ??= Build(), pattern.Split('/'), 0);
    }

    /// <summary>The directories below <paramref name="directory"/> (<c>net/ipv4/conf/</c>), without <c>all</c> and <c>default</c>: the interfaces.</summary>
    public IReadOnlyList<string> Interfaces(string directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        if (!_interfaces.TryGetValue(directory, out string[]? names))
        {
            var found = new SortedSet<string>(StringComparer.Ordinal);
            foreach (string path in _paths)
            {
                if (path.StartsWith(directory, StringComparison.Ordinal) && path.IndexOf('/', directory.Length) is > 0 and int end)
                {
                    found.Add(path[directory.Length..end]);
                }
            }

            found.Remove("all");
            found.Remove("default");
            _interfaces[directory] = names = [.. found];
        }

        return names;
    }

    private static IEnumerable<string> Match(Folder folder, string[] patterns, int depth)
    {
        string pattern = patterns[depth];
        bool last = depth == patterns.Length - 1;
        foreach (var (name, entry) in folder.Named(pattern))
        {
            if (last)
            {
                if (entry.Path is { } path)
                {
                    yield return path;
                }
            }
            else if (entry.Entries.Count > 0)
            {
                foreach (string path in Match(entry, patterns, depth + 1))
                {
                    yield return path;
                }
            }
        }
    }

    private Folder Build()
    {
        var top = new Folder();
        foreach (string path in _paths)
        {
            var here = top;
            foreach (string name in path.Split('/'))
            {
                if (!here.Entries.TryGetValue(name, out var next))
                {
                    here.Entries[name] = next = new Folder();
                }

                here = next;
            }

            here.Path = path;
        }

        return top;
    }

    private sealed class Folder
    {
        public SortedDictionary<string, Folder> Entries { get; } = new(StringComparer.Ordinal);

        /// <summary>The whole path where this is a key.</summary>
        public string? Path { get; set; }

        public IEnumerable<KeyValuePair<string, Folder>> Named(string pattern)
        {
            if (!Glob.IsPattern(pattern) && !pattern.Contains('\\'))
            {
                return Entries.TryGetValue(pattern, out var one) ? [new(pattern, one)] : [];
            }

            return Entries.Where(e => Glob.MatchesPath(pattern, e.Key));
        }
    }
}
