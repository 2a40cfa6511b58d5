using K8sNetfilter.Configuration;
using K8sNetfilter.Modules;
using K8sNetfilter.Sysctl;
using K8sNetfilter.Text;

namespace K8sNetfilter.Snapshots.Reading;

/// <summary>The modules that a snapshot tells of.</summary>
internal sealed class SnapshotModules : IModuleSource
{
    private static readonly string[] LoadFolders =
        ["/etc/modules-load.d", "/run/modules-load.d", "/usr/local/lib/modules-load.d", "/usr/lib/modules-load.d", "/lib/modules-load.d"];

    private static readonly string[] ModprobeFolders =
        ["/etc/modprobe.d", "/run/modprobe.d", "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d", "/lib/modprobe.d"];

    private const string ListFile = "proc/modules";
    private const string FileSystems = "proc/filesystems";

    private readonly SnapshotFiles _files;
    private readonly SnapshotSysctls _sysctls;
    private readonly Lazy<IReadOnlyList<ConfigFile>> _load;
    private readonly Lazy<IReadOnlyList<ConfigFile>> _modprobe;
    private readonly Lazy<ModuleCatalog?> _catalog;
    private readonly Lazy<IReadOnlyList<LoadedModule>?> _loaded;
    private readonly Lazy<HashSet<string>> _names;
    private readonly Lazy<HashSet<string>?> _shown;
    private readonly Lazy<string?> _configuration;

    public SnapshotModules(SnapshotFiles files, SnapshotSysctls sysctls)
    {
        _files = files;
        _sysctls = sysctls;
        _load = new(() => files.ReadConfiguration(LoadFolders, ".conf").Files);
        _modprobe = new(ReadModprobe);
        _catalog = new(OpenCatalog);
        _loaded = new(() => files.Exists(ListFile) && files.TryReadText(out _, ListFile) is { } text ? ProcModules.Parse(text) : null);
        _names = new(() => (Loaded ?? []).Select(m => m.Name).ToHashSet(StringComparer.Ordinal));
        _shown = new(() => files.Exists(SnapshotNames.SysModule[0]) && files.TryReadText(out _, SnapshotNames.SysModule) is { } text
            ? text.Split((char[])[' ', '\t', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal) : null);
        _configuration = new(() => files.Exists(KernelConfig.Path)
            ? PackedKernelConfig.Unpack(files.TryRead(PackedKernelConfig.Largest, out _, KernelConfig.Path)) : null);
    }

    /// <inheritdoc/>
    public IReadOnlyList<ConfigFile> ModulesLoadFiles => _load.Value;

    /// <inheritdoc/>
    public IReadOnlyList<ConfigFile> ModprobeFiles => _modprobe.Value;

    /// <inheritdoc/>
    public string? CommandLine => _files.TryReadText(out _, "proc/cmdline");

    /// <inheritdoc/>
    public IReadOnlyList<LoadedModule>? Loaded => _loaded.Value;

    /// <inheritdoc/>
    /// <remarks>
    /// kernel.modprobe is there exactly where the kernel has modules (kernel/module/main.c), so that its absence tells of one that has
    /// none.
    /// </remarks>
    public bool? SupportsModules
    {
        get
        {
            if (Loaded is not null)
            {
                return true;
            }

            if (_sysctls.ReadValue("kernel/modprobe") is null && _sysctls.Knows("kernel/modprobe"))
            {
                // Then what is there is built in, and only these tell of it: one of them alone tells of a part.
                if (Lost is null && _files.Exists(SnapshotNames.SysModule[0]) && _files.Exists(FileSystems))
                {
                    return false;
                }

                _files.AddMissing(Lost ?? (_files.Exists(SnapshotNames.SysModule[0]) ? FileSystems : SnapshotNames.SysModule[0]));
                return null;
            }

            _files.TryOpen(out _, ListFile)?.Dispose();
            return null;
        }
    }

    /// <inheritdoc/>
    public ModuleCatalog? Catalog => _catalog.Value;

    // Of files that the snapshot had when it was made, one that is not there or cut short.
    private string? Lost =>
        _files.FindLost(ListFile, FileSystems, SnapshotNames.SysModule[0], KernelConfig.Path, "lib/modules/", "proc/cmdline");

    /// <inheritdoc/>
    public string? Unread(bool isInstalled)
    {
        if (SupportsModules == false)
        {
            return null;
        }

        string? file = Lost
            ?? (Loaded is null ? ListFile
                : isInstalled || _files.IsComplete || (Catalog is not null && HasLists) ? null
                : $"{LiveModuleSource.ModulesFolder[1..]}/{Release() ?? "*"}/{(Catalog is null || !HasList("modules.dep") ? "modules.dep" : "modules.builtin")}");
        if (file is not null)
        {
            _files.AddMissing(file);
        }

        return file;
    }

    /// <inheritdoc/>
    public string? UnreadConfiguration
    {
        get
        {
            if (LaterSysctls.SystemElsewhere(_files) is { } system)
            {
                return ModuleMessages.MachineConfiguration(system);
            }

            string? file = _files.FindLost([.. LoadFolders.Concat(ModprobeFolders).Select(f => f[1..] + "/"), "proc/cmdline"])
                ?? (_files.IsComplete || LoadFolders.Any(_files.Exists) ? null : LoadFolders[0][1..]);
            if (file is not null)
            {
                _files.AddMissing(file);
            }

            return file;
        }
    }

    private bool HasLists => HasList("modules.dep") && HasList("modules.builtin");

    private bool HasList(string name) => _files.Exists($"{Catalog!.Folder}/{name}") || _files.Exists($"/usr{Catalog.Folder}/{name}")
        || _files.Exists($"{Catalog.Folder}/{name}.bin") || _files.Exists($"/usr{Catalog.Folder}/{name}.bin");

    /// <inheritdoc/>
    public bool ShowsBuiltIn(string module)
    {
        if (Catalog is not null || !ModuleName.IsValid(module) || _names.Value.Contains(module))
        {
            return false;
        }

        return _shown.Value?.Contains(module) == true || KernelFeature.Of(module).Any(Shows)
            || (_configuration.Value is { } configuration && KernelConfig.IsBuiltIn(configuration, module));
    }

    /// <inheritdoc/>
    public bool HasFile(string path) => true;

    private bool Shows(KernelFeature feature)
    {
        const string Keys = "/proc/sys/";
        if (feature.Path.StartsWith(Keys, StringComparison.Ordinal))
        {
            string path = feature.Path[Keys.Length..];
            return (_sysctls.ListKeys(default) ?? []).Any(k => k == path || k.StartsWith(path + "/", StringComparison.Ordinal));
        }

        if (!_files.Exists(feature.Path))
        {
            return false;
        }

        return feature.Word is null || (_files.TryReadText(out _, feature.Path) is { } text
            && text.Split('\n').Any(line => line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries) is [.., var last]
            && last == feature.Word));
    }

