using K8sNetfilter.Text;

namespace K8sNetfilter.Configuration;

/// <summary>
/// Which files of several configuration directories count, and in which order: a file in an earlier directory replaces the file of the
/// same base name in every later one (so a link to /dev/null masks it), and what is left is read sorted by base name, whatever its
/// directory. sysctl.d(5), modules-load.d(5) and modprobe.d(5) all say so.
/// </summary>
public sealed class ConfigOrder
{
    private ConfigOrder(IReadOnlyList<string> files, IReadOnlyList<ReplacedFile> replaced)
    {
        Files = files;
        Replaced = replaced;
    }

    /// <summary>The paths to read, in reading order.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>The paths that are not read, since a directory of higher precedence has a file of the same name.</summary>
    public IReadOnlyList<ReplacedFile> Replaced { get; }

    /// <summary>Merges directories.</summary>
    /// <param name="directories">The directories, the one with the highest precedence first.</param>
    /// <param name="suffix">What a name must end with, e.g. <c>.conf</c>.</param>
    /// <param name="withHidden">True where the reading tool also takes names that start with a dot.</param>
    public static ConfigOrder Merge(IEnumerable<ConfigDirectory> directories, string suffix, bool withHidden = false)
    {
        ArgumentNullException.ThrowIfNull(directories);
        var winners = new Dictionary<string, string>(StringComparer.Ordinal);
        var replaced = new List<ReplacedFile>();
        foreach (var directory in directories)
        {
            foreach (string name in directory.Names)
            {
                if (!name.EndsWith(suffix, StringComparison.Ordinal) || name is "." or ".." || (!withHidden && name.StartsWith('.')))
                {
                    continue;
                }

                string path = $"{directory.Path}/{name}";
                if (!winners.TryAdd(name, path))
                {
                    replaced.Add(new ReplacedFile(path, winners[name]));
                }
            }
        }

        // The tools compare with strcmp(3), so by bytes.
        string[] names = [.. winners.Keys];
        Array.Sort(names, ByteText.Order);
        return new ConfigOrder(Array.ConvertAll(names, name => winners[name]), replaced);
    }
}
