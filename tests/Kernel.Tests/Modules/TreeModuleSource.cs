using K8sNetfilter.Configuration;
using K8sNetfilter.IO;
using K8sNetfilter.Modules;

namespace K8sNetfilter.Tests.Modules;

/// <summary>A tree's files as the Linux floor reads them, with the kernel command line and the kernel of the stand-in.</summary>
internal sealed class TreeModuleSource(string root, string commandLine) : IModuleSource
{
    private readonly LiveModuleSource _files = new(new KernelRoot(root));

    public IReadOnlyList<ConfigFile> ModulesLoadFiles => _files.ModulesLoadFiles;

    public IReadOnlyList<ConfigFile> ModprobeFiles => _files.ModprobeFiles;

    public string? CommandLine => commandLine;

    public IReadOnlyList<LoadedModule>? Loaded => [];

    public bool? SupportsModules => true;

    public ModuleCatalog? Catalog => _files.Catalog;

    public bool ShowsBuiltIn(string module) => false;

    public bool HasFile(string path) => _files.HasFile(path);
}