    private List<ConfigFile> ReadModprobe()
    {
        var files = new List<ConfigFile>();
        foreach (string suffix in (string[])[".conf", ".alias"])
        {
            var set = _files.ReadConfiguration(ModprobeFolders, suffix);
            foreach (var file in set.Files)
            {
                // A directory of such a name hides nothing from modprobe.
                var next = file;
                if (file.Problem == Messages.ConfigProblem_Directory)
                {
                    next = set.Replaced.FirstOrDefault(r => r.By == file.Path && r.File.Problem != Messages.ConfigProblem_Directory)?.File
                        ?? file;
                }

                files.Add(next);
            }
        }

        if (Catalog is { } catalog && _files.ReadConfiguration($"{catalog.Folder}/modules.softdep") is { Problem: null } soft)
        {
            files.Add(soft);
        }

        return [.. files.OrderBy(f => f.Name, ByteText.Order)];
    }

    private ModuleCatalog? OpenCatalog()
    {
        foreach (string folder in (string[])[LiveModuleSource.ModulesFolder, "/usr" + LiveModuleSource.ModulesFolder])
        {
            if (_files.List(folder, out _) is not { } releases)
            {
                continue;
            }

            string? release = Release() ?? (releases.Count == 1 ? releases[0] : null);
            if (release is not null && releases.Contains(release, StringComparer.Ordinal))
            {
                string path = $"{LiveModuleSource.ModulesFolder}/{release}";
                ModuleIndex Index(string name, Func<string, ModuleIndex> parse) => new FileModuleIndex(
                    p => _files.Exists($"{folder}/{release}/{p}") ? _files.TryReadIndex($"{folder}/{release}/{p}") : null, $"{path}/{name}",
                    name, parse);
                return new ModuleCatalog(
                    Printable.Text(release),
                    path,
                    Index("modules.dep", TextModuleIndex.FromDependencies),
                    Index("modules.builtin", TextModuleIndex.FromBuiltIns),
                    Index("modules.alias", TextModuleIndex.FromAliases),
                    Index("modules.symbols", TextModuleIndex.FromAliases),
                    Index("modules.builtin.alias", TextModuleIndex.FromAliases));
            }
        }

        return null;
    }

    private string? Release() => _sysctls.ReadValue("kernel/osrelease")?.Trim() ?? UnameRelease();

    // "Linux node1 6.1.0-18-amd64 #1 SMP …"
    private string? UnameRelease() => _files.Exists(SnapshotNames.Uname[0]) || _files.Exists(SnapshotNames.Uname[1])
        ? _files.TryReadText(out _, SnapshotNames.Uname)?.Split(' ') is [_, _, var release, ..] ? release : null
        : null;
}
