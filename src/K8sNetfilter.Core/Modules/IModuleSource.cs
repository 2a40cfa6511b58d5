using K8sNetfilter.Configuration;

namespace K8sNetfilter.Modules;

/// <summary>What a node says of its kernel modules.</summary>
public interface IModuleSource
{
    /// <summary>The files that systemd-modules-load(8) reads, each once, in the order in which it reads them.</summary>
    IReadOnlyList<ConfigFile> ModulesLoadFiles { get; }

    /// <summary>The files that modprobe(8) reads, each once, in the order in which it reads them; the kernel's own modules.softdep is one of them.</summary>
    IReadOnlyList<ConfigFile> ModprobeFiles { get; }

    /// <summary>The kernel command line; null where it is not known, as for a file system that is not running.</summary>
    string? CommandLine { get; }

    /// <summary>The modules of the running kernel; null where no kernel is asked, or where it has no module support.</summary>
    IReadOnlyList<LoadedModule>? Loaded { get; }

    /// <summary>Whether the running kernel can have modules at all; null where no kernel is asked.</summary>
    bool? SupportsModules { get; }

    /// <summary>What is installed below /lib/modules for the kernel: the running one, or the newest of a file system; null where nothing is.</summary>
    ModuleCatalog? Catalog { get; }

    /// <summary>
    /// The file that would tell whether the kernel has a module which nothing shows, and that was not there to be read; null where nothing is missing.
    /// </summary>
    /// <param name="isInstalled">True for a module whose file below /lib/modules is known.</param>
    string? Unread(bool isInstalled) => null;

    /// <summary>The configuration folder or file that was not there to be read, although the node may have it; null where all were.</summary>
    string? UnreadConfiguration => null;

    /// <summary>
    /// Whether the running kernel shows that it has this one built in, where no modules.builtin says so: by its folder below /sys/module, or
    /// by a file that only this feature makes.
    /// </summary>
    bool ShowsBuiltIn(string module);

    /// <summary>Whether a file of the catalog is there. A snapshot, which has no such files, says yes.</summary>
    bool HasFile(string path);

    /// <summary>
    /// What the running kernel shows of a parameter of a module that is loaded or built in; null where no kernel is asked, where there is no
    /// such parameter, or where the module keeps it to itself (the last argument of module_param() is 0): the kernel tells these not apart.
    /// </summary>
    string? Parameter(string module, string name) => null;
}
