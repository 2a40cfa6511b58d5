using System.Globalization;
using K8sNetfilter.Configuration;
using K8sNetfilter.Modules;
using K8sNetfilter.Text;

namespace K8sNetfilter.Sysctl;

/// <summary>
/// What a node's files make of its kernel parameters: at the next boot (systemd-sysctl, and udev's rule which runs it again for each
/// interface), and when somebody runs <c>sysctl --system</c>.
/// </summary>
public sealed partial class SysctlForecast
{
    // What the kernel starts with, where the effect of a write depends on it (net/ipv4/devinet.c, net/ipv6/addrconf.c).
    private static readonly Dictionary<string, string> KernelStart = new(StringComparer.Ordinal)
    {
        ["net/ipv4/ip_forward"] = "0",
        ["net/ipv4/conf/all/forwarding"] = "0",
        ["net/ipv6/conf/all/forwarding"] = "0",
        ["net/ipv6/conf/all/disable_ipv6"] = "0",
        ["net/ipv6/conf/all/ignore_routes_with_linkdown"] = "0",
        ["net/ipv6/conf/all/addr_gen_mode"] = "0",
        ["net/ipv6/conf/all/force_forwarding"] = "0",
    };

    /// <summary>The directories that udev's rule applies again for an interface (99-systemd.rules).</summary>
    private static readonly string[] PerInterface = ["net/ipv4/conf/", "net/ipv4/neigh/", "net/ipv6/conf/", "net/ipv6/neigh/"];

    private readonly ISysctlSource _source;
    private readonly Func<string, bool?> _isThereEarly;
    private readonly HashSet<string>? _live;
    private readonly SysctlTree _keys;
    private readonly SysctlPlan _systemd;
    private readonly SysctlPlan _procps;
    private readonly SysctlKernel _boot;
    private readonly SysctlKernel _system;
    private readonly Dictionary<string, List<Candidate>> _candidates = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string?> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<SysctlAssignment, Candidate> _byLine = new(ReferenceEqualityComparer.Instance);

    private SysctlForecast(ISysctlSource source, IReadOnlyList<string>? live, IEnumerable<string> asked, Func<string, bool?>? isThereEarly)
    {
        _source = source;
        _isThereEarly = isThereEarly ?? (_ => null);
        _listed = live;
        _live = live is null ? null : new HashSet<string>(live, StringComparer.Ordinal);
        _systemd = SysctlPlan.Of(SysctlOrder.Systemd, source.SystemdFiles);
        _procps = SysctlPlan.Of(SysctlOrder.Procps, source.ProcpsFiles, source.ProcpsExcludesByPattern);
        var commandLine = SysctlCommandLine.Read(source.CommandLine);
        NamedPaths = [.. commandLine.Concat(_systemd.Assignments).Concat(_procps.Assignments).Where(a => a is { IsExclusion: false, IsPattern: false } && SysctlKey.TryParse("/" + a.Path, out _)).Select(a => a.Path).Distinct(StringComparer.Ordinal)];
        Patterns = [.. _systemd.Assignments.Where(a => a is { IsExclusion: false, IsPattern: true })];
        _keys = new SysctlTree([.. live ?? [], .. NamedPaths, .. asked]);
        _later = source.Later;
        _boot = new SysctlKernel(_keys, KernelStart.GetValueOrDefault, Live) { InterfacesAreFresh = true, LoopbackHasAddress = true };
        _system = new SysctlKernel(_keys, Live, Live);
        Collect(commandLine);
        Boot(commandLine);
        WriteLater();
        foreach (var write in _procps.Writes(_keys))
        {
            if (write is { Path: { } path, LeftTo: null } && !Lacks(path))
            {
                _system.Write(path, write.By.Value!, write.By, onlyChanges: false);
            }
        }
    }

    /// <summary>The keys that files name without a pattern.</summary>
    public IReadOnlyList<string> NamedPaths { get; }

    /// <summary>The keys that the running kernel has, and those that files name.</summary>
    public IEnumerable<string> Paths => (_listed ?? []).Concat(NamedPaths.Where(p => !IsLive(p)));

    private readonly IReadOnlyList<string>? _listed;

    /// <summary>True where the running kernel has keys below a path.</summary>
    public bool IsGroup(string path) => _listed?.Any(p => p.Length > path.Length && p[path.Length] == '/' && p.StartsWith(path, StringComparison.Ordinal)) == true;

    /// <summary>
    /// The module that makes a key and is not there by the time systemd-sysctl runs; null where that is no obstacle, as where a rule of udev applies
    /// the files again once it is.
    /// </summary>
    public string? MissingModule(string path) => IsThere(path) == Presence.NoModule && _later.AppliedAgainBy(path) is null ? SysctlModule.For(path) : null;

