namespace K8sNetfilter.Configuration;

/// <summary>
/// The files of a node, wherever they are: on this machine, below another root, or in a snapshot. Paths are as the node names them.
/// </summary>
public interface INodeFiles
{
    /// <summary>Reads a file; one that is missing or can't be read has a <see cref="ConfigFile.Problem"/>.</summary>
    ConfigFile Read(string path);

    /// <summary>The names in a folder; empty where there is no such folder.</summary>
    IReadOnlyList<string> List(string folder);

    /// <summary>The files of several folders in the order in which systemd's programs read them (<see cref="ConfigOrder"/>).</summary>
    /// <param name="folders">The folders, the one with the highest precedence first.</param>
    /// <param name="suffix">What a name must end with.</param>
    IReadOnlyList<ConfigFile> Merge(IEnumerable<string> folders, string suffix)
    {
        var order = ConfigOrder.Merge(folders.Select(f => new ConfigDirectory(f, List(f))), suffix);
        return [.. order.Files.Select(Read).Where(f => f.Problem is null)];
    }
}
