using K8sNetfilter.Configuration;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Snapshots;

/// <summary>The parameters that <c>sysctl -a</c> printed, and the files that set them.</summary>
internal sealed class SnapshotSysctls : ISysctlSource
{
    private static readonly string[] Directories = ["/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d"];

    private readonly SnapshotFiles _files;
    private readonly Lazy<SysctlListing?> _listing;
    private readonly Lazy<ConfigSet> _systemd;
    private readonly Lazy<IReadOnlyList<ConfigFile>> _procps;
    private readonly Lazy<bool> _excludes;

    public SnapshotSysctls(SnapshotFiles files)
    {
        _files = files;
        _listing = new(() => ReadListing(files));
        _systemd = new(() => files.ReadConfiguration(Directories, ".conf"));
        _procps = new(ReadProcps);
        _excludes = new(() => SysctlListing.ExcludesByPattern(files.Exists(SnapshotNames.SysctlVersion[0]) ? files.TryReadText(out _, SnapshotNames.SysctlVersion) : null));
    }

    // Every kernel has parameters: an empty file is what a command that failed left.
    private static SysctlListing? ReadListing(SnapshotFiles files)
    {
        if (files.TryReadText(out string name, SnapshotNames.Sysctl) is { Length: > 0 } text)
        {
            return SysctlListing.Parse(text);
        }

        files.AddMissing(name);
        return null;
    }

    /// <inheritdoc/>
    public IReadOnlyList<ConfigFile> SystemdFiles => _systemd.Value.Files;

    /// <inheritdoc/>
    public IReadOnlyList<ConfigFile> ProcpsFiles => _procps.Value;

    /// <inheritdoc/>
    public bool ProcpsExcludesByPattern => _excludes.Value;

    /// <inheritdoc/>
    public IReadOnlyList<ReplacedContent> ReplacedFiles => _systemd.Value.Replaced;

    /// <inheritdoc/>
    public string? CommandLine => _files.TryReadText(out _, "proc/cmdline")?.TrimEnd('\n');

    /// <summary>True where the values are known.</summary>
    public bool IsKnown => _listing.Value is not null;

    /// <inheritdoc/>
    public IReadOnlyList<string>? ListKeys(CancellationToken stop) => _listing.Value?.Paths;

    /// <inheritdoc/>
    public string? ReadValue(string path) => _listing.Value?.Find(path);

    /// <inheritdoc/>
    public IReadOnlyList<string?> ReadValues(IReadOnlyList<string> paths, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return [.. paths.Select(ReadValue)];
    }

    private List<ConfigFile> ReadProcps()
    {
        var files = _files.ReadConfiguration(Directories, ".conf", withHidden: true).Files.ToList();
        var last = _files.ReadConfiguration(LiveSysctls.ProcpsFile);
        if (last.Problem is null)
        {
            files.Add(last);
        }

        return files;
    }
}
