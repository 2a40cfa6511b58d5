using K8sNetfilter.Configuration;
using K8sNetfilter.Interop;
using K8sNetfilter.IO;
using K8sNetfilter.Modules;

namespace K8sNetfilter.Tests.Modules;

/// <summary>A running kernel that a test makes: what it has loaded, and what it answers to loading and unloading. The files are those of a root.</summary>
internal sealed class FakeKernel : IModuleLoader
{
    private readonly List<LoadedModule> _loaded = [];

    public bool SupportsModules { get; init; } = true;

    public string? CommandLine { get; init; }

    /// <summary>What the kernel answers to a module: 0 or an error number. Its dependencies are loaded before that.</summary>
    public Func<string, int> Answer { get; set; } = _ => 0;

    /// <summary>True for a loader that says that it worked, and does nothing.</summary>
    public bool OnlyPretends { get; init; }

    /// <summary>Everything that was asked of it.</summary>
    public List<string> Calls { get; } = [];

    public IEnumerable<string> Loaded => _loaded.Select(m => m.Name);

    public ModuleControl Control(KernelRoot root, AtomicFile? files = null, IModuleLoader? loader = null) =>
        new(root, loader ?? this, files ?? new AtomicFile(root)) { Kernel = live => Seen(live, null) };

    /// <summary>What a node with this kernel says, with the files of a root.</summary>
    /// <param name="files">The files.</param>
    /// <param name="loaded">What is loaded; null for what this kernel was told to load.</param>
    public IModuleSource Seen(LiveModuleSource files, IEnumerable<string>? loaded)
    {
        if (loaded is not null)
        {
            _loaded.Clear();
            foreach (string name in loaded)
            {
                With(name);
            }
        }

        return new Source(this, files);
    }

    public FakeKernel With(string name, int users = 0, string[]? usedBy = null, bool isPermanent = false)
    {
        _loaded.Insert(0, new LoadedModule(name, ModuleState.Loaded, 16384, users, usedBy ?? [], isPermanent));
        return this;
    }

    public void Remove(string name) => _loaded.RemoveAll(m => m.Name == name);

    public int Load(string name, string parameters, out string? said)
    {
        said = null;
        Calls.Add($"load {name} {parameters}".Trim());
        if (!OnlyPretends)
        {
            foreach (string module in name == "br_netfilter" ? ["bridge", name] : new[] { name })
            {
                if (Answer(module) is not 0 and var errno)
                {
                    return errno;
                }

                if (!Loaded.Contains(module))
                {
                    With(module);
                }
            }
        }

        return 0;
    }

    public int Unload(string name, out string? said)
    {
        said = null;
        Calls.Add($"unload {name}");
        if (Answer(name) is not 0 and var errno)
        {
            return errno;
        }

        if (!OnlyPretends)
        {
            return _loaded.RemoveAll(m => m.Name == name) > 0 ? 0 : Errno.ENOENT;
        }

        return 0;
    }

    private sealed class Source(FakeKernel kernel, LiveModuleSource files) : IModuleSource
    {
        public IReadOnlyList<ConfigFile> ModulesLoadFiles => files.ModulesLoadFiles;

        public IReadOnlyList<ConfigFile> ModprobeFiles => files.ModprobeFiles;

        public string? CommandLine => kernel.CommandLine;

        public IReadOnlyList<LoadedModule>? Loaded => kernel.SupportsModules ? [.. kernel._loaded] : null;

        public bool? SupportsModules => kernel.SupportsModules;

        public ModuleCatalog? Catalog => files.Catalog;

        public bool ShowsBuiltIn(string module) => false;

        public bool HasFile(string path) => files.HasFile(path);
    }
}
