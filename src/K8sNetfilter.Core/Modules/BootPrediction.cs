using K8sNetfilter.Configuration;

namespace K8sNetfilter.Modules;

/// <summary>
/// What systemd-modules-load(8) will do at the next boot: first the names of <c>modules_load=</c>, then the lines of modules-load.d(5), each
/// one honouring blacklists, which modprobe(8) by itself does not (<c>module_load_and_warn()</c> in systemd's src/shared/module-util.c).
/// </summary>
public sealed class BootPrediction
{
    private readonly ModprobeConfiguration _configuration;
    private readonly KernelCommandLine _commandLine;
    private readonly ModuleResolver _resolver;
    private readonly Func<string, bool> _isBuiltIn;
    private readonly Func<string, bool> _hasFile;
    private readonly bool _canLoad;

    private readonly Dictionary<string, BootLoad> _byModule = new(StringComparer.Ordinal);
    private readonly List<BootLoad> _requests = [];
    private readonly List<ProbeStep> _steps = [];
    private readonly HashSet<string> _loaded = new(StringComparer.Ordinal);
    private readonly HashSet<string> _perhaps = new(StringComparer.Ordinal);

    private BootPrediction(IModuleSource source)
    {
        _commandLine = new KernelCommandLine(source.CommandLine);
        _configuration = new ModprobeConfiguration(source.ModprobeFiles, _commandLine);
        var catalog = source.Catalog;
        _hasFile = source.HasFile;
        _resolver = new ModuleResolver(_configuration, catalog, _hasFile);
        _isBuiltIn = module => catalog?.IsBuiltIn(module) == true || source.ShowsBuiltIn(module);
        _canLoad = source.SupportsModules != false;
    }

    /// <summary>One answer a name that is asked for (more where an alias leads to several modules), in the order in which they are asked for.</summary>
    public IReadOnlyList<BootLoad> Requests => _requests;

    /// <summary>What is given to the kernel or run, in order.</summary>
    public IReadOnlyList<ProbeStep> Steps => _steps;

    /// <summary>The rules that were in force.</summary>
    public ModprobeConfiguration Configuration => _configuration;

    /// <summary>Finds modules and their steps by the rules that were in force.</summary>
    public ModuleResolver Resolver => _resolver;

    /// <summary>Predicts the next boot of a node.</summary>
    public static BootPrediction Of(IModuleSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        var prediction = new BootPrediction(source);
        foreach (var entry in prediction._commandLine.Load.Concat(source.ModulesLoadFiles.SelectMany(ModulesLoadFile.Parse)))
        {
            prediction.Load(entry);
        }

        return prediction;
    }

    /// <summary>What the next boot does with a module; null where nothing asks for it, directly or as a dependency.</summary>
    public BootLoad? For(string module) => _byModule.GetValueOrDefault(module);

    /// <summary>
    /// What would happen if the name were asked for now, with nothing loaded: whether something blocks it. This changes nothing in the prediction.
    /// </summary>
    public BootLoad Try(string name)
    {
        var trial = new BootPrediction(this);
        trial.Load(new ModulesLoadEntry(name, new SourceLine("", 0)));
        string module = ModuleName.Normalize(name);
        return (trial.For(module) ?? trial._requests[0]) with { Source = null };
    }

    private BootPrediction(BootPrediction other)
    {
        _commandLine = other._commandLine;
        _configuration = other._configuration;
        _resolver = other._resolver;
        _isBuiltIn = other._isBuiltIn;
        _hasFile = other._hasFile;
        _canLoad = other._canLoad;
    }

    private void Load(ModulesLoadEntry entry)
    {
        var lookup = _resolver.Lookup(entry.Name);
        if (lookup.Targets.Count == 0)
        {
            // Without modules.builtin the kernel may still show that it has the feature; systemd then reports a failure all the same.
            string name = ModuleName.Normalize(entry.Name);
            Answer(new BootLoad(name, _isBuiltIn(name) ? BootOutcome.BuiltIn : BootOutcome.Missing, entry.Source));
            return;
        }

        foreach (var target in lookup.Targets)
        {
            var answer = Probe(target, entry.Source);
            if (answer.Outcome == BootOutcome.Missing && lookup.Alias is { } alias)
            {
                string asked = ModuleName.Normalize(entry.Name);
                answer = answer with { Module = asked, Outcome = BootOutcome.AliasLeadsNowhere, BlockedBy = alias.Source };
            }

            Answer(answer);
        }
    }

