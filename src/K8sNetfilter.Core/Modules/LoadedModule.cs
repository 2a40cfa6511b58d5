namespace K8sNetfilter.Modules;

/// <summary>A module that is part of the running kernel.</summary>
/// <param name="Name">The name as the kernel shows it.</param>
/// <param name="State">Loaded, Loading or Unloading.</param>
/// <param name="SizeBytes">The memory that it takes, in bytes.</param>
/// <param name="RefCount">How many users hold it; null where this kernel cannot unload modules.</param>
/// <param name="UsedBy">The modules that use it.</param>
/// <param name="IsPermanent">True for a module that has no exit function, so that it can't be unloaded.</param>
public sealed record LoadedModule(
    string Name, ModuleState State, ulong SizeBytes, int? RefCount, IReadOnlyList<string> UsedBy, bool IsPermanent);
