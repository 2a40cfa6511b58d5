namespace K8sNetfilter.Sysctl;

/// <summary>One thing that a tool does with one key.</summary>
/// <param name="Path">The key, below /proc/sys; null where the line's path can't be that of a key.</param>
/// <param name="By">The line.</param>
/// <param name="LeftTo">Null for a write; else the line that names the key itself, so that this pattern passes over it.</param>
public readonly record struct SysctlWrite(string? Path, SysctlAssignment By, SysctlAssignment? LeftTo = null);
