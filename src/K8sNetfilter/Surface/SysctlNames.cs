using System.Globalization;
using K8sNetfilter.Errors;
using K8sNetfilter.Sysctl;
using K8sNetfilter.Text;

namespace K8sNetfilter.Surface;

/// <summary>Says of a key that a user named why there is no such kernel parameter.</summary>
internal static class SysctlNames
{
    // Directories with a folder for each interface, which is there only while the interface is.
    private static readonly string[] PerInterface = ["net/ipv4/conf/", "net/ipv4/neigh/", "net/ipv6/conf/", "net/ipv6/neigh/"];

    /// <summary>The failure for a key that the kernel lacks and no file sets.</summary>
    public static NodeException Unknown(SysctlForecast forecast, string path)
    {
        string name = SysctlKey.ToName(path);
        if (forecast.IsGroup(path))
        {
            return Failure(nameof(Messages.SysctlGroup), name, null);
        }

        if (SysctlModule.For(path) is { } module)
        {
            return Failure(nameof(Messages.SysctlWithoutModule), name, module);
        }

        string[] ends = [.. forecast.Paths.Where(p => p.EndsWith("/" + path, StringComparison.Ordinal)).Take(3).Select(SysctlKey.ToName)];
        var near = ends.Length > 0 ? ends : NearNames.Find(name, forecast.Paths.Select(SysctlKey.ToName));
        return Failure(
            nameof(Messages.SysctlUnknown), name,
            near.Count > 0 ? string.Format(CultureInfo.InvariantCulture, Messages.NearestNames, Printable.Text(string.Join(", ", near))) : Messages.NoNearName);
    }

    /// <summary>True for the key of an interface that is not there now, where the kernel has it for others.</summary>
    public static bool IsOfAbsentInterface(SysctlForecast forecast, string path)
    {
        foreach (string folder in PerInterface)
        {
            if (path.StartsWith(folder, StringComparison.Ordinal) && path.IndexOf('/', folder.Length) is > 0 and int at)
            {
                return forecast.IsLive(string.Concat(folder, "default", path.AsSpan(at)));
            }
        }

        return false;
    }

    private static NodeException Failure(string id, string name, string? about)
    {
        var failure = NodeException.Create(Messages.ResourceManager, id, NodeErrorCategory.NotFound, name, about);
        failure.Subject = name;
        return failure;
    }
}
