namespace K8sNetfilter.Tests;

/// <summary>A folder that stands for a node's root, removed at the end.</summary>
internal sealed partial class TemporaryRoot : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("k8snf-root-").FullName;

    /// <summary>Where the node's path is here.</summary>
    public string At(string nodePath) => Path + nodePath;

    public TemporaryRoot File(string nodePath, string content)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(At(nodePath))!);
        System.IO.File.WriteAllText(At(nodePath), content);
        return this;
    }

    public TemporaryRoot Link(string nodePath, string target)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(At(nodePath))!);
        System.IO.File.CreateSymbolicLink(At(nodePath), target);
        return this;
    }

    public TemporaryRoot Folder(string nodePath)
    {
        Directory.CreateDirectory(At(nodePath));
        return this;
    }

    public string Read(string nodePath) => System.IO.File.ReadAllText(At(nodePath));

    /// <summary>Every name below the root, sorted: to see what was left behind.</summary>
    public string[] Names() => [.. Directory.EnumerateFileSystemEntries(Path, "*", SearchOption.AllDirectories).Select(p => p[Path.Length..]).Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
