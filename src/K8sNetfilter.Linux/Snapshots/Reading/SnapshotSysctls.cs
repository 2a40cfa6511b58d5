using K8sNetfilter.Configuration;
using K8sNetfilter.Modules;
using K8sNetfilter.Sysctl;

namespace K8sNetfilter.Snapshots.Reading;

/// <summary>The parameters that <c>sysctl -a</c> printed, and the files that set them.</summary>
internal sealed class SnapshotSysctls : ISysctlSource
{
    private const string ModuleList = "proc/modules";

    // What a message calls a listing that is not whole.
    private const string Part = "sysctl.txt with all of sysctl -a";

    private static readonly string[] Directories = ["/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d",
        "/lib/sysctl.d"];

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
        _excludes = new(() =>
            SysctlListing.ExcludesByPattern(files.Exists(SnapshotNames.SysctlVersion[0])
            ? files.TryReadText(out _, SnapshotNames.SysctlVersion) : null));
    }

    // Every kernel has parameters: an empty file is what a command that failed left.
    private static SysctlListing? ReadListing(SnapshotFiles files)
    {
        if (files.TryReadListing(out string name, SnapshotNames.Sysctl) is { Length: > 0 } text)
        {
            // A line without its end was cut: "= 26" may have been 262144.
            return SysctlListing.Parse(text.EndsWith('\n') ? text : text[..(text.LastIndexOf('\n') + 1)]);
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
    public bool Knows(string path)
    {
        if (_listing.Value is not { } listing)
        {
            return false;
        }

        bool isKnown = listing.Find(path) is not null || listing.Paths.Contains(path, StringComparer.Ordinal)
            || KnowsAbsence(listing, path);
        if (!isKnown)
        {
            _files.AddMissing(Part);
        }

        return isKnown;
    }

    // What a module makes is not there without it, and is there with it; what every kernel has can't be missing.
    private bool KnowsAbsence(SysctlListing listing, string path)
    {
        string? module = SysctlModule.For(path);
        if (module is not null && Modules is { } loaded)
        {
            if (loaded.Contains(module))
            {
                return false;
            }

            // br_netfilter can only be built in where the bridge is (net/bridge/Kconfig: depends on BRIDGE).
            if (module == "br_netfilter" && loaded.Contains("bridge"))
            {
                return true;
            }
        }

        return !SysctlStart.IsEverywhere(path) && (_isWhole ??= listing.IsWhole) == true;
    }

    private HashSet<string>? Modules => _modules ??= _files.Exists(ModuleList) && _files.TryReadText(out _, ModuleList) is { } text
        ? ProcModules.Parse(text).Select(m => m.Name).ToHashSet(StringComparer.Ordinal) : null;

    private HashSet<string>? _modules;
    private bool? _isWhole;

    /// <inheritdoc/>
    public string? UnreadFolder
    {
        get
        {
            string? folder = _files.FindLost([.. Directories.Select(d => d[1..] + "/"), LiveSysctls.ProcpsFile[1..], "proc/cmdline"])
                ?? (_files.IsComplete || Directories.Any(_files.Exists) ? null : Directories[0][1..]);
            if (folder is not null)
            {
                _files.AddMissing(folder);
            }

            return folder;
        }
    }

    /// <inheritdoc/>
    public LaterSysctls Later => _later ??= LaterSysctls.Read(_files);

    private LaterSysctls? _later;

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
