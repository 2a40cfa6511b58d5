using System.Management.Automation;
using K8sNetfilter.Baselines;
using K8sNetfilter.Completion;
using K8sNetfilter.Errors;

namespace K8sNetfilter.Commands;

/// <summary>What the cmdlets have in common that take baselines: shipped ones by name, or files.</summary>
public abstract class BaselineCommand : NetworkNodeCommand
{
    /// <summary>Shipped baselines by name, or .json and .psd1 files by path.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BaselineCompleter))]
    public string[]? Name { get; set; }

    /// <summary>The baselines that <see cref="Name"/> means, resolved. One that cannot be read is an error, and the rest goes on.</summary>
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
