using K8sNetfilter.Configuration;

namespace K8sNetfilter.Sysctl;

/// <summary>One line of a configuration file that sets a kernel parameter, or keeps patterns off it.</summary>
/// <param name="Path">The path below /proc/sys, or a pattern of paths.</param>
/// <param name="Value">The value; null for a line that only excludes (<c>-key</c>).</param>
/// <param name="Source">Where the line is.</param>
public sealed record SysctlAssignment(string Path, string? Value, SourceLine Source)
{
    /// <summary>The key's dotted name.</summary>
    public string Name => SysctlKey.ToName(Path);

    /// <summary>True for <c>-key = value</c>: a failure to write is of no account.</summary>
    public bool IgnoresFailure { get; init; }

    /// <summary>True where the path is a pattern.</summary>
    public bool IsPattern { get; init; }

    /// <summary>True for <c>-key</c>: patterns do not set the key.</summary>
    public bool IsExclusion => Value is null;

    /// <inheritdoc/>
    public override string ToString() => $"{Source}: {(IsExclusion || IgnoresFailure ? "-" : "")}{Name}{(IsExclusion ? "" : " = " + Value)}";
}
