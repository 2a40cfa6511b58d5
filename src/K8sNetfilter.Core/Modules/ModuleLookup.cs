namespace K8sNetfilter.Modules;

/// <summary>What a name leads to.</summary>
/// <param name="Targets">The modules, none where there is no such name.</param>
/// <param name="Alias">The alias line that decided; null where the name is not an alias of modprobe.d.</param>
/// <param name="IsMalformed">True where the name has brackets without partners, which libkmod refuses to look up.</param>
public sealed record ModuleLookup(IReadOnlyList<ProbeTarget> Targets, ModprobeRule? Alias = null, bool IsMalformed = false);
