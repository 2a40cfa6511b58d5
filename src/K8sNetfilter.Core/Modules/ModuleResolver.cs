namespace K8sNetfilter.Modules;

/// <summary>
/// Finds what modprobe(8) and systemd-modules-load(8) would load for a name, and in which steps: both leave it to libkmod, and this follows
/// libkmod/libkmod-module.c.
/// </summary>
public sealed class ModuleResolver
{
    // PATH_MAX - 1: libkmod cuts a longer name off.
    private const int LongestName = 4095;

    // No real chain of soft dependencies is a tenth of this; a made-up one must not end in a stack overflow, nor run for hours.
    private const int DeepestChain = 250;
    private const int MostSteps = 20_000;

    private readonly ModprobeConfiguration _configuration;
    private readonly ModuleCatalog? _catalog;
    private readonly Func<string, bool> _hasFile;

    /// <summary>Makes a resolver.</summary>
    /// <param name="configuration">modprobe.d and the kernel command line.</param>
    /// <param name="catalog">The kernel's modules; null where there are none.</param>
    /// <param name="hasFile">Whether a module's file, by its full path, is there.</param>
    public ModuleResolver(ModprobeConfiguration configuration, ModuleCatalog? catalog, Func<string, bool> hasFile)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(hasFile);
        _configuration = configuration;
        _catalog = catalog;
        _hasFile = hasFile;
    }

    /// <summary>Looks a name up: aliases of modprobe.d first, then modules, symbols, commands, the modules' own aliases, and what is built in.</summary>
    public ModuleLookup Lookup(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string cut = name.Length > LongestName ? name[..LongestName] : name;
        if (ModprobeConfiguration.Underscores(cut) is not { } wanted)
        {
            return new ModuleLookup([], IsMalformed: true);
        }

        var aliases = _configuration.Aliases(wanted).Where(a => a.Module.Length + a.Value.Length <= LongestName).ToList();
        if (aliases.Count != 0)
        {
            return new ModuleLookup([.. aliases.Select(a => new ProbeTarget(a.Value, a.Module))], aliases[0]);
        }

        if (!wanted.Contains(':', StringComparison.Ordinal) && _catalog?.File(wanted) is not null)
        {
            return new ModuleLookup([Plain(wanted)]);
        }

        if (_catalog is not null && wanted.StartsWith("symbol:", StringComparison.Ordinal) && Aliased(_catalog.Symbols, wanted) is { Count: > 0 } bySymbol)
        {
            return new ModuleLookup(bySymbol);
        }

        if (_configuration.CommandNamed(wanted) is not null)
        {
            return new ModuleLookup([Plain(wanted)]);
        }

        if (_catalog is null)
        {
            return new ModuleLookup([]);
        }

        if (Aliased(_catalog.Aliases, wanted) is { Count: > 0 } byAlias)
        {
            return new ModuleLookup(byAlias);
        }

        return new ModuleLookup(_catalog.IsBuiltIn(wanted) ? [Plain(wanted)] : Aliased(_catalog.BuiltInAliases, wanted));
    }

    /// <summary>The steps in which one module is loaded, its dependencies and soft dependencies included.</summary>
    public IReadOnlyList<ProbeStep> Steps(ProbeTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        var walk = new Walk(this);
        walk.Probe(target, isRequired: true, depth: 0);
        return walk.Steps();
    }

    /// <summary>The file of a module, as the node names it; null if there is none.</summary>
    public string? PathOf(string module) => _catalog?.File(module) is { } file ? _catalog.FullPath(file.Path) : null;

    /// <summary>The modules whose symbols one needs, the nearest first.</summary>
    public IReadOnlyList<string> NeedsOf(string module) =>
        _catalog?.File(module) is { } file ? [.. file.Dependencies.Select(ModuleFile.NameOf)] : [];

    // Where the file of one of them is missing, libkmod gives up on the whole list and loads only the module itself.
    private IReadOnlyList<string> DependenciesOf(string module) =>
        _catalog?.File(module) is { } file && file.Dependencies.All(d => _hasFile(_catalog.FullPath(d))) ? NeedsOf(module) : [];

    // A name is cut at its first dot (modname_normalize() in shared/util.c).
    private static ProbeTarget Plain(string name)
    {
        int dot = name.IndexOf('.', StringComparison.Ordinal);
        return new ProbeTarget(dot < 0 ? name : name[..dot]);
    }

    private static List<ProbeTarget> Aliased(ModuleIndex index, string name) =>
        [.. index.FindMatching(name).Select(module => new ProbeTarget(module, name))];

    private ModprobeRule? InstallFor(ProbeTarget target)
    {
        // A name that only a command knows was looked up by that command, which then is the one that runs.
        bool onlyCommand = target.Alias is null && _catalog?.File(target.Name) is null;
        return onlyCommand && _configuration.CommandNamed(target.Name) is { Kind: ModprobeRuleKind.Install } named
            ? named
            : _configuration.Install(target.Name);
    }

    private sealed class Walk(ModuleResolver resolver)
    {
        private readonly HashSet<ProbeTarget> _visited = [];
        private readonly HashSet<ProbeTarget> _required = [];
        private readonly HashSet<ProbeTarget> _ignoresCommand = [];
        private readonly List<ProbeTarget> _order = [];

        public void Probe(ProbeTarget target, bool isRequired, int depth)
        {
            if (depth > DeepestChain || !_visited.Add(target))
            {
                return;
            }

            // The farthest dependency comes first: libkmod turns the line of modules.dep round.
            var dependencies = resolver.DependenciesOf(target.Name).Reverse().Select(name => new ProbeTarget(name)).ToList();
            if (isRequired)
            {
                _required.Add(target);
                _required.UnionWith(dependencies);
            }

            foreach (var dependency in dependencies)
            {
                AddWithSoftDependencies(dependency, depth);
            }

            AddWithSoftDependencies(target, depth);
        }

        public IReadOnlyList<ProbeStep> Steps() => [.. _order.Select(target => new ProbeStep(
            target,
            resolver.PathOf(target.Name),
            string.Join(' ', resolver._configuration.Options(target.Name, target.Alias).Select(o => o.Value)),
            _ignoresCommand.Contains(target) ? null : resolver.InstallFor(target),
            _required.Contains(target)))];

        private void AddWithSoftDependencies(ProbeTarget target, int depth)
        {
            if (_order.Count >= MostSteps)
            {
                return;
            }

            var (before, after) = resolver._configuration.SoftDependencies(target.Name) is { } rule
                ? ModprobeConfiguration.SplitSoftDependencies(rule.Value)
                : ([], []);
            var pre = before.SelectMany(name => resolver.Lookup(name).Targets).ToList();
            var post = after.SelectMany(name => resolver.Lookup(name).Targets).ToList();
            foreach (var soft in pre)
            {
                Probe(soft, isRequired: false, depth + 1);
            }

            _order.Add(target);

            // A module with soft dependencies that exist is loaded by its file, whatever install command it has.
            if (pre.Count != 0 || post.Count != 0)
            {
                _ignoresCommand.Add(target);
            }
            else
            {
                _ignoresCommand.Remove(target);
            }

            foreach (var soft in post)
            {
                Probe(soft, isRequired: false, depth + 1);
            }
        }
    }
}
