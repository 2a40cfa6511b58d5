namespace K8sNetfilter.Modules;

/// <summary>A module's file and what it needs, as one line of modules.dep(5) has them.</summary>
/// <param name="Path">The path below the kernel's folder, or from the root where it starts with a slash.</param>
/// <param name="Dependencies">The paths of the modules that it needs, all of them, the nearest first.</param>
public sealed record ModuleFile(string Path, IReadOnlyList<string> Dependencies)
{
    /// <summary>Reads a line of modules.dep; null where it has no colon.</summary>
    public static ModuleFile? Parse(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        int colon = line.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? null : new ModuleFile(line[..colon], line[(colon + 1)..].Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>The module's name that follows from a path: the file name up to its first dot, with <c>_</c> for <c>-</c>.</summary>
    public static string NameOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        string file = path[(path.LastIndexOf('/') + 1)..];
        int dot = file.IndexOf('.', StringComparison.Ordinal);
        return ModuleName.Normalize(dot < 0 ? file : file[..dot]);
    }
}