    private void Answer(BootLoad answer)
    {
        _requests.Add(answer);
        Note(answer);
    }

    // What asks first is the source; what makes it load beats what doesn't.
    private void Note(BootLoad load)
    {
        if (!_byModule.TryGetValue(load.Module, out var known)
            || (known.IsThere != true && load.IsThere == true)
            || (known.IsThere == false && load.IsThere is null))
        {
            _byModule[load.Module] = load;
        }
    }

    private BootLoad Probe(ProbeTarget target, SourceLine source)
    {
        string name = target.Name;
        if (_isBuiltIn(name))
        {
            return new BootLoad(name, BootOutcome.BuiltIn, source);
        }

        if (!_loaded.Contains(name) && _configuration.Blacklist(name) is { } blacklist)
        {
            return new BootLoad(name, BootOutcome.Blacklisted, source, blacklist.Source);
        }

        // An install command on the way may end it all.
        BootLoad? doubt = null;
        foreach (var step in _loaded.Contains(name) ? [] : _resolver.Steps(target))
        {
            if (_isBuiltIn(step.Target.Name) || _loaded.Contains(step.Target.Name))
            {
                continue;
            }

            _steps.Add(step);
            var result = Take(step, source, doubt);
            if (step.Target == target)
            {
                if (result.IsThere == false)
                {
                    return result;
                }

                Note(result);
                doubt ??= result.IsThere is null ? result : null;
                continue;
            }

            Note(result with { NeededBy = name });
            doubt ??= step.IsRequired && result.Outcome == BootOutcome.CommandDecides ? result : null;
            bool commandSucceeds = step.Install is { } install && InstallCommand.EndsWithoutLoading(install.Value) == true;
            if (step.IsRequired && result.IsThere == false && !commandSucceeds)
            {
                return new BootLoad(name, BootOutcome.DependencyFails, source, result.BlockedBy, FailedDependency: step.Target.Name);
            }
        }

        return _loaded.Contains(name) ? new BootLoad(name, BootOutcome.Loads, source)
            : _perhaps.Contains(name) ? new BootLoad(name, BootOutcome.CommandDecides, source, DecidedBy: For(name)?.DecidedBy)
            : new BootLoad(name, BootOutcome.Missing, source);
    }

    private BootLoad Take(ProbeStep step, SourceLine source, BootLoad? doubt)
    {
        string name = step.Target.Name;
        if (step.Install is { } install)
        {
            if (InstallCommand.EndsWithoutLoading(install.Value) is not null)
            {
                return new BootLoad(name, BootOutcome.InstallCommand, source, install.Source);
            }

            _perhaps.Add(name);
            return new BootLoad(name, BootOutcome.CommandDecides, source, DecidedBy: install.Source);
        }

        if (step.Path is null || !_hasFile(step.Path) || !_canLoad)
        {
            return new BootLoad(name, BootOutcome.Missing, source);
        }

        if (_commandLine.KernelRefuses(name))
        {
            return new BootLoad(name, BootOutcome.KernelRefuses, source, new SourceLine(KernelCommandLine.Path, 0));
        }

        // The kernel finds the symbols of what it needs, or refuses.
        foreach (string dependency in _resolver.NeedsOf(name))
        {
            if (_isBuiltIn(dependency) || _loaded.Contains(dependency))
            {
                continue;
            }

            if (!_perhaps.Contains(dependency))
            {
                return new BootLoad(name, BootOutcome.DependencyFails, source, For(dependency)?.BlockedBy, FailedDependency: dependency);
            }

            _perhaps.Add(name);
            return new BootLoad(name, BootOutcome.CommandDecides, source, FailedDependency: dependency, DecidedBy: For(dependency)?.DecidedBy);
        }

        if (doubt is not null)
        {
            _perhaps.Add(name);
            return new BootLoad(name, BootOutcome.CommandDecides, source, FailedDependency: doubt.Module, DecidedBy: doubt.DecidedBy);
        }

        _loaded.Add(name);
        return new BootLoad(name, BootOutcome.Loads, source);
    }
}
