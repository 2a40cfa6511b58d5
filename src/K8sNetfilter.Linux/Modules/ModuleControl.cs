using System.Globalization;
using K8sNetfilter.Errors;
using K8sNetfilter.IO;
using K8sNetfilter.Interop;
using K8sNetfilter.Text;

namespace K8sNetfilter.Modules;

/// <summary>
/// Loads and unloads kernel modules, now and at boot. A change is planned first, which finds every reason against it; then it is applied:
/// the running kernel, a look whether it is so, and then the files, atomically. Where the files fail, the kernel is put back.
/// </summary>
public sealed class ModuleControl
{
    /// <summary>The file that names the modules which Kubernetes wants; its documentation uses this one.</summary>
    public const string DefaultPath = "/etc/modules-load.d/k8s.conf";

    /// <summary>The file for the modules' parameters.</summary>
    public const string OptionsPath = "/etc/modprobe.d/k8s.conf";

    private readonly KernelRoot _root;
    private readonly IModuleLoader _loader;
    private readonly AtomicFile _files;

    /// <summary>Makes one for a node.</summary>
    public ModuleControl(KernelRoot root)
        : this(root, Kmod.IsThere ? new KmodLoader() : new ModprobeLoader(), new AtomicFile(root))
    {
    }

    internal ModuleControl(KernelRoot root, IModuleLoader loader, AtomicFile files)
    {
        ArgumentNullException.ThrowIfNull(root);
        LiveKernel.Require(Messages.Operation_ReadNode);
        _root = root;
        _loader = loader;
        _files = files;
    }

    /// <summary>A test's running kernel in place of the one below the root.</summary>
    internal Func<LiveModuleSource, IModuleSource>? Kernel { get; init; }

    /// <summary>Plans to load a module.</summary>
    /// <param name="name">The module, or an alias.</param>
    /// <param name="parameters">Its parameters, as <see cref="ModuleParameters.Join"/> gives them; empty for none.</param>
    /// <param name="persistPath">The file of modules-load.d(5) that is to name it; null for now only.</param>
    /// <exception cref="NodeException">Why it can't be; see the cmdlet's help for all ids.</exception>
    public ModulePlan PlanEnable(string name, string parameters, string? persistPath)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ModuleName.Check(name);
        var (live, source, failures) = Look();
        var report = new ModuleReport(source);
        var module = report.Find(name)[0];
        var plan = new ModulePlan(module.Name, isEnable: true) { Parameters = parameters };
        RequireReadable(source);
        if (source.SupportsModules is null && persistPath is null)
        {
            throw failures.PersistNeeded(module.Name);
        }

        switch (module.State)
        {
            case ModuleState.BuiltIn:
                CheckParameters(plan, isBuiltIn: true);
                plan.NothingBecause = Say(Messages.ModulePlan_BuiltIn, module.Name);
                return plan;
            case ModuleState.Loaded or ModuleState.Loading:
                CheckParameters(plan, isBuiltIn: false);
                break;
            case ModuleState.Missing when source.SupportsModules == false:
                throw ModuleFailures.NoModuleSupport(module.Name);
            case ModuleState.Missing when live.Catalog is null && source.SupportsModules is null:
                // An image without a kernel yet: the file can be written, and whether it helps shows when there is one.
                plan.Warn(Say(Messages.ModulePlan_NoKernelInRoot, _root.Path, module.Name));
                break;
            case ModuleState.Missing:
                throw report.Boot.Try(name) is { Outcome: BootOutcome.AliasLeadsNowhere } nowhere
                    ? ModuleFailures.Blocked(module.Name, nowhere)
                    : failures.NotFound(module.Name);
            case ModuleState.Blocked:
                throw ModuleFailures.Blocked(module.Name, report.Boot.Try(module.Name));
            case ModuleState.Available or ModuleState.Unloading when source.SupportsModules is not null:
                plan.TouchesKernel = true;
                plan.Brings.UnionWith(report.Boot.Resolver.Lookup(name).Targets.SelectMany(report.Boot.Resolver.Steps)
                    .Select(s => s.Target.Name).Append(module.Name));
                plan.Step(parameters.Length == 0 ? Messages.ModulePlan_Load : Say(Messages.ModulePlan_LoadWith, parameters));
                break;
        }

        if (persistPath is not null)
        {
            string path = CheckPath(persistPath);
            PlanEdit(plan, path, old => ModulesLoadEdit.Add(old, module.Name), Messages.ModulePlan_AddTo);
            if (parameters.Length != 0)
            {
                PlanEdit(plan, OptionsPath, old => ModprobeEdit.SetOptions(old, module.Name, parameters), Messages.ModulePlan_SetOptionsIn);
            }
        }

