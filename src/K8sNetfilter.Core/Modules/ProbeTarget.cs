namespace K8sNetfilter.Modules;

/// <summary>A module as libkmod found it for a name.</summary>
/// <param name="Name">The module.</param>
/// <param name="Alias">The alias that led to it; null where its own name did. Options can be written for either.</param>
public sealed record ProbeTarget(string Name, string? Alias = null);
