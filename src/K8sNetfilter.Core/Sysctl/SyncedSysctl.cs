using K8sNetfilter.Configuration;

namespace K8sNetfilter.Sysctl;

/// <summary>One assignment of the node's files and what came of it when they were all applied.</summary>
public sealed class SyncedSysctl
{
    /// <summary>The key's dotted name; a pattern's for one that matches no key.</summary>
    public required string Name { get; init; }

    /// <summary>What came of it.</summary>
    public required SysctlSyncStatus Status { get; init; }

    /// <summary>What the line says.</summary>
    public required string Value { get; init; }

    /// <summary>The value before; null where the key is not there or can't be read.</summary>
    public string? OldValue { get; init; }

    /// <summary>The value afterwards, which the kernel may have clamped.</summary>
    public string? NewValue { get; init; }

    /// <summary>The line.</summary>
    public required SourceLine Source { get; init; }

    /// <summary>Why it was not applied, in a sentence; null for <see cref="SysctlSyncStatus.Applied"/> and <see cref="SysctlSyncStatus.Unchanged"/>.</summary>
    public string? Reason { get; init; }

    /// <summary>What to do about it where the line is not at fault, such as a /proc/sys that is read-only here; null elsewhere.</summary>
    public string? Remedy { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Source}: {Name} = {Value}: {Status}";
}
