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

    // What the kernel makes is the same wherever a file system is mounted.
    private static readonly string[] KernelFolders = ["/proc/", "/sys/"];

    private readonly string _prefix;
    private readonly bool _runsHere;

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

    private KernelRoot(string path, bool runsHere)
        : this(path) => _runsHere = runsHere;

    /// <summary>
    /// The file system of the node that runs this, mounted in a container: its files are below <paramref name="path"/>, and its kernel is
    /// the one that runs here. What <c>net.*</c> parameters say is then the node's only where the container shares its network namespace.
    /// </summary>
    /// <exception cref="NodeException">The same as of the constructor.</exception>
    public static KernelRoot OfHost(string path) => new(path, runsHere: true);

    /// <summary>The folder, absolute.</summary>
    public string Path { get; }

    /// <summary>True where the node's kernel runs here: only then are there live values to ask for and to change.</summary>
    public bool IsLive => _runsHere || _prefix.Length == 0;

    /// <summary>Where the node's absolute path <paramref name="nodePath"/> is found on this machine.</summary>
    public string Resolve(string nodePath) => FolderOf(nodePath) == "/" ? nodePath : _prefix + nodePath;

    /// <summary>The folder on this machine that the node's path starts from.</summary>
    internal string FolderOf(string nodePath) =>
        _runsHere && Array.Exists(KernelFolders, f => nodePath.StartsWith(f, StringComparison.Ordinal)) ? "/" : Path;

    /// <summary>What the node itself calls the file that is found here at <paramref name="localPath"/>.</summary>
    public string ToNodePath(string localPath) =>
        _prefix.Length != 0 && localPath.StartsWith(_prefix + "/", StringComparison.Ordinal) ? localPath[_prefix.Length..] : localPath;

    /// <inheritdoc/>
    public override string ToString() => Path;
}
