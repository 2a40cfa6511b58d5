using K8sNetfilter.Configuration;

namespace K8sNetfilter.Sysctl;

/// <summary>What a tool makes of all its files together: what it writes, in which order, and which lines lose.</summary>
public sealed class SysctlPlan
{
    private readonly Dictionary<string, SysctlAssignment> _named = new(StringComparer.Ordinal);
    private readonly List<SysctlAssignment> _excludingPatterns = [];

    private SysctlPlan(SysctlOrder order) => Order = order;

    /// <summary>Whose plan it is.</summary>
    public SysctlOrder Order { get; }

    /// <summary>The lines that count, in the order in which they take effect, exclusions among them.</summary>
    public IReadOnlyList<SysctlAssignment> Assignments { get; private set; } = [];

    /// <summary>The lines that the tool drops since a later one is about the same path. procps drops none: it writes them all.</summary>
    public IReadOnlyList<(SysctlAssignment Lost, SysctlAssignment To)> Dropped { get; private set; } = [];

    /// <summary>Lines that are no assignment.</summary>
    public IReadOnlyList<SourceLine> Malformed { get; private set; } = [];

    /// <summary>Makes a tool's plan.</summary>
    /// <param name="order">The tool.</param>
    /// <param name="files">Its files, in the order in which it reads them.</param>
    /// <param name="excludesByPattern">
    /// True for a procps whose <c>-pattern</c> lines keep other patterns off all keys that they match (4.0.5 and later); before that, and in
    /// systemd, such a line is about the one key of exactly that name.
    /// </param>
    public static SysctlPlan Of(SysctlOrder order, IEnumerable<ConfigFile> files, bool excludesByPattern = false)
    {
        ArgumentNullException.ThrowIfNull(files);
        var plan = new SysctlPlan(order);
        var lines = new List<SysctlAssignment>();
        var malformed = new List<SourceLine>();
        foreach (var file in files)
        {
            var text = order == SysctlOrder.Systemd ? SysctlGrammar.ReadAsSystemd(file) : SysctlGrammar.ReadAsProcps(file);
            lines.AddRange(text.Assignments);
            malformed.AddRange(text.Malformed);
        }

        plan.Malformed = malformed;
        if (order == SysctlOrder.Systemd)
        {
            plan.KeepLast(lines);
        }
        else
        {
            plan.Assignments = lines;
            foreach (var line in lines)
            {
                plan._named[line.Path] = line;
                if (excludesByPattern && line is { IsExclusion: true, IsPattern: true })
                {
                    plan._excludingPatterns.Add(line);
                }
            }
        }

        return plan;
    }

    /// <summary>
    /// Everything that the tool does with the keys that there are, in order. A key that is not there is written too: what comes of that the
    /// kernel says.
    /// </summary>
    /// <param name="keys">The keys, for patterns.</param>
    public IEnumerable<SysctlWrite> Writes(SysctlTree keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        foreach (var line in Assignments)
        {
            if (line.IsExclusion)
            {
                continue;
            }

            if (!line.IsPattern)
            {
                yield return new SysctlWrite(Canonical(line.Path), line);
                continue;
            }

            foreach (string path in keys.Match(line.Path))
            {
                yield return new SysctlWrite(path, line, LeftTo(path));
            }
        }
    }

    /// <summary>The line that keeps patterns off <paramref name="path"/>: it names the key itself, to set it or to exclude it.</summary>
    private SysctlAssignment? LeftTo(string path) =>
        _named.GetValueOrDefault(path) ?? _excludingPatterns.Find(e => Glob.MatchesText(e.Path, path));

    /// <summary>
    /// systemd keeps one line a path (src/sysctl/sysctl.c, parse_file): a different value takes the place of the earlier one and goes to the
    /// end of the order, the same value changes nothing but that its failure is ignored where either line says so.
    /// </summary>
    private void KeepLast(List<SysctlAssignment> lines)
    {
        var kept = new LinkedList<SysctlAssignment>();
        var places = new Dictionary<string, LinkedListNode<SysctlAssignment>>(StringComparer.Ordinal);
        var dropped = new List<(SysctlAssignment Lost, LinkedListNode<SysctlAssignment> Place)>();
        foreach (var line in lines)
        {
            if (!places.TryGetValue(line.Path, out var place))
            {
                places[line.Path] = kept.AddLast(line);
                continue;
            }

            dropped.Add((place.Value, place));
            bool same = place.Value.Value == line.Value;
            place.Value = line with { IgnoresFailure = line.IgnoresFailure || (same && place.Value.IgnoresFailure) };
            if (!same)
            {
                kept.Remove(place);
                kept.AddLast(place);
            }
        }

        Assignments = [.. kept];
        Dropped = [.. dropped.Select(d => (d.Lost, d.Place.Value))];
        foreach (var line in kept)
        {
            _named[line.Path] = line;
        }
    }

    /// <summary>
    /// The key that a path leads to: doubled slashes and single dots are nothing, <c>..</c> goes up. systemd refuses <c>..</c>
    /// (path_is_normalized); for procps a slash at the end asks for a directory.
    /// </summary>
    private string? Canonical(string path)
    {
        if (!path.Contains("//", StringComparison.Ordinal) && !path.Contains("./", StringComparison.Ordinal) && path is not ("" or "." or ".." or ['/', ..] or [.., '/'] or [.., '/', '.']))
        {
            return path.EndsWith("/..", StringComparison.Ordinal) ? null : path;
        }

        var names = new List<string>();
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (name == "..")
            {
                if (Order == SysctlOrder.Systemd || names.Count == 0)
                {
                    return null;
                }

                names.RemoveAt(names.Count - 1);
            }
            else if (name != ".")
            {
                names.Add(name);
            }
        }

        return names.Count == 0 || (Order == SysctlOrder.Procps && path[^1] is '/' or '.') ? null : string.Join('/', names);
    }
}
