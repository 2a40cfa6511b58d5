namespace K8sNetfilter.Modules;

/// <summary>What depmod(8) wrote down about one kernel's modules.</summary>
/// <param name="Release">The kernel release, such as <c>6.1.0-18-amd64</c>.</param>
/// <param name="Folder">The folder as the node names it: <c>/lib/modules/6.1.0-18-amd64</c>.</param>
/// <param name="Dependencies">modules.dep: the file of each module and what it needs.</param>
/// <param name="BuiltIns">modules.builtin: what is compiled in.</param>
/// <param name="Aliases">modules.alias.</param>
/// <param name="Symbols">modules.symbols.</param>
/// <param name="BuiltInAliases">modules.builtin.alias.</param>
public sealed record ModuleCatalog(
    string Release,
    string Folder,
    ModuleIndex Dependencies,
    ModuleIndex BuiltIns,
    ModuleIndex Aliases,
    ModuleIndex Symbols,
    ModuleIndex BuiltInAliases)
{
    /// <summary>The file of a module; null if there is none.</summary>
    public ModuleFile? File(string module) => Dependencies.Find(module) is { } line ? ModuleFile.Parse(line) : null;

    /// <summary>Whether a module is compiled in.</summary>
    public bool IsBuiltIn(string module) => BuiltIns.Find(module) is not null;

    /// <summary>The path of a file of this catalog, as the node names it.</summary>
    public string FullPath(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return path.StartsWith('/') ? path : $"{Folder}/{path}";
    }
}
