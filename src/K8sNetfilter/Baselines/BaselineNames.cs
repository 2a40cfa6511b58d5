using K8sNetfilter.Errors;
using K8sNetfilter.Text;

namespace K8sNetfilter.Baselines;

/// <summary>Finds the baselines that people name: shipped ones by name, or .json and .psd1 files by path.</summary>
internal static class BaselineNames
{
    /// <summary>The baseline of a name, with all that it extends.</summary>
    /// <param name="name">The name or path.</param>
    /// <param name="toFullPath">Makes a path that a person wrote a whole one.</param>
    /// <exception cref="NodeException">There is none, or it can't be read.</exception>
    public static Baseline Resolve(string name, Func<string, string> toFullPath)
    {
        return BaselineResolver.Resolve(Find(name, null), Find);

        Baseline Find(string wanted, Baseline? from)
        {
            // A name without a slash or an ending is a shipped baseline's; a file extends others by paths that start at its own folder.
            bool isFile = wanted.Contains('/') || wanted.EndsWith(".json", StringComparison.OrdinalIgnoreCase) || IsPowerShell(wanted);
            if (!isFile)
            {
                return ShippedBaselines.Find(wanted)
                    ?? throw NodeException.Create(
                        Messages.ResourceManager, nameof(Messages.BaselineNotFound), NodeErrorCategory.NotFound, Printable.Text(wanted), string.Join(", ", ShippedBaselines.Names));
            }

            string path = from is null ? toFullPath(wanted) : Path.GetFullPath(wanted, Path.GetDirectoryName(from.Path) ?? "/");
            byte[] content = BaselineFile.Read(path);
            return BaselineReader.Read(path, IsPowerShell(path) ? DataPowerShell.Parse(path, content) : DataJson.Parse(path, content));
        }
    }

    private static bool IsPowerShell(string path) => path.EndsWith(".psd1", StringComparison.OrdinalIgnoreCase);
}
