using K8sNetfilter.Configuration;

namespace K8sNetfilter.Sysctl;

/// <summary>The units of systemd(1) that a boot starts: those that a folder <c>*.wants</c> or <c>*.requires</c> names and no link masks.</summary>
internal sealed class EnabledUnits
{
    private static readonly string[] Folders = ["/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"];

    private readonly HashSet<string> _names;

    private EnabledUnits(HashSet<string> names, bool isKnown) => (_names, IsKnown) = (names, isKnown);

    /// <summary>False where the node has no such folder, so that nothing tells what is enabled.</summary>
    public bool IsKnown { get; }

    /// <summary>Reads the folders.</summary>
    /// <param name="files">The node's files.</param>
    /// <param name="wanted">The units that will be asked for: only their own files are read.</param>
    public static EnabledUnits Read(INodeFiles files, IEnumerable<string> wanted)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (string folder in Folders)
        {
            foreach (string wants in files.List(folder).Where(n => n.EndsWith(".wants", StringComparison.Ordinal) || n.EndsWith(".requires", StringComparison.Ordinal)))
            {
                names.UnionWith(files.List($"{folder}/{wants}").Where(n => n is not ("." or "..")));
            }
        }

        bool isKnown = names.Count > 0;
        names.IntersectWith(wanted);
        names.RemoveWhere(n => files.Read($"{Folders[0]}/{n}").IsMask);
        return new EnabledUnits(names, isKnown);
    }

    /// <summary>True for a unit that is enabled.</summary>
    public bool Has(string unit) => _names.Contains(unit);

    /// <summary>True where nothing says that a unit, whose own files are there, is not enabled.</summary>
    public bool MayHave(string unit) => !IsKnown || Has(unit);
}
