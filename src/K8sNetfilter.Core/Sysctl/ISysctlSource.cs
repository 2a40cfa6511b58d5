using K8sNetfilter.Configuration;

namespace K8sNetfilter.Sysctl;

/// <summary>What a node says of its kernel parameters.</summary>
public interface ISysctlSource
{
    /// <summary>The files that systemd-sysctl(8) reads, each once, in the order in which it reads them.</summary>
    IReadOnlyList<ConfigFile> SystemdFiles { get; }

    /// <summary>The files that <c>sysctl --system</c> (procps) reads, in the order in which it reads them.</summary>
    IReadOnlyList<ConfigFile> ProcpsFiles { get; }
}
