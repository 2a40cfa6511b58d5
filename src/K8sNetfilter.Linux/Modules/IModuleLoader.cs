namespace K8sNetfilter.Modules;

/// <summary>What puts modules into the running kernel and takes them out. Tests have one of their own.</summary>
internal interface IModuleLoader
{
    /// <summary>Loads a module with what it needs. Gives 0, the kernel's error number, or -1 with no number known.</summary>
    /// <param name="name">The module's name.</param>
    /// <param name="parameters">Its parameters as the kernel takes them; empty for none.</param>
    /// <param name="said">What the tool said of a failure; null where it said nothing.</param>
    int Load(string name, string parameters, out string? said);

    /// <summary>Takes one module out; what it needs stays. Gives the same.</summary>
    int Unload(string name, out string? said);
}
