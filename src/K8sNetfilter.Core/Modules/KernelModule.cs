using K8sNetfilter.Configuration;
using K8sNetfilter.Text;

namespace K8sNetfilter.Modules;

/// <summary>A kernel module of a node: what it is now, what the next boot will do with it, and why.</summary>
public sealed record KernelModule
{
    /// <summary>The name as the kernel shows it, with <c>_</c> for <c>-</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Where it is between a file and a part of the kernel.</summary>
    public required ModuleState State { get; init; }

    /// <summary>The memory that it takes, in bytes; null where it is not loaded or the kernel is not asked.</summary>
    public ulong? SizeBytes { get; init; }

    /// <summary>How many users hold it, modules and others; null where it is not loaded, or where this kernel cannot unload modules.</summary>
    public int? RefCount { get; init; }

    /// <summary>The modules that use it now.</summary>
    public ValueList<string> UsedBy { get; init; } = [];

    /// <summary>The modules that it needs, all of them, as modules.dep(5) lists them.</summary>
    public ValueList<string> DependsOn { get; init; } = [];

    /// <summary>
    /// Whether it is there once systemd-modules-load(8) has run at the next boot: built in, named by a file or the kernel command line, or
    /// needed by one that is. Null where an install command of modprobe.d(5) decides. What udev or the kernel load later on demand is not
    /// counted.
    /// </summary>
    public bool? LoadsAtBoot { get; init; }

    /// <summary>The place that asks for it at boot, blocked or not; null where nothing does.</summary>
    public SourceLine? BootSource { get; init; }

    /// <summary>The place that keeps it, or a module that it needs, from being loaded; null where nothing does.</summary>
    public SourceLine? BlockedBy { get; init; }

    /// <summary>Its file below /lib/modules, as the node names it; null for a built-in or missing module.</summary>
    public string? Path { get; init; }

    /// <summary>The kernel release whose files were looked at, such as <c>6.1.0-18-amd64</c>; null where none is there.</summary>
    public string? KernelRelease { get; init; }

    /// <summary>Why it will or will not be there after the next boot, in a sentence.</summary>
    public string? Reason { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
