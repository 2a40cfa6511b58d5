using K8sNetfilter.Configuration;

namespace K8sNetfilter.Modules;

/// <summary>What a node says of its kernel modules.</summary>
public interface IModuleSource
{
    /// <summary>The files that systemd-modules-load(8) reads, each once, in the order in which it reads them.</summary>
    IReadOnlyList<ConfigFile> ModulesLoadFiles { get; }

    /// <summary>The files that modprobe(8) reads, each once, in the order in which it reads them.</summary>
    IReadOnlyList<ConfigFile> ModprobeFiles { get; }
}
