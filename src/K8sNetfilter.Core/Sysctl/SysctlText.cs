using K8sNetfilter.Configuration;

namespace K8sNetfilter.Sysctl;

/// <summary>What a configuration file says: its assignments, and the lines that are none.</summary>
/// <param name="Assignments">In the order of the file.</param>
/// <param name="Malformed">Lines that say nothing the tool understands; it reports and passes over them.</param>
public sealed record SysctlText(IReadOnlyList<SysctlAssignment> Assignments, IReadOnlyList<SourceLine> Malformed);
