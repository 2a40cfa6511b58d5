using K8sNetfilter.Configuration;

namespace K8sNetfilter.Sysctl;

/// <summary>What a node says of its kernel parameters.</summary>
public interface ISysctlSource
{
    /// <summary>False where the running kernel's values are not known; a null of <see cref="ReadValue"/> then says nothing.</summary>
    bool IsKnown => true;

    /// <summary>
    /// Whether a null of <see cref="ReadValue"/> means that the kernel does not have the key. False where it may only not have been read: a snapshot
    /// whose listing is a part of what <c>sysctl -a</c> prints.
    /// </summary>
    /// <param name="path">The path below /proc/sys.</param>
    bool Knows(string path) => IsKnown;

    /// <summary>The folder of configuration files that is not there to be read, although the node may have it; null where all were read.</summary>
    string? UnreadFolder => null;

    /// <summary>What sets parameters after systemd-sysctl(8) did.</summary>
    LaterSysctls Later => LaterSysctls.None;

    /// <summary>The files that systemd-sysctl(8) reads, each once, in the order in which it reads them.</summary>
    IReadOnlyList<ConfigFile> SystemdFiles { get; }

    /// <summary>The files that <c>sysctl --system</c> (procps) reads, in the order in which it reads them.</summary>
    IReadOnlyList<ConfigFile> ProcpsFiles { get; }

    /// <summary>Whether the node's procps lets a <c>-pattern</c> line keep other patterns off what it matches, as it does since 4.0.5.</summary>
    bool ProcpsExcludesByPattern { get; }

    /// <summary>The files that systemd-sysctl(8) passes over, each with the path of the file that is read in its place.</summary>
    IReadOnlyList<ReplacedContent> ReplacedFiles { get; }

    /// <summary>The kernel command line of the running kernel; null where it is not known.</summary>
    string? CommandLine { get; }

    /// <summary>
    /// The paths below /proc/sys of all keys, but for those that are deprecated or change something when they are read; null where no
    /// running kernel is asked.
    /// </summary>
    IReadOnlyList<string>? ListKeys(CancellationToken stop);

    /// <summary>A key's value, without the newline at its end; null where the key is not there or can't be read.</summary>
    /// <param name="path">The path below /proc/sys.</param>
    string? ReadValue(string path);

    /// <summary>The values of many keys, each as <see cref="ReadValue"/> gives it.</summary>
    IReadOnlyList<string?> ReadValues(IReadOnlyList<string> paths, CancellationToken stop);
}
