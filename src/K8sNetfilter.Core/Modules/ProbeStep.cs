namespace K8sNetfilter.Modules;

/// <summary>One step of loading a module: a file that is given to the kernel, or a command that runs in its place.</summary>
/// <param name="Target">The module.</param>
/// <param name="Path">Its file as the node names it; null if there is none.</param>
/// <param name="Options">Its parameters, as one text; empty for none.</param>
/// <param name="Install">The install command that runs in its place; null where the file is loaded.</param>
/// <param name="IsRequired">True for the module itself and what it needs: a failure ends the loading. False for soft dependencies.</param>
public sealed record ProbeStep(ProbeTarget Target, string? Path, string Options, ModprobeRule? Install, bool IsRequired);
