using K8sNetfilter.Configuration;

namespace K8sNetfilter.Modules;

/// <summary>One name that is to be loaded at boot, as it is written.</summary>
/// <param name="Name">The text of the line, which may be an alias, or a mistake such as <c>overlay # for containers</c>.</param>
/// <param name="Source">The place that names it.</param>
public sealed record ModulesLoadEntry(string Name, SourceLine Source);
