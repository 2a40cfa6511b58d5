using K8sNetfilter.Configuration;
using K8sNetfilter.IO;
using K8sNetfilter.Sysctl;
using K8sNetfilter.Text;

namespace K8sNetfilter.Modules;

/// <summary>
/// The modules of this machine, or of a file system that is mounted on it. Each thing is read once, when it is first asked for.
/// </summary>
internal sealed class LiveModuleSource : IModuleSource
{
    /// <summary>The folder that has a folder for each installed kernel.</summary>
    public const string ModulesFolder = "/lib/modules";

    private static readonly string[] LoadFolders =
        ["/etc/modules-load.d", "/run/modules-load.d", "/usr/local/lib/modules-load.d", "/usr/lib/modules-load.d", "/lib/modules-load.d"];

    private static readonly string[] ModprobeFolders =
        ["/etc/modprobe.d", "/run/modprobe.d", "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d", "/lib/modprobe.d"];

    private readonly KernelRoot _root;
    private readonly Lazy<IReadOnlyList<ConfigFile>> _load;
    private readonly Lazy<IReadOnlyList<ConfigFile>> _modprobe;
    private readonly Lazy<ModuleCatalog?> _catalog;
    private readonly Lazy<string?> _commandLine;
    private readonly Lazy<IReadOnlyList<LoadedModule>?> _loaded;
    private readonly Lazy<string?> _configuration;

    /// <summary>Makes a source. Nothing is read yet.</summary>
    public LiveModuleSource(KernelRoot root)
    {
        _root = root;
        _load = new(() => ConfigFolder.Read(root, LoadFolders, ".conf", instead: Instead).Files);
        _modprobe = new(ReadModprobe);
        _catalog = new(OpenCatalog);
        _commandLine = new(() => ReadKernel(KernelCommandLine.Path));
        _loaded = new(() => ReadKernel("/proc/modules") is { } text ? ProcModules.Parse(text) : null);
        _configuration = new(() => PackedKernelConfig.Unpack(ConfigFolder.TryReadAll(root, KernelConfig.Path, PackedKernelConfig.Largest)));
    }

    /// <summary>Contents that count in place of those on the disk, by the files' real paths: to see what a change would do.</summary>
    public IReadOnlyDictionary<string, byte[]>? Instead { get; init; }

    /// <inheritdoc/>
    public IReadOnlyList<ConfigFile> ModulesLoadFiles => _load.Value;

    /// <inheritdoc/>
    public IReadOnlyList<ConfigFile> ModprobeFiles => _modprobe.Value;

    /// <inheritdoc/>
    public string? CommandLine => _commandLine.Value;

    /// <inheritdoc/>
    public IReadOnlyList<LoadedModule>? Loaded => _loaded.Value;

    /// <inheritdoc/>
    public bool? SupportsModules => _root.IsLive ? ConfigFolder.Exists(_root, "/proc/modules") : null;

    /// <inheritdoc/>
    public ModuleCatalog? Catalog => _catalog.Value;

    /// <summary>The running kernel's release, or that of the newest kernel below /lib/modules; null if there is none.</summary>
    public string? Release => _root.IsLive ? ReadKernel("/proc/sys/kernel/osrelease")?.Trim() : NewestInstalled();

    /// <inheritdoc/>
    public string? UnreadConfiguration =>
        (_elsewhere ??= LaterSysctls.SystemElsewhere(new RootFiles(_root)) ?? "") is { Length: > 0 } system
        ? ModuleMessages.MachineConfiguration(system) : null;

    private string? _elsewhere;

    /// <inheritdoc/>
    public bool ShowsBuiltIn(string module)
    {
        if (!_root.IsLive || Catalog is not null || !ModuleName.IsValid(module) || (Loaded ?? []).Any(m => m.Name == module))
        {
            return false;
        }

        // A built-in module has a folder here when it has parameters or a version, and never an initstate.
        string folder = $"/sys/module/{module}";
        return (ConfigFolder.Exists(_root, folder) && !ConfigFolder.Exists(_root, folder + "/initstate"))
            || KernelFeature.Of(module).Any(Shows)
            || (_configuration.Value is { } configuration && KernelConfig.IsBuiltIn(configuration, module));
    }

