namespace K8sNetfilter.Sysctl;

/// <summary>What a key holds once a plan was carried out, and which line made it so.</summary>
/// <param name="Value">What the key reads as.</param>
/// <param name="By">The line.</param>
/// <param name="Through">The key that the line is about where the kernel passed the value on from there; null for the key itself.</param>
internal sealed record SysctlDecision(string Value, SysctlAssignment By, string? Through);