        plan.NothingBecause = plan.Steps.Count != 0 ? null
            : Say(persistPath is null ? Messages.ModulePlan_IsLoaded : Messages.ModulePlan_IsLoadedAndNamed, module.Name, persistPath);
        return plan;
    }

    /// <summary>Plans to unload a module.</summary>
    /// <param name="name">The module.</param>
    /// <param name="persist">True where no file is to load it at boot any more either.</param>
    /// <exception cref="NodeException">Why it can't be; see the cmdlet's help for all ids.</exception>
    public ModulePlan PlanDisable(string name, bool persist)
    {
        ModuleName.Check(name);
        var (_, source, failures) = Look();
        var report = new ModuleReport(source);
        var module = report.Find(name)[0];
        var plan = new ModulePlan(module.Name, isEnable: false);
        if (source.SupportsModules is null && !persist)
        {
            throw failures.PersistNeeded(module.Name);
        }

        switch (module.State)
        {
            case ModuleState.BuiltIn:
                throw ModuleFailures.BuiltIn(module.Name);
            case ModuleState.Missing when module.BootSource is null && source.SupportsModules == false:
                throw ModuleFailures.NoModuleSupport(module.Name);
            case ModuleState.Missing when module.BootSource is null:
                throw failures.NotFound(module.Name);
            case ModuleState.Loaded or ModuleState.Loading:
                if (source.Loaded!.First(m => m.Name == module.Name).IsPermanent)
                {
                    throw ModuleFailures.Permanent(module.Name);
                }

                if (module.UsedBy.Length != 0 || module.RefCount > 0)
                {
                    throw ModuleFailures.InUse(module.Name, module.UsedBy, module.RefCount);
                }

                plan.TouchesKernel = true;
                plan.Step(Messages.ModulePlan_Unload);
                if (report.Boot.Configuration.Remove(module.Name) is { } remove)
                {
                    plan.Warn(Say(Messages.ModulePlan_RemoveCommand, remove.Source, module.Name));
                }

                break;
        }

        if (persist)
        {
            PlanRemoval(plan, source, report);
        }

        plan.NothingBecause = plan.Steps.Count != 0 ? null
            : Say(persist ? Messages.ModulePlan_IsNotLoadedNorNamed : Messages.ModulePlan_IsNotLoaded, module.Name);
        return plan;
    }

    /// <summary>Does what was planned to load a module. Gives the module as it is then, and adds warnings to the plan.</summary>
    /// <exception cref="NodeException">It failed; what was done before is undone, and the message says so where it isn't.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled before anything was done.</exception>
    public KernelModule Enable(ModulePlan plan, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return Apply(
            plan,
            () =>
            {
                var before = LoadedNames();
                try
                {
                    Load(plan.Name, plan.Parameters);
                }
                catch (NodeException)
                {
                    // What it needs may have been loaded before it was refused.
                    _ = UnloadNew(plan, before);
                    throw;
                }

                WarnOfParameters(plan);
                return () => UnloadNew(plan, before);
            },
            stop);
    }

    /// <summary>Does what was planned to unload a module.</summary>
    /// <exception cref="NodeException">The same as of <see cref="Enable"/>.</exception>
    /// <exception cref="OperationCanceledException">The same as of <see cref="Enable"/>.</exception>
    public KernelModule Disable(ModulePlan plan, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return Apply(
            plan,
            () =>
            {
                Unload(plan.Name);
                return () => _loader.Load(plan.Name, "", out _) == 0;
            },
            stop);
    }

    // Only what the plan brought along: something else may have loaded modules of its own meanwhile. /proc/modules has the newest first, so
    // what depends on others comes before them.
    private bool UnloadNew(ModulePlan plan, List<string> before) =>
        LoadedNames().Except(before).Where(plan.Brings.Contains).Aggregate(true, (all, name) => _loader.Unload(name, out _) == 0 && all);

    private KernelModule Apply(ModulePlan plan, Func<Func<bool>> change, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        using var turn = plan.Edits.Count == 0 ? null : NodeLock.Take(_root, stop);
        var undo = plan.TouchesKernel ? change() : () => true;
        if (FileEdits.Apply(_files, plan.Edits) is { } failure)
        {
            throw ModuleFailures.PersistFailed(plan.Name, failure.Why, failure.IsUndone & undo());
        }

        var after = new ModuleReport(Look().Source).Describe(plan.Name);
        WarnOfNextBoot(plan, after);
        return after;
    }

    private void Load(string name, string parameters)
    {
        int errno = _loader.Load(name, parameters, out string? said);
        var (_, source, failures) = Look();
        if (errno != 0)
        {
            throw failures.LoadRefused(name, errno, said);
        }

        if (!(source.Loaded ?? []).Any(m => m.Name == name && m.State != ModuleState.Unloading))
        {
            throw ModuleFailures.NotThereAfterwards(name);
        }
    }

    private void Unload(string name)
    {
        int errno = _loader.Unload(name, out string? said);
        var (_, source, failures) = Look();
        if (errno != 0)
        {
            throw failures.UnloadRefused(name, errno, said);
        }

        if ((source.Loaded ?? []).Any(m => m.Name == name))
        {
            throw ModuleFailures.StillThereAfterwards(name);
        }
    }

    private static void WarnOfNextBoot(ModulePlan plan, KernelModule after)
    {
        if (plan.Edits.Count == 0)
        {
            return;
        }

        if (plan.IsEnable && after.LoadsAtBoot == false && after.KernelRelease is not null)
        {
            string message = after.BootSource is null ? Messages.ModulePlan_FileNotRead : Messages.ModulePlan_WillNotLoad;
            plan.Warn(Say(message, plan.Name, after.Reason, plan.Edits[0].Path));
        }
        else if (!plan.IsEnable && after.LoadsAtBoot != false)
        {
            plan.Warn(Say(Messages.ModulePlan_WillLoad, plan.Name, after.Reason));
        }
    }

    private void PlanEdit(ModulePlan plan, string path, Func<byte[]?, byte[]?> edit, string step)
    {
        if (edit(_files.Read(path)) is not null)
        {
            plan.Edits.Add((path, edit));
            plan.Step(Say(step, path));
        }
    }

    // A line is taken out of the administrator's file; a package's file is left alone, and a file of its name in /etc stands in for it, as
    // modules-load.d(5) has it.
    private void PlanRemoval(ModulePlan plan, IModuleSource source, ModuleReport report)
    {
        foreach (var file in source.ModulesLoadFiles)
        {
            var names = ModulesLoadFile.Parse(file).Where(e => LeadsTo(e.Name)).Select(e => e.Name).ToHashSet(StringComparer.Ordinal);
            if (names.Count == 0)
            {
                continue;
            }

            bool isPackaged = file.Path.StartsWith("/usr/lib/", StringComparison.Ordinal)
                || file.Path.StartsWith("/lib/", StringComparison.Ordinal);
            if (!isPackaged)
            {
                PlanEdit(plan, file.Path, old => ModulesLoadEdit.Remove(old, names), Messages.ModulePlan_RemoveFrom);
                continue;
            }

            string over = $"/etc/modules-load.d/{file.Name}";
            byte[] packaged = file.Content.ToArray();
            PlanEdit(plan, over, old => ModulesLoadEdit.Remove(old ?? packaged, names), Messages.ModulePlan_Override);
            plan.Warn(Say(Messages.ModulePlan_Overridden, file.Path, over));
        }

        bool LeadsTo(string name) =>
            ModuleName.Normalize(name) == plan.Name || report.Boot.Resolver.Lookup(name).Targets.Any(t => t.Name == plan.Name);
    }

    private static string CheckPath(string path)
    {
        bool isSound = path.StartsWith('/') && !path.EndsWith('/') && path.Length < 4096 && !path.Any(char.IsControl)
            && !path.Split('/').Contains("..");
        return isSound ? path : throw ModuleFailures.PathInvalid(path);
    }

    // It is there already, so nothing that is asked now reaches it.
    private void CheckParameters(ModulePlan plan, bool isBuiltIn)
    {
        foreach (string parameter in ModuleParameters.Split(plan.Parameters))
        {
            string? now = ParameterNow(plan, parameter);
            if (now is not null && !ModuleParameters.IsSame(now, ModuleParameters.ValueOf(parameter)))
            {
                throw ModuleFailures.ParameterNotApplied(plan.Name, parameter, now, isBuiltIn);
            }
        }
    }

    private void WarnOfParameters(ModulePlan plan)
    {
        foreach (string parameter in ModuleParameters.Split(plan.Parameters))
        {
            string? now = ParameterNow(plan, parameter);
            if (now is not null && !ModuleParameters.IsSame(now, ModuleParameters.ValueOf(parameter)))
            {
                plan.Warn(Say(Messages.ModuleParameterTakenAs, plan.Name, parameter, now));
            }
        }
    }

    // A module can keep a parameter to itself (the last argument of module_param() is 0), and the kernel ignores one that a module does not
    // have (unknown_module_param_cb in kernel/module/main.c): both look the same here, and are said.
    private string? ParameterNow(ModulePlan plan, string parameter)
    {
        string name = ModuleParameters.NameOf(parameter);
        if (new LiveModuleSource(_root).Parameter(plan.Name, name) is { } now)
        {
            return now;
        }

        plan.Warn(Say(Messages.ModuleParameterUnproven, plan.Name, name));
        return null;
    }

    // libkmod and modprobe open every file of modprobe.d: a FIFO there would make them wait for ever.
    private static void RequireReadable(IModuleSource source)
    {
        if (source.ModprobeFiles.FirstOrDefault(f => f.Problem == Messages.ConfigProblem_NotRegular) is { } file)
        {
            throw ModuleFailures.ConfigurationUnreadable(file);
        }
    }

    private (LiveModuleSource Live, IModuleSource Source, ModuleFailures Failures) Look()
    {
        var live = new LiveModuleSource(_root);
        return (live, Kernel?.Invoke(live) ?? live, new ModuleFailures(_root, live));
    }

    private List<string> LoadedNames() => [.. (Look().Source.Loaded ?? []).Select(m => m.Name)];

    private static string Say(string message, params object?[] arguments) =>
        Printable.Text(string.Format(CultureInfo.InvariantCulture, message, arguments), 1000);
}