    /// <inheritdoc/>
    public bool HasFile(string path) => ConfigFolder.Exists(_root, path);

    /// <inheritdoc/>
    public string? Parameter(string module, string name) =>
        ModuleName.IsValid(module) && ModuleParameters.IsName(name)
            && ConfigFolder.TryReadAll(_root, $"/sys/module/{module}/parameters/{ModuleName.Normalize(name)}", 1 << 16) is { } bytes
            ? ByteText.Decode(bytes).Trim()
            : null;

    private bool Shows(KernelFeature feature) => feature.Word is null
        ? ConfigFolder.Exists(_root, feature.Path)
        : ReadKernel(feature.Path) is { } text
            && text.Split('\n').Any(line => line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries) is [.., var last]
            && last == feature.Word);

    private string? ReadKernel(string path)
    {
        if (!_root.IsLive)
        {
            return null;
        }

        var file = ConfigFolder.ReadFile(_root, path);
        return file.Problem is null ? ByteText.Decode(file.Content.Span) : null;
    }

    // Two endings count, and a directory that has such a name is passed over, so that it hides nothing: both unlike modules-load.d.
    private List<ConfigFile> ReadModprobe()
    {
        var files = new List<ConfigFile>();
        foreach (string suffix in (string[])[".conf", ".alias"])
        {
            var set = ConfigFolder.Read(_root, ModprobeFolders, suffix, instead: Instead);
            foreach (var file in set.Files)
            {
                var next = file;
                if (file.Problem == Messages.ConfigProblem_Directory)
                {
                    next = set.Replaced.FirstOrDefault(r => r.By == file.Path && r.File.Problem != Messages.ConfigProblem_Directory)?.File
                        ?? file;
                }

                files.Add(next);
            }
        }

        if (Catalog is { } catalog)
        {
            var soft = ConfigFolder.ReadFile(_root, $"{catalog.Folder}/modules.softdep");
            if (soft.Problem is null)
            {
                files.Add(soft);
            }
        }

        return [.. files.OrderBy(f => f.Name, ByteText.Order)];
    }

    private ModuleCatalog? OpenCatalog()
    {
        string? release = Release;
        string folder = $"{ModulesFolder}/{release}";
        if (string.IsNullOrEmpty(release) || release.Contains('/', StringComparison.Ordinal) || release is "." or ".."
            || !ConfigFolder.Exists(_root, folder))
        {
            return null;
        }

        return new ModuleCatalog(
            Printable.Text(release),
            folder,
            new FileModuleIndex(_root, $"{folder}/modules.dep", TextModuleIndex.FromDependencies),
            new FileModuleIndex(_root, $"{folder}/modules.builtin", TextModuleIndex.FromBuiltIns),
            new FileModuleIndex(_root, $"{folder}/modules.alias", TextModuleIndex.FromAliases),
            new FileModuleIndex(_root, $"{folder}/modules.symbols", TextModuleIndex.FromAliases),
            new FileModuleIndex(_root, $"{folder}/modules.builtin.alias", TextModuleIndex.FromAliases));
    }

    // A kernel that was removed can leave a folder behind; one without an index can load nothing.
    private string? NewestInstalled() => ConfigFolder.List(_root, ModulesFolder, out _)?
        .Where(name => name is not ("." or "..")
            && (ConfigFolder.Exists(_root, $"{ModulesFolder}/{name}/modules.dep.bin")
            || ConfigFolder.Exists(_root, $"{ModulesFolder}/{name}/modules.dep")))
        .Order(KernelRelease.Order)
        .LastOrDefault();
}
