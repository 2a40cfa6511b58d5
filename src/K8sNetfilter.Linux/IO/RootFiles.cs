using K8sNetfilter.Configuration;

namespace K8sNetfilter.IO;

/// <summary>
/// The files of this machine, or of a file system that is mounted on it, with other contents for some of them where a change is tried.
/// </summary>
internal sealed class RootFiles(KernelRoot root, IReadOnlyDictionary<string, byte[]>? instead = null) : INodeFiles
{
    /// <inheritdoc/>
    public ConfigFile Read(string path) => ConfigFolder.ReadFile(root, path, instead);

    /// <inheritdoc/>
    public IReadOnlyList<string> List(string folder) => ConfigFolder.List(root, folder, out _) ?? [];
}
