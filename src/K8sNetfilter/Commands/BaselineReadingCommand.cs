using System.Management.Automation;
using K8sNetfilter.Baselines;
using K8sNetfilter.Errors;

namespace K8sNetfilter.Commands;

/// <summary>What reads baselines by their names and paths.</summary>
public abstract class BaselineReadingCommand : NetworkNodeCommand
{
    /// <summary>The baselines that names and paths mean, resolved. One that cannot be read is an error, and the rest goes on.</summary>
    private protected IEnumerable<Baseline> Resolve(IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            Baseline? resolved = null;
            Guard(() => resolved = BaselineResolver.Resolve(Find(name, null), Find), name);
            if (resolved is not null)
            {
                yield return resolved;
            }
        }
    }

    private protected static IEnumerable<string> ShippedLike(string pattern)
    {
        var wildcard = new WildcardPattern(pattern, WildcardOptions.IgnoreCase);
        return ShippedBaselines.Names.Where(wildcard.IsMatch);
    }

    private Baseline Find(string name, Baseline? from)
    {
        // A name without a slash or an ending is a shipped baseline's; a file extends others by paths that start at its own folder.
        bool isFile = name.Contains('/') || name.EndsWith(".json", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".psd1", StringComparison.OrdinalIgnoreCase);
        if (!isFile)
        {
            return ShippedBaselines.Find(name)
                ?? throw NodeException.Create(
                    Messages.ResourceManager, nameof(Messages.BaselineNotFound), NodeErrorCategory.NotFound, Printable.Text(name), string.Join(", ", ShippedBaselines.Names));
        }

        string path = from is null ? GetUnresolvedProviderPathFromPSPath(name)
            : System.IO.Path.GetFullPath(name, System.IO.Path.GetDirectoryName(from.Path) ?? "/");
        byte[] content = BaselineFile.Read(path);
        var root = path.EndsWith(".psd1", StringComparison.OrdinalIgnoreCase) ? DataPowerShell.Parse(path, content) : DataJson.Parse(path, content);
        return BaselineReader.Read(path, root);
    }
}