    /// <summary>The lines that set all keys of a pattern at boot.</summary>
    public IReadOnlyList<SysctlAssignment> Patterns { get; }

    /// <summary>The lines of the boot's files that systemd-sysctl does not understand.</summary>
    public IReadOnlyList<SourceLine> Malformed => _systemd.Malformed;

    /// <summary>Makes the forecast.</summary>
    /// <param name="source">The node's files, and its values where it runs.</param>
    /// <param name="asked">Paths that will be asked for although the node may not have them.</param>
    /// <param name="isThereEarly">
    /// Whether a module (by name) is built in or loaded by the time systemd-sysctl runs; null where that is not known.
    /// </param>
    /// <param name="stop">Stops the reading of the node's keys.</param>
    public static SysctlForecast Of(
        ISysctlSource source, IEnumerable<string>? asked = null, Func<string, bool?>? isThereEarly = null, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new SysctlForecast(source, source.ListKeys(stop), asked ?? [], isThereEarly);
    }

    /// <summary>Makes the forecast of a node, whose modules decide which keys are there when systemd-sysctl runs.</summary>
    /// <param name="sysctls">The node's parameters.</param>
    /// <param name="modules">The node's modules.</param>
    /// <param name="asked">Paths that will be asked for although the node may not have them.</param>
    /// <param name="stop">Stops the reading of the node's keys.</param>
    public static SysctlForecast Of(ISysctlSource sysctls, IModuleSource modules, IEnumerable<string>? asked = null, CancellationToken stop = default)
    {
        ModuleReport? report = null;
        var answers = new Dictionary<string, bool?>(StringComparer.Ordinal);
        return Of(sysctls, asked, IsThereEarly, stop);

        bool? IsThereEarly(string name)
        {
            if (!answers.TryGetValue(name, out bool? answer))
            {
                var module = (report ??= new ModuleReport(modules)).Describe(name);

                // A file system without any kernel yet: that the module is named is all that can be known.
                answers[name] = answer = module is { State: ModuleState.Missing or ModuleState.Unknown, BootSource: not null } && report.KnowsNoKernel ? true : module.LoadsAtBoot;
            }

            return answer;
        }
    }

    /// <summary>True where it is known which keys the running kernel has.</summary>
    public bool KnowsKernel => _live is not null;

    /// <summary>True where the running kernel has the key.</summary>
    public bool IsLive(string path) => _live?.Contains(path) == true;

    /// <summary>Explains a pattern that no key is known for: what an image sets on keys which only a running kernel has.</summary>
    public static NodeSysctl Explain(SysctlAssignment pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        return new NodeSysctl { Name = pattern.Name, BootValue = pattern.Value, IsBootValueKnown = true, Source = pattern.Source, Reason = Text(Messages.SysctlReason_Pattern, pattern.Source) };
    }

    private string? Live(string path)
    {
        if (!_values.TryGetValue(path, out string? value))
        {
            _values[path] = value = IsLive(path) ? _source.ReadValue(path) : null;
        }

        return value;
    }

    private void Boot(IReadOnlyList<SysctlAssignment> commandLine)
    {
        // The kernel sets these before it starts the first program, so before any module is loaded (fs/proc/proc_sysctl.c, do_sysctl_args).
        foreach (var line in commandLine)
        {
            if (IsThere(line.Path) != Presence.NoModule && SysctlModule.For(line.Path) is null)
            {
                Write(line.Path, line);
            }
        }

        var again = new List<SysctlWrite>();
        foreach (var write in _systemd.Writes(_keys))
        {
            if (write is not { Path: { } path, LeftTo: null } || IsThere(path) == Presence.NoKey || MissingModule(path) is not null)
            {
                continue;
            }

            Write(path, write.By);
            if (Array.Exists(PerInterface, d => path.StartsWith(d, StringComparison.Ordinal)))
            {
                again.Add(write);
            }
        }

        // udev applies an interface's own keys once more when the interface appears, which is mostly after this.
        foreach (var write in again)
        {
            string owner = write.Path!.Split('/')[3];
            if (owner is not ("all" or "default" or "lo"))
            {
                Write(write.Path, write.By);
            }
        }

        void Write(string path, SysctlAssignment line)
        {
            if (!_boot.Write(path, line.Value!, line, onlyChanges: true) && _byLine.TryGetValue(line, out var candidate))
            {
                candidate.Refused = true;
            }
        }
    }

    private Presence IsThere(string path)
    {
        if (SysctlModule.For(path) is { } module)
        {
            switch (_isThereEarly(module))
            {
                case true:
                    return Presence.There;
                case false:
                    return Presence.NoModule;
            }
        }

        return !Lacks(path) || IsOfInterface(path) || SysctlModule.For(path) is not null ? Presence.There : Presence.NoKey;
    }

