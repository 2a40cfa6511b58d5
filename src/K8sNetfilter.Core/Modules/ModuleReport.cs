using System.Globalization;
using K8sNetfilter.Text;

namespace K8sNetfilter.Modules;

/// <summary>The modules of a node as objects: what the kernel has now, joined with what the next boot will do.</summary>
public sealed class ModuleReport
{
    private readonly IModuleSource _source;
    private readonly ModuleCatalog? _catalog;
    private readonly Dictionary<string, LoadedModule> _loaded;

    /// <summary>Reads a node.</summary>
    public ModuleReport(IModuleSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        _source = source;
        _catalog = source.Catalog;
        _loaded = (source.Loaded ?? []).GroupBy(m => m.Name, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First(), StringComparer.Ordinal);
        Boot = BootPrediction.Of(source);
    }

    /// <summary>What the next boot will do.</summary>
    public BootPrediction Boot { get; }

    /// <summary>What is loaded, and what any boot file or the kernel command line names, sorted.</summary>
    public IReadOnlyList<string> LoadedOrNamed => Sorted(_loaded.Keys.Concat(Boot.Requests.Select(r => r.Module)));

    /// <summary>All names that the node knows: those, and everything that is installed or built in.</summary>
    public IReadOnlyList<string> Known => Sorted(
        _loaded.Keys.Concat(Boot.Requests.Select(r => r.Module)).Concat(_catalog?.Dependencies.Keys ?? []).Concat(_catalog?.BuiltIns.Keys ?? [])
            .Concat(KernelFeature.Names.Where(_source.ShowsBuiltIn)));

    /// <summary>
    /// The modules that a name stands for: the module of that name, or those that an alias leads to. What no module, no alias and no boot
    /// file has gives one answer with the state <see cref="ModuleState.Missing"/>.
    /// </summary>
    public IReadOnlyList<KernelModule> Find(string name)
    {
        var own = Describe(name);
        if (own.State != ModuleState.Missing || own.BootSource is not null)
        {
            return [own];
        }

        var others = Boot.Resolver.Lookup(own.Name).Targets.Select(t => Describe(t.Name)).Where(m => m.State != ModuleState.Missing).ToList();
        return others.Count != 0 ? others : [own];
    }

    /// <summary>True for a file system without any kernel yet, and a snapshot that tells of none: that a module is named is all that can be known.</summary>
    public bool KnowsNoKernel => _catalog is null && _source.SupportsModules is null;

    /// <summary>One module, by its own name.</summary>
    public KernelModule Describe(string name)
    {
        string module = ModuleName.Normalize(name);
        var boot = Boot.For(module);
        var now = Boot.Try(module);
        var loaded = _loaded.GetValueOrDefault(module);
        bool isBuiltIn = loaded is null && (_catalog?.IsBuiltIn(module) == true || _source.ShowsBuiltIn(module));
        string? path = Boot.Resolver.PathOf(module);
        bool isInstalled = path is not null && _source.HasFile(path);
        string? unread = loaded is not null || isBuiltIn ? null : _source.Unread(isInstalled);
        var state = loaded?.State
            ?? (isBuiltIn ? ModuleState.BuiltIn
                : unread is not null ? ModuleState.Unknown
                : !isInstalled || _source.SupportsModules == false ? ModuleState.Missing
                : now.IsThere == false ? ModuleState.Blocked
                : ModuleState.Available);
        var decisive = boot ?? now;
        return new KernelModule
        {
            Name = Printable.Text(module),
            State = state,
            SizeBytes = loaded?.SizeBytes,
            RefCount = loaded?.RefCount,
            UsedBy = [.. loaded?.UsedBy ?? []],
            DependsOn = isInstalled ? [.. _catalog!.File(module)!.Dependencies.Select(ModuleFile.NameOf)] : [],
            LoadsAtBoot = isBuiltIn ? true : LoadsAtBoot(boot, isInstalled),
            BootSource = boot?.Source,
            BlockedBy = isBuiltIn ? null : decisive.BlockedBy,
            Path = isInstalled ? path : null,
            KernelRelease = _catalog?.Release,
            Reason = isBuiltIn ? Messages.ModuleReason_BuiltIn
                : unread is not null ? Say(Messages.ModuleReason_Unread, unread, boot is null ? "" : " " + Say(Messages.ModuleReason_Named, boot.Source))
                : boot is null && _source.UnreadConfiguration is { } file ? Say(Messages.ModuleReason_Unread, file, "")
                : Explain(boot, now, isInstalled),
        };
    }

    /// <summary>Whether a module that is not built in, as far as is known, is there at boot; null where a file that would tell was not read.</summary>
    private bool? LoadsAtBoot(BootLoad? boot, bool isInstalled) => boot switch
    {
        null => _source.UnreadConfiguration is not null || (!isInstalled && _source.Unread(isInstalled) is not null) ? null : false,
        { Outcome: BootOutcome.Missing } when KnowsNoKernel || _source.Unread(isInstalled) is not null => null,
        _ => boot.IsThere,
    };

    private string Explain(BootLoad? boot, BootLoad now, bool isInstalled)
    {
        if (boot is null)
        {
            return now.Outcome switch
            {
                BootOutcome.Missing when isInstalled || _source.SupportsModules == false => Messages.ModuleReason_NoModuleSupport,
                BootOutcome.Missing => Say(Messages.ModuleReason_Missing, Where()),
                BootOutcome.Loads or BootOutcome.CommandDecides => Messages.ModuleReason_NotNamed,
                _ => $"{Messages.ModuleReason_NotNamed} {Block(now)}",
            };
        }

        return boot.Outcome switch
        {
            BootOutcome.Loads or BootOutcome.BuiltIn when boot.NeededBy is null => Say(Messages.ModuleReason_Named, boot.Source),
            BootOutcome.Loads or BootOutcome.BuiltIn => Say(Messages.ModuleReason_Needed, boot.Source, boot.NeededBy),
            BootOutcome.CommandDecides => Say(Messages.ModuleReason_CommandDecides, boot.Source, boot.DecidedBy),
            BootOutcome.Missing when _source.SupportsModules == false => Say(Messages.ModuleReason_NamedWithoutSupport, boot.Source),
            BootOutcome.Missing => Say(IsComment(boot.Module) ? Messages.ModuleReason_NamedWithComment : Messages.ModuleReason_NamedMissing, boot.Source, Where()),
            _ => $"{Say(Messages.ModuleReason_NamedInVain, boot.Source)} {Block(boot)}",
        };
    }

    private static string Block(BootLoad load) => load.Outcome switch
    {
        BootOutcome.Blacklisted => Say(Messages.ModuleReason_Blacklisted, load.BlockedBy),
        BootOutcome.InstallCommand => Say(Messages.ModuleReason_InstallCommand, load.BlockedBy),
        BootOutcome.KernelRefuses => Messages.ModuleReason_KernelRefuses,
        BootOutcome.AliasLeadsNowhere => Say(Messages.ModuleReason_Alias, load.BlockedBy),
        _ when load.BlockedBy is not null => Say(Messages.ModuleReason_DependencyBlocked, load.FailedDependency, load.BlockedBy),
        _ => Say(Messages.ModuleReason_DependencyMissing, load.FailedDependency),
    };

    private static bool IsComment(string name) => name.AsSpan().IndexOfAny("#;") > 0;

    private string Where() => _catalog?.Release ?? Messages.ModuleReason_NoKernel;

    private static string Say(string message, params object?[] arguments) =>
        Printable.Text(string.Format(CultureInfo.InvariantCulture, message, arguments), 1000);

    private static List<string> Sorted(IEnumerable<string> names) => [.. names.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}
