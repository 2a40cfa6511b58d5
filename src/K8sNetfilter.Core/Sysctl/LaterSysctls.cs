using K8sNetfilter.Configuration;

namespace K8sNetfilter.Sysctl;

/// <summary>
/// What sets kernel parameters after systemd-sysctl(8) did, as far as the node's files tell: ufw, systemd-networkd and tuned by their own
/// files, other programs by being enabled, and udev's rules that run systemd-sysctl again when a module comes.
/// </summary>
public sealed class LaterSysctls
{
    private static readonly string[] Releases = ["/etc/os-release", "/usr/lib/os-release"];

    // Only of interest for a key that comes with a module.
    private readonly Lazy<IReadOnlyList<(string Prefix, SourceLine Source)>> _again;

    private LaterSysctls(Func<IReadOnlyList<(string Prefix, SourceLine Source)>> again) => _again = new(again);

    /// <summary>Nothing is known to write later.</summary>
    public static LaterSysctls None { get; } = new(() => []);

    /// <summary>The writers, those that are certain in the order in which they come.</summary>
    public IReadOnlyList<LaterSysctl> Writers { get; private init; } = [];

    /// <summary>Rules of udev that apply a part of the files again: the prefix of the keys, and the line.</summary>
    public IReadOnlyList<(string Prefix, SourceLine Source)> Again => _again.Value;

    /// <summary>The operating system that has no sysctl files at all; null for any other.</summary>
    public string? Elsewhere { get; private init; }

    /// <summary>The units of systemd(1) whose being enabled counts.</summary>
    public static IEnumerable<string> Units => SysctlDaemons.Units;

    /// <summary>Reads a node's files.</summary>
    public static LaterSysctls Read(INodeFiles files)
    {
        ArgumentNullException.ThrowIfNull(files);
        var units = EnabledUnits.Read(files, Units);
        return new LaterSysctls(() => [.. UdevSysctlRules.Read(files)])
        {
            Writers = [.. UfwSysctls.Read(files), .. NetworkdForwarding.Read(files, units), .. TunedSysctls.Read(files, units), .. SysctlDaemons.Read(files, units)],
            Elsewhere = SystemElsewhere(files),
        };
    }

    /// <summary>The rule that applies a key's line again once the key is there; null if there is none.</summary>
    public SourceLine? AppliedAgainBy(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Again.FirstOrDefault(a => path.StartsWith(a.Prefix, StringComparison.Ordinal) && (path.Length == a.Prefix.Length || a.Prefix.EndsWith('/') || path[a.Prefix.Length] == '/')).Source;
    }

    /// <summary>The operating system whose own configuration, and no file that systemd reads, loads modules and sets parameters; null for any other.</summary>
    /// <remarks>Talos: its machined does, from the machine configuration (machine.sysctls, machine.kernel.modules).</remarks>
    public static string? SystemElsewhere(INodeFiles files)
    {
        ArgumentNullException.ThrowIfNull(files);
        return IsTalos(files) ? "Talos" : null;
    }

    private static bool IsTalos(INodeFiles files) =>
        Releases.Select(files.Read).FirstOrDefault(f => f.Problem is null) is { } release
        && IniFile.Read(release).Any(l => l.Key == "ID" && l.Value.Trim('"', '\'') == "talos");
}
