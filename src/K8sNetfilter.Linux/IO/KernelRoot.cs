using K8sNetfilter.Errors;

namespace K8sNetfilter.IO;

/// <summary>
/// Where a node's files are. Every path that this floor opens comes from here, so that the same code reads this machine, a host file
/// system mounted in a container (<c>-Root /host</c>) and an image that is being built. Paths are given and shown as the node itself
/// names them (<c>/etc/sysctl.d/k8s.conf</c>).
/// </summary>
public sealed class KernelRoot
{
    /// <summary>This machine.</summary>
    public static KernelRoot Live { get; } = new("/");

    private readonly string _prefix;

    /// <summary>Makes a root.</summary>
    /// <param name="path">An absolute or relative folder. <c>/</c> is this machine.</param>
    /// <exception cref="NodeException"><c>RootNotFound</c>: there is no such folder.</exception>
    public KernelRoot(string path)
    {
        Path = System.IO.Path.GetFullPath(path);
        if (!Directory.Exists(Path))
        {
            throw NodeException.Create(Messages.ResourceManager, nameof(Messages.RootNotFound), NodeErrorCategory.NotFound, Path);
        }

        _prefix = Path == "/" ? "" : Path.TrimEnd('/');
    }

    /// <summary>The folder, absolute.</summary>
    public string Path { get; }

    /// <summary>True for this machine's own root: only then are there a running kernel to ask and live values to change.</summary>
    public bool IsLive => _prefix.Length == 0;

    /// <summary>Where the node's absolute path <paramref name="nodePath"/> is found on this machine.</summary>
    public string Resolve(string nodePath) => _prefix.Length == 0 ? nodePath : _prefix + nodePath;

    /// <summary>What the node itself calls the file that is found here at <paramref name="localPath"/>.</summary>
    public string ToNodePath(string localPath) =>
        _prefix.Length != 0 && localPath.StartsWith(_prefix + "/", StringComparison.Ordinal) ? localPath[_prefix.Length..] : localPath;

    /// <inheritdoc/>
    public override string ToString() => Path;
}