    /// <summary>True for a key of an interface that is not there now, but would have the key if it were.</summary>
    private bool IsOfInterface(string path)
    {
        string? directory = Array.Find(PerInterface, d => path.StartsWith(d, StringComparison.Ordinal));
        int slash = directory is null ? -1 : path.IndexOf('/', directory.Length);
        return slash > 0 && (_live!.Contains($"{directory}default{path[slash..]}") || _live.Contains($"{directory}lo{path[slash..]}"));
    }

    /// <summary>Notes for every key the lines that are about it.</summary>
    private void Collect(IReadOnlyList<SysctlAssignment> commandLine)
    {
        foreach (var line in commandLine)
        {
            Add(line.Path, line, null);
        }

        var dropped = _systemd.Dropped.ToLookup(d => d.To, d => d.Lost, ReferenceEqualityComparer.Instance as IEqualityComparer<SysctlAssignment>);
        foreach (var write in _systemd.Writes(_keys))
        {
            if (write.Path is not { } path)
            {
                continue;
            }

            // What keeps the last line of a pattern off a key keeps the lines before it off as well.
            string? left = write.LeftTo is { } other ? Text(other.IsExclusion ? Messages.SysctlLoses_Excluded : Messages.SysctlLoses_Named, other.Source) : null;
            foreach (var lost in dropped[write.By])
            {
                Add(path, lost, left);
            }

            Add(path, write.By, left);
        }

        foreach (var exclusion in _systemd.Assignments.Where(a => a.IsExclusion))
        {
            foreach (var lost in dropped[exclusion])
            {
                Add(lost.Path, lost, Text(Messages.SysctlLoses_Excluded, exclusion.Source));
            }
        }

        var read = _source.SystemdFiles.SelectMany(f => new[] { f.Path, f.RealPath }).ToHashSet(StringComparer.Ordinal);
        AddUnread(SysctlOrder.Systemd, _source.ReplacedFiles.Select(f => f.File), file => Text(Messages.SysctlLoses_Replaced, _source.ReplacedFiles.First(f => f.File.Path == file).By));
        AddUnread(SysctlOrder.Procps, _source.ProcpsFiles.Where(f => !read.Contains(f.Path)), file => Text(Messages.SysctlLoses_NotRead, file));
    }

    private void AddUnread(SysctlOrder order, IEnumerable<ConfigFile> files, Func<string, string> reason)
    {
        foreach (var file in files)
        {
            string why = reason(file.Path);
            foreach (var write in SysctlPlan.Of(order, [file]).Writes(_keys))
            {
                if (write is { Path: { } path, LeftTo: null })
                {
                    Add(path, write.By, why);
                }
            }
        }
    }

    private void Add(string path, SysctlAssignment line, string? reason)
    {
        if (line.IsExclusion)
        {
            return;
        }

        if (!_candidates.TryGetValue(path, out var list))
        {
            _candidates[path] = list = [];
        }

        var candidate = new Candidate(line, reason);
        list.Add(candidate);
        _byLine[line] = candidate;
    }

    private OverriddenSysctl[] Losers(string path, SysctlDecision? boot)
    {
        if (!_candidates.TryGetValue(path, out var list))
        {
            return [];
        }

        return [.. list.Where(c => c.Line.Source != boot?.By.Source || boot.Through is not null && c.Line.Path == path)
            .Select(c => new OverriddenSysctl(c.Line.Source, c.Line.Value!, c.Reason ?? Obstacle(path, c) ?? Text(Messages.SysctlLoses_Later, boot?.By.Source)))];
    }

    /// <summary>What keeps a line that nothing else beats from having an effect; null where nothing does.</summary>
    private string? Obstacle(string path, Candidate candidate) => IsThere(path) switch
    {
        Presence.NoModule => Text(Messages.SysctlLoses_NoModule, SysctlModule.For(path)),
        Presence.NoKey => Messages.SysctlLoses_NoKey,
        _ => candidate.Refused ? Text(Messages.SysctlLoses_Refused, Printable.Text(candidate.Line.Value!, 60)) : null,
    };

    private static string Text(string format, params object?[] arguments) =>
        arguments.Length == 0 ? format : string.Format(CultureInfo.InvariantCulture, format, arguments);

    private enum Presence
    {
        There,
        NoModule,
        NoKey,
    }

    private sealed class Candidate(SysctlAssignment line, string? reason)
    {
        public SysctlAssignment Line { get; } = line;

        public string? Reason { get; } = reason;

        public bool Refused { get; set; }
    }
}
